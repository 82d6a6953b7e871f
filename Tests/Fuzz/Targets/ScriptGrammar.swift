// Scripts from bytes: each byte is one choice of a grammar of statements and expressions, which calls the functions
// of the library with values of all kinds, extreme ones above all. Bytes that begin with `#` are the script itself:
// a fault that was found is kept as a text, which does not depend on the grammar.

import SegLibrary
import SegRuntime
import SegSyntax

struct ScriptGrammar {
    /// The library's functions: those that remove, download, import or end the process are left out.
    private let functions: [String]
    private let types: [String]

    private static let leftOut = [
        "exit", "official_weights", "cache_clear", "input", "sleep", "import", "run_command", "interact",
        "pause",
    ]

    init(_ interpreter: Interpreter) {
        let names = interpreter.library.names.filter { !Self.leftOut.contains($0) }
        functions = names
        types = names.filter { $0.first?.isUppercase ?? false }
    }

    func script(from bytes: [UInt8]) -> Source {
        if bytes.first == UInt8(ascii: "#") { return Source(name: "script", bytes: bytes) }
        let writer = Writer(functions: functions, types: types, choices: Choices(bytes))
        return Source(name: "script", text: writer.script())
    }
}

/// The bytes that decide; when they have run out, the first choice is taken.
private final class Choices {
    private var bytes: ArraySlice<UInt8>
    init(_ bytes: [UInt8]) { self.bytes = bytes[...] }
    var isEmpty: Bool { bytes.isEmpty }

    func below(_ count: Int) -> Int {
        guard let first = bytes.popFirst() else { return 0 }
        guard count > 256, let second = bytes.popFirst() else { return Int(first) % count }
        return (Int(first) << 8 | Int(second)) % count
    }

    func one(_ texts: [String]) -> String { texts[below(texts.count)] }
}

private struct Writer {
    let functions: [String]
    let types: [String]
    let choices: Choices

    private static let names = ["a", "b", "c", "f", "g", "T"]
    private static let numbers = [
        "1", "0", "2", "3", "-1", "7", "0.5", "1e18", "-1e18", "1e300", "9_007_199_254_740_993", "2 ^ 31",
        "2 ^ 63",
        "(0 / 0)", "(1 / 0)", "(-1 / 0)", "1e-300", "16", "255", "256", "65_537", "1_000_000", "-0.0", "100",
    ]
    private static let texts = [
        "\"\"", "\"a\"", "\"é\\u{301}漢\"", "\"{a}\"", "\"{a:>20.3}\"", "\"float32\"", "\"a,b\\nc\\t\"",
        "\"**\"",
        "\"\\u{1b}[2J\"", "\"Road\"", "\"{b:*^300}\"", "\"\\u{0}\"",
    ]
    private static let operators = [
        "+", "-", "*", "/", "//", "%", "^", "@", "==", "!=", "<", "<=", ">", ">=", "in", "not in", "is",
        "and",
        "or", "&", "|", "...", "..<",
    ]
    private static let members = [
        "a", "b", "length", "shape", "dtype", "weight", "forward", "message", "labels", "source", "doc",
        "counts",
        "parameters", "name", "settings", "history", "line", "classes", "model", "image", "mask", "optimizer",
        "epochs", "best", "step", "per_class", "confusion", "names", "palette", "summary",
    ]
    private static let labels = [
        "axis", "dtype", "size", "padding", "stride", "dilation", "groups", "classes", "seed", "weights",
        "keep",
        "count", "labels", "bins", "width", "height", "batch", "epochs", "lr", "low", "high", "by", "k",
        "save",
        "colors", "title", "log", "validation", "optimizer", "loss", "schedule", "metrics", "void",
        "progress",
    ]

    /// What functions of a data set, a model or a run take: most values made at random are refused at once.
    private static let scenes = [
        "streets(count=2, size=[16, 24], seed=1)", "streets(count=3, size=16).normalize()[0]",
        "Conv2d(3, 4, 3, padding=1)", "Sequential(Conv2d(3, 32, 1), BatchNorm2d(32), ReLU())",
        "rand(1, 3, 8, 8)", "(rand(2, 8, 8) * 4).to(int64)",
        "tensor([[1, 2], [3, 4]], labels=[\"a\", \"b\"])",
        "ones(2, 3, dtype=bool)", "trainer(Conv2d(3, 32, 1), streets(count=2, size=16), batch=1, epochs=1)",
        "adam(lr=0.1)", "cross_entropy()", "poly_lr()",
        "confusion(ones(4, dtype=int64), ones(4, dtype=int64), 3)",
        "[(x=1, y=\"q\"), (x=nil, y=2)]", "read_csv(\"a\")", "load(\"a\")", "hflip()",
        "evaluate(Conv2d(3, 32, 1), streets(count=2, size=16))", "grad(x -> sum(x * x))", "0..<5",
        "((x, y=2, ...z) -> [x, y, z])", "\"{1 / 3:>8.2} {b}\"", "read_mask(\"a\")", "[3, 1, 2]",
    ]

    func script() -> String {
        var lines: [String] = ["a = rand(2, 3)", "b = [1, \"x\", (k=2)]", "c = zeros(0, 2)"]
        var count = 0
        while !choices.isEmpty, count < 20 {
            lines.append(statement(depth: 0))
            count += 1
        }
        return lines.joined(separator: "\n") + "\n"
    }

    // MARK: Statements

    private func name() -> String { choices.one(Self.names) }

