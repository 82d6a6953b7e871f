// Hints in the language's errors: what seg has instead of names of other languages and libraries, and functions
// of the library that a script seems to need. The library provides the texts; the language knows no name in them.

import SegSyntax

public struct Hints: Sendable {
    /// What seg has instead of another library's name.
    public enum Habit: Sendable, ExpressibleByStringLiteral {
        /// Code, shown as "in seg write …".
        case write(String)
        /// A sentence of its own.
        case say(String)

        public init(stringLiteral value: String) { self = .write(value) }

        public var text: String {
            switch self {
            case .write(let code): "in seg write \(code)"
            case .say(let sentence): sentence
            }
        }
    }

    /// By the form in which the other library is written: `Linear`, a name; `np.mean`, a name with its module;
    /// `.backward`, a member; `device:`, an argument; `adam()`, what a call gives by position.
    /// A module itself, `np`, has the hint for all its names that
    /// have none of their own.
    public let habits: [String: Habit]
    /// Those of names, by the name without its case.
    private let plainForms: [String: String]
    /// Other names of modules: `numpy` for `np`.
    public var modules: [String: String]
    /// Arguments of another library by their names here: `dim` is `axis`. Several: which the function has.
    public var arguments: [String: [String]]
    /// The library's records that have names of another library, whose other names are looked up.
    public var namespaces: [String]
    /// Help for what the language has no syntax for.
    public var purposes: [Purpose: String]
    /// Names of the library by what a name says in plain words: `mean_iou`.
    public var meanings: @Sendable (String) -> String?

    public enum Purpose: Sendable, Hashable {
        /// `[1, 2] * 2`
        case listArithmetic
        /// `[1, 2] + 3`
        case listAddition
        /// `xs[true]`
        case listMask
        /// `xs[1, 2]`
        case severalIndices
        /// `"%d" % 3`
        case textFormat
        /// `rows.x` of a list of records
        case entryOfEach
    }

    public init(
        habits: [String: Habit] = [:], modules: [String: String] = [:], arguments: [String: [String]] = [:],
        namespaces: [String] = [], purposes: [Purpose: String] = [:],
        meanings: @escaping @Sendable (String) -> String? = { _ in nil }
    ) {
        self.habits = habits
        let plain = habits.keys.filter { $0.allSatisfy { $0 != "." && $0 != ":" && $0 != "(" } }
        plainForms = Dictionary(plain.map { (Self.folded($0), $0) }, uniquingKeysWith: min)
        self.modules = modules
        self.arguments = arguments
        self.namespaces = namespaces
        self.purposes = purposes
        self.meanings = meanings
    }

    /// For a name that does not exist and the members after it: `["np", "mean"]`.
    func help(forName path: [String], _ isInLibrary: (String) -> Bool) -> String? {
        guard let first = path.first else { return nil }
        if let habit = habits[path.joined(separator: ".")] { return habit.text }
        let module = modules[first] ?? first
        let rest = path.dropFirst()
        guard let general = habits[module] else { return nil }
        var members = Array(rest)
        while !members.isEmpty {
            if let habit = habits["\(module).\(members.joined(separator: "."))"] { return habit.text }
            members.removeLast()
        }
        for name in rest.reversed() {
            if isInLibrary(name) { return Habit.write("\(name)(…), without \(first)").text }
            if let habit = habits[name] { return habit.text }
        }
        return general.text
    }

    /// For a name as another library writes it in its module, `percentile`, or in another case, `random_crop`; last, for
    /// one whose words the help knows.
    func help(forWordsOf name: String) -> String? {
        for module in Set(modules.values).union(namespaces).union(["np"]).sorted() {
            if let habit = habits["\(module).\(name)"] { return habit.text }
        }
        // A letter in another case is no name of theirs: `f` is not PyTorch's `F`.
        if name.count > 1, let form = plainForms[Self.folded(name)] { return habits[form]?.text }
        return meanings(name)
    }

    private static func folded(_ name: String) -> String { name.lowercased().filter { $0 != "_" } }

    /// For a member that a value does not have.
    func help(forMember name: String) -> String? { habits["." + name]?.text }

    /// For a member of a name that does not exist: `loss.backward()`.
    func help(forMembers names: [String]) -> String? {
        names.reversed().lazy.compactMap { habits["." + $0] }.first?.text
    }

    /// For positional arguments that a function does not take, or lacks.
    func help(forCall name: String) -> String? { habits[name + "()"]?.text }

    /// For an argument that a function does not have.
    func help(forArgument label: String, among parameters: [String]) -> String? {
        if let name = arguments[label]?.first(where: parameters.contains) { return "here it is \(name)=" }
        // `learning_rate` is `lr`, of which the function may say where it belongs.
        let names = [label] + (arguments[label] ?? [])
        return names.lazy.compactMap { habits[$0 + ":"] }.first?.text
    }
}

extension Interpreter {
    /// For a name that one of the library's namespaces does not have: `torch.save`.
    func help(inNamespace value: Value, _ name: String) -> String? {
        guard let record = value.asRecord else { return nil }
        for namespace in library.hints.namespaces {
            guard let own = try? libraryValue(namespace), own.asRecord === record else { continue }
            return library.hints.habits["\(namespace).\(name)"]?.text ?? library.hints.habits[name]?.text
        }
        return nil
    }
}
