// The tables an interpreter is given: natives, values, and the files written in seg. They
// are plain data; a native's signature and a file are parsed when a name is first met.

/// A value of the library that is not a function: `pi`, `args`.
public struct LibraryValue: Sendable {
    public let name: String
    public let doc: String
    public let topic: String
    public let examples: [String]
    public let make: @Sendable (Interpreter) throws -> Value

    public init(
        _ name: String, _ doc: String, topic: String = "", examples: [String] = [],
        _ make: @escaping @Sendable (Interpreter) throws -> Value
    ) {
        self.name = name
        self.doc = doc
        self.topic = topic
        self.examples = examples
        self.make = make
    }
}

/// All names that scripts find without an import.
public struct Library: Sendable {
    /// A file of the library written in seg, with the names it defines: those for scripts, and those
    /// only for other files of the library.
    public struct Script: Sendable {
        public let name: String
        public let definitions: [String]
        public let internals: [String]
        public let text: String

        public init(name: String, definitions: [String], internals: [String] = [], text: String) {
            self.name = name
            self.definitions = definitions
            self.internals = internals
            self.text = text
        }
    }

    enum Entry {
        case native(Int)
        case value(Int)
        case script(Int)
    }

    public let natives: [Native]
    public let values: [LibraryValue]
    public let scripts: [Script]
    /// The names of its kinds of foreign values, for `is`.
    public let kinds: [String]
    public let hints: Hints
    let entries: [String: Entry]
    private let internals: Set<String>

    public init(
        natives: [Native], values: [LibraryValue] = [], scripts: [Script] = [], kinds: [String] = [],
        hints: Hints = Hints()
    ) {
        self.natives = natives
        self.values = values
        self.scripts = scripts
        self.kinds = kinds
        self.hints = hints
        internals = Set(scripts.flatMap(\.internals))
        var entries: [String: Entry] = [:]
        entries.reserveCapacity(natives.count + values.count + 8 * scripts.count)
        for (place, script) in scripts.enumerated() {
            for name in script.definitions + script.internals { entries[name] = .script(place) }
        }
        for (place, value) in values.enumerated() { entries[value.name] = .value(place) }
        for (place, native) in natives.enumerated() { entries[native.name] = .native(place) }
        self.entries = entries
    }

    /// Every name that scripts find, in no order.
    public var names: [String] { entries.keys.filter { !internals.contains($0) } }

    /// Whether scripts find a name.
    public func contains(_ name: String) -> Bool { entries[name] != nil && !internals.contains(name) }
}

extension Native {
    /// The name before the parentheses.
    public var name: String { String(signature.prefix { $0 != "(" }) }

    /// The first sentence of the documentation.
    public var summary: String { firstSentence(doc) }
}

/// The first sentence of a documentation text, its lines joined. A point within parentheses, as in
/// "(Lin et al. 2017)", does not end it; a blank line or an indented one, an example, does.
public func firstSentence(_ text: String) -> String {
    var sentence = ""
    var depth = 0
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
        if line.isEmpty || line.hasPrefix("    ") { break }
        if !sentence.isEmpty { sentence += " " }
        for place in line.indices {
            let character = line[place]
            if character == "(" { depth += 1 }
            if character == ")" { depth -= 1 }
            let next = line.index(after: place)
            if character == ".", depth <= 0, next == line.endIndex || line[next] == " " { return sentence }
            sentence.append(character)
        }
    }
    return sentence
}
