// What may follow a point: the value's fields and methods, and the functions of the library and the session that
// take such a value first; the likeliest first. Parts that only the library itself uses are never offered.

import SegLibrary
import SegRuntime
import SegSyntax

/// What kinds of values are used for: which functions take them, and what is likeliest.
private struct ValueKind {
    /// Members and functions, the likeliest first; those with a point only as members.
    let likely: [String]
    /// Names of a first parameter that mean such a value.
    let parameters: Set<String>
    /// The topics whose functions count; a name such as `x` means something else in others.
    let topics: Set<String>

    static let table: [String: ValueKind] = [
        "dataset": ValueKind(
            likely: [
                "normalize", "resize", "split", "augment", "counts", "classes", "count", "batches", "subset",
                "shuffle", "kfold", "map", "filter", "with_most", "show", "about", "concat", "cross_validate",
            ], parameters: ["data", "datasets"], topics: ["data", "experiments", "training", "results"]),
        "tensor": ValueKind(
            likely: [
                "shape", "dtype", "labels", "item", "sum", "mean", "max", "min", "argmax", "reshape", "to",
                "to_list", "permute", "squeeze", "where", "std", "abs", "sort", "plot", "bars", "heatmap",
                "show",
            ],
            parameters: [
                "t", "x", "a", "condition", "image", "mask", "counts", "c", "logits", "predictions",
                "weights",
                "log_probabilities",
            ], topics: ["tensors", "layers", "weights", "results", "data", "seeing", "training"]),
        "list": ValueKind(
            likely: [
                "len", "map", "filter", "sorted", "sum", "mean", "max", "min", "push", "pop", "join",
                "enumerate",
                "zip", "reversed", "reduce", "contains", "index_of", "insert", "table", "plot", "bars",
                "tensor",
            ], parameters: ["xs", "lists", "rows"], topics: ["lists", "strings", "seeing", "files"]),
        "record": ValueKind(
            likely: ["keys", "values", "get", "map", "filter", "len", "table", "plot"],
            parameters: ["record"],
            topics: ["lists"]),
        "string": ValueKind(
            likely: [
                "upper", "lower", "trim", "split_text", "replace", "contains", "starts_with", "ends_with",
                "len",
                "number", "characters",
            ], parameters: ["text"], topics: ["strings"]),
        "model": ValueKind(
            likely: [
                "summary", "freeze", "unfreeze", "backbone", "classifier", "aux_classifier", "outputs",
                "predict",
                "evaluate", "trainer", "parameters", "state_dict", "load_weights", "save_weights",
                "count_parameters", "diff",
            ], parameters: ["model", "layers", "m"],
            topics: ["layers", "models", "training", "results", "data", "gradients"]),
        "Trainer": ValueKind(
            likely: [
                "finish", "epoch", "step", "history", "model", "best", "fork", "plot", ".evaluate", "save",
                "optimizer",
                "loss", "schedule", "epochs", "batch", "stop", "stopped", "done", "steps", "train", "val",
            ], parameters: ["run"], topics: ["training", "weights", "results"]),
        "History": ValueKind(
            likely: ["plot", "measures", "epochs", "events", "len", "map"], parameters: ["history"],
            topics: ["training"]),
        "Evaluation": ValueKind(
            likely: [
                "accuracy", "iou", "classes", "pictures", "worst", "best", "confusion", "most_confused",
                "by_class", "loss", "dice", "precision", "recall", "warnings", "compare",
            ], parameters: ["a", "e"], topics: ["results"]),
        "Table": ValueKind(
            likely: ["sorted", "filter", "column", "rows", "columns", "count", "plot", "write_csv"],
            parameters: [],
            topics: []),
    ]