    private func block(_ depth: Int) -> String {
        let count = 1 + choices.below(2)
        let lines = (0..<count).map { _ in "    " + statement(depth: depth + 1) }
        return "{\n\(lines.joined(separator: "\n"))\n}"
    }

    private func statement(depth: Int) -> String {
        if depth > 3 { return "\(name()) = \(expression(3))" }
        switch choices.below(20) {
        case 0, 1, 2, 3: return "try { \(name()) = \(expression(0)) } catch e { print(e.message) }"
        case 4, 5: return "try { print(\(expression(0))) } catch e { print(e) }"
        case 6: return "for q in \(expression(1)) \(block(depth))"
        case 7: return "if \(expression(1)) \(block(depth)) else \(block(depth))"
        case 8: return "try \(block(depth)) catch e \(block(depth))"
        case 9: return "f(x, y=\(expression(2)), ...rest) = \(expression(1))"
        case 10: return "g(x) = \(block(depth))"
        case 11: return type()
        case 12: return "try { \(name())[\(index())] = \(expression(1)) } catch { nil }"
        case 13: return "try { \(name()).\(choices.one(Self.members)) = \(expression(1)) } catch { nil }"
        case 14:
            return "try { \(name()) \(choices.one(["+=", "-=", "*=", "/="])) \(expression(1)) } catch { nil }"
        case 15: return "i = 0\nwhile i < \(choices.below(9)) {\n    i += 1\n\(block(depth))\n}"
        case 16:
            return depth == 0
                ? "\(name()) = \(scene())"
                : choices.one(["break", "continue", "return \(expression(2))", "global a = \(expression(2))"])
        case 17, 18:
            return "try { \(name()) = \(scene()).\(function())(\(arguments(1))) } catch e { print(e) }"
        default: return "try { a, b = \(expression(1)) } catch { nil }"
        }
    }

    private func scene() -> String { choices.one(Self.scenes) }

    private func type() -> String {
        var fields = ["    a = \(expression(2))"]
        let methods = ["line()", "display()", "next()", "forward(x)", "equals(x)", "length()"]
        for _ in 0..<choices.below(3) {
            fields.append("    \(choices.one(methods)) = \(expression(1))")
        }
        return "type T(b=\(expression(3))) {\n\(fields.joined(separator: "\n"))\n}"
    }

    // MARK: Expressions

    private func expression(_ depth: Int) -> String {
        if depth > 4 { return choices.below(2) == 0 ? name() : choices.one(Self.numbers) }
        switch choices.below(28) {
        case 0: return name()
        case 1: return choices.one(Self.numbers)
        case 2: return choices.one(Self.texts)
        case 3, 4, 5, 6, 7: return call(depth)
        case 8, 9: return "\(operand(depth)).\(function())(\(arguments(depth)))"
        case 10: return "\(operand(depth)).\(choices.one(Self.members))"
        case 11: return "\(operand(depth))[\(index())]"
        case 12, 13:
            return "\(operand(depth)) \(choices.one(Self.operators)) \(operand(depth))"
        case 14: return "(\(choices.one(["-", "!", "not "]))\(operand(depth)))"
        case 15: return "[\(list(depth))]"
        case 16: return "(k=\(expression(depth + 1)), \(choices.one(Self.members))=\(expression(depth + 1)))"
        case 17: return "(x -> \(expression(depth + 1)))"
        case 18: return tensor()
        case 19: return "\(name())(\(arguments(depth)))"
        case 20: return "(if \(expression(depth + 1)) { \(expression(depth + 1)) } else { \(name()) })"
        case 21: return choices.one(["nil", "true", "false", "[]", "()", "pi", "torch", "args"])
        case 22: return "T(\(arguments(depth)))"
        case 23, 24: return scene()
        case 25:
            return
                "\"\(choices.one(["{", "a {", "\\u{e9}{"]))\(name())\(choices.one(["}", ":>9}", ":.3}", ":,}"]))\""
        default:
            let type = types.isEmpty ? "T" : types[choices.below(types.count)]
            return "\(type)(\(arguments(depth)))"
        }
    }

    private func function() -> String { functions[choices.below(functions.count)] }

    private func call(_ depth: Int) -> String { "\(function())(\(arguments(depth)))" }

    private func operand(_ depth: Int) -> String { "(\(expression(depth + 1)))" }

    private func list(_ depth: Int) -> String {
        (0..<choices.below(4)).map { _ in expression(depth + 1) }.joined(separator: ", ")
    }

    private func arguments(_ depth: Int) -> String {
        var texts = (0..<choices.below(4)).map { _ in expression(depth + 1) }
        switch choices.below(6) {
        case 1: texts.append("\(choices.one(Self.labels))=\(expression(depth + 1))")
        case 2: texts.append("...\(operand(depth))")
        default: break
        }
        return texts.joined(separator: ", ")
    }

    private func index() -> String {
        (0..<1 + choices.below(3)).map { _ in
            switch choices.below(6) {
            case 0: choices.one(Self.numbers)
            case 1: ":"
            case 2: "\(choices.one(Self.numbers))..."
            case 3: "\(choices.one(Self.numbers))..<\(choices.one(Self.numbers))"
            case 4: choices.one(Self.texts)
            default: name()
            }
        }.joined(separator: ", ")
    }

    private func tensor() -> String {
        let shape = (0..<choices.below(5)).map { _ in choices.one(Self.numbers) }.joined(separator: ", ")
        let type = choices.one(["float32", "float64", "int64", "int32", "uint8", "bool"])
        return "\(choices.one(["zeros", "ones", "rand", "arange"]))(\(shape)).to(\(type))"
    }
}