    /// What calls of functions give, where that is always the same, so that the next point has something to offer.
    static let results: [String: [String]] = [
        "dataset": [
            "streets", "camseq", "resize", "normalize", "augment", "shuffle", "subset", "concat", "tiles",
        ],
        "list": [
            "list", "sorted", "reversed", "split", "kfold", "split_text", "keys", "values", "to_list", "zip",
        ],
        "string": ["upper", "lower", "trim", "replace", "join", "format", "read_text", "string"],
        "Table": ["sweep"],
        "Trainer": ["trainer"],
        "Evaluation": ["evaluate"],
        "tensor": [
            "tensor", "zeros", "ones", "full", "rand", "randn", "randint", "arange", "linspace", "reshape",
            "permute",
            "transpose", "softmax", "sigmoid", "relu", "abs", "exp", "log", "sqrt", "where", "cat", "stack",
            "one_hot",
            "argmax", "to", "read_image", "iou", "dice",
        ],
        "model": [
            "Sequential", "deeplabv3", "fcn", "lraspp", "deeplabv3_resnet50", "deeplabv3_resnet101",
            "deeplabv3_mobilenet_v3_large", "fcn_resnet50", "fcn_resnet101", "lraspp_mobilenet_v3_large",
            "lraspp_mobilenet_v2", "unet", "unet_resnet50", "unet_resnet101", "deeplabv3plus",
            "deeplabv3plus_resnet50", "deeplabv3plus_resnet101", "deeplabv3plus_mobilenet_v3_large",
        ],
    ]

    /// What methods and fields of the library's types give, by type and name.
    static let ofMembers: [String: [String: String]] = [
        "Trainer": [
            "evaluate": "Evaluation", "fork": "Trainer", "epoch": "Epoch", "next": "Epoch",
            "finish": "History",
            "history": "History", "model": "model", "best": "Best", "optimizer": "Optimizer", "loss": "Loss",
            "train": "dataset", "val": "dataset",
        ],
        "Table": ["sorted": "Table", "filter": "Table", "best": "record", "column": "list", "rows": "list"],
        "Evaluation": ["classes": "Table", "pictures": "Table", "confusion": "tensor", "by_class": "tensor"],
        "Best": ["model": "model"], "History": ["measures": "list", "epochs": "list", "class_iou": "list"],
    ]

    /// Members of values that are of no type of the library's scripts.
    static let plainMembers = [
        "dataset": ["counts", "classes", "count", "names", "about"], "tensor": ["shape", "dtype", "labels"],
    ]

    /// What an index gives where it is no name of a column.
    static let ofElements = ["History": "Epoch", "tensor": "tensor", "string": "string"]
}

/// The first parameters of the library's functions; finding them reads its files, so it is done once.
private final class FirstParameters {
    var byFunction: [(name: String, topic: String, parameter: String)] = []
}

public struct MemberCandidates {
    let interpreter: Interpreter
    private var resolver: PathResolver { PathResolver(interpreter: interpreter) }

    public init(_ interpreter: Interpreter) { self.interpreter = interpreter }

    /// The candidates behind a point, the likeliest first.
    public func candidates(of path: CompletionContext.Path, _ prefix: String) -> [Completer.Candidate] {
        let value = resolver.value(of: path)
        let known = value.map { kindName(of: $0) } ?? resultKind(of: path)
        let own = value.map { members(of: $0) } ?? known.map(members(ofKind:)) ?? []
        // A record's entries are enough where there is one that fits.
        let isRecord = value.map { $0.typeName == "record" } ?? false
        if isRecord, !own.isEmpty, prefix.isEmpty || own.contains(where: { $0.hasPrefix(prefix) }) {
            return own.map { member($0, of: value) }
        }
        func candidate(_ name: String) -> Completer.Candidate {
            value != nil || !own.contains(name) ? member(name, of: value) : member(name, ofKind: known ?? "")
        }
        let isModel = known.flatMap(type(named:))?.isCallable ?? false
        guard let kind = ValueKind.table[known ?? ""] ?? (isModel ? ValueKind.table["model"] : nil) else {
            let others = prefix.isEmpty ? [] : functions().filter { !own.contains($0) }
            return own.map(candidate) + others.map { function($0) }
        }
        let taking = functions(taking: kind, isAnyOwn: !prefix.isEmpty)
        let first = kind.likely.compactMap { name -> String? in
            if name.hasPrefix(".") {
                return own.contains(String(name.dropFirst())) ? String(name.dropFirst()) : nil
            }
            return own.contains(name) || taking.contains(name) || interpreter.library.contains(name)
                ? name : nil
        }
        var names = first + own.filter { !first.contains($0) }
        names += taking.filter { !names.contains($0) }
        if !prefix.isEmpty { names += ["print", "save", "copy", "type_of"].filter { !names.contains($0) } }
        return names.map { own.contains($0) ? candidate($0) : function($0) }
    }

    /// The kind of value that a path gives, and the method of that name, where a type of the library has it.
    public func method(_ name: String, of path: CompletionContext.Path) -> (type: String, method: Value)? {
        guard let kind = resolver.value(of: path).map({ kindName(of: $0) }) ?? resultKind(of: path),
            let type = type(named: kind), let method = type.method(named: name)
        else { return nil }
        return (type.name, .object(method))
    }

    private func kindName(of value: Value) -> String {
        let name = value.typeName
        if ValueKind.table[name] != nil { return name }
        if name == "range" { return "list" }
        guard case .object(let object) = value, let instance = object as? Instance else { return name }
        let isOfTraining = ["Loss", "Schedule", "EarlyStop", "SumOfLosses"].contains(name)
        return instance.type.isCallable && !isOfTraining ? "model" : name
    }

    /// What a literal or a call gives, by its bracket or by what is called; nil where that is not known. Nothing is
    /// called.
    private func resultKind(of path: CompletionContext.Path) -> String? {
        guard let steps = path.steps, case .name(let first)? = steps.first else {
            if path.text.hasPrefix("["), path.text.hasSuffix("]") { return "list" }
            return path.text.hasPrefix("\"") && path.text.hasSuffix("\"") ? "string" : nil
        }
        // What is before a step: a value, or a kind where a call made it. The name that led there, and of what it
        // is a member.
        var value = (try? interpreter.value(named: first)) ?? nil
        var kind: String?
        var (name, owner): (String, String?) = (first, nil)
        for (place, step) in steps.enumerated().dropFirst() {
            let before = value.map { kindName(of: $0) } ?? kind
            let next = value.flatMap { resolver.follow(step, from: $0) }
            switch step {
            case .name: return nil
            case .member(let member):
                (name, owner) = (member, before)
                kind = ValueKind.ofMembers[before ?? ""]?[member]
            case .call:
                if let type = value.flatMap(type(of:)) {
                    kind = type.name
                } else if before == "model" {
                    kind = "tensor"
                } else if let known = ValueKind.ofMembers[owner ?? ""]?[name] {
                    kind = known
                } else if name == "load", path.text.contains(".run\"") {
                    kind = "Trainer"
                } else {
                    let isOwn = place == 1 && interpreter[name] != nil
                    kind = isOwn ? nil : ValueKind.results.first { $0.value.contains(name) }?.key
                }
            case .label where before == "Table": kind = "list"
            case .position, .label, .index: kind = ValueKind.ofElements[before ?? ""]
            }
            value = next
        }
        return value.map { kindName(of: $0) } ?? kind
    }

    // MARK: Fields and methods

    private func members(of value: Value) -> [String] {
        var known: Set<String> = []
        let hidden = (value.asInstance?.type).map(internals) ?? []
        return interpreter.memberNames(value).filter { name in
            isMember(name) && !hidden.contains(name) && known.insert(name).inserted
        }
    }

    /// The members of a value that no code has made yet, by its kind.
    private func members(ofKind kind: String) -> [String] {
        guard let type = type(named: kind) else { return ValueKind.plainMembers[kind] ?? [] }
        let hidden = internals(of: type)
        return (type.fieldNames + type.methodNames).filter { isMember($0) && !hidden.contains($0) }
    }

    private func type(named name: String) -> TypeObject? {
        ((try? interpreter.value(named: name)) ?? nil).flatMap(type(of:))
    }

    /// The type that a value is, if it is one.
    private func type(of value: Value) -> TypeObject? {
        guard case .object(let object) = value else { return nil }
        return object as? TypeObject
    }

    /// Whether a name is allowed after a dot, and means to be seen: `backbone.4` and `_logits` do not.
    private func isMember(_ name: String) -> Bool {
        guard let first = name.first, first.isLetter else { return false }
        return name.allSatisfy { $0.isLetter || $0.isNumber || $0 == "_" }
    }

    /// Of a type of the library, the methods without documentation, those that its forms call (`for`, brackets,
    /// display), and the fields below a plain comment.
    private func internals(of type: TypeObject) -> Set<String> {
        guard interpreter[type.name] == nil, (try? interpreter.libraryValue(type.name)) ?? nil != nil
        else { return [] }
        var hidden: Set<String> = ["line", "display", "forward", "at", "next"]
        for name in type.methodNames where type.method(named: name)?.doc == nil { hidden.insert(name) }
        var isInternal = false
        for line in type.source.split(separator: "\n", omittingEmptySubsequences: false) {
            guard line.hasPrefix("    "), !line.hasPrefix("     ") else { continue }
            let text = line.dropFirst(4)
            if text.hasPrefix("#") {
                isInternal = !text.hasPrefix("##")
            } else if let end = text.firstIndex(of: "="), !text[..<end].contains("(") {
                guard isInternal else { continue }
                for name in text[..<end].split(whereSeparator: { $0 == "," || $0 == " " }) {
                    hidden.insert(String(name))
                }
            } else {
                isInternal = false
            }
        }
        return hidden
    }

    private func member(_ name: String, of value: Value?) -> Completer.Candidate {
        Completer.Candidate(name: name, text: name, help: value.map { memberHelp($0, name) } ?? "")
    }

    /// A member of a value that is not made yet: of a method its parameters and what it does.
    private func member(_ name: String, ofKind kind: String) -> Completer.Candidate {
        let method = type(named: kind)?.method(named: name)
        let help = method.map { Completer(interpreter).about(.object($0)) } ?? "a field"
        return Completer.Candidate(name: name, text: name, help: help)
    }

    private func memberHelp(_ value: Value, _ name: String) -> String {
        // Counting a data set's pixels is slow, so the help names the member without reading it.
        if value.typeName == "dataset", name == "counts" { return "pixels by class" }
        guard let member = try? interpreter.member(value, name) else { return "" }
        return Completer(interpreter).about(member)
    }

    // MARK: Functions

    /// A function behind a point: its first argument is the value, so the help leaves it out.
    private func function(_ name: String) -> Completer.Candidate {
        Completer.Candidate(name: name, text: name, isBehindPoint: true)
    }

    /// The functions that take such a value first.
    private func functions(taking kind: ValueKind, isAnyOwn: Bool) -> [String] {
        let own = ownFunctions().filter { isAnyOwn || kind.parameters.contains($0.parameter) }.map(\.name)
        let library = firstParameters().filter {
            kind.parameters.contains($0.parameter) && kind.topics.contains($0.topic)
        }.map(\.name)
        return own + library.filter { !own.contains($0) }
    }

    /// All functions that take an argument.
    private func functions() -> [String] {
        Set(ownFunctions().map(\.name) + firstParameters().map(\.name)).sorted()
    }

    /// The user's functions with their first parameters.
    private func ownFunctions() -> [(name: String, parameter: String)] {
        interpreter.userNames().compactMap { name in
            guard let value = interpreter[name], let first = interpreter.parameters(of: value)?.first,
                value.typeName == "function"
            else { return nil }
            return (name, first.name)
        }
    }

    private func firstParameters() -> [(name: String, topic: String, parameter: String)] {
        let found = interpreter.attachment(FirstParameters.self) { FirstParameters() }
        if found.byFunction.isEmpty {
            for (topic, names) in interpreter.helpTopics() {
                for name in names where !(name.first?.isUppercase ?? true) {
                    guard let value = try? interpreter.libraryValue(name),
                        let first = interpreter.parameters(of: value)?.first
                    else { continue }
                    found.byFunction.append((name, topic, first.name))
                }
            }
        }
        return found.byFunction
    }
}
