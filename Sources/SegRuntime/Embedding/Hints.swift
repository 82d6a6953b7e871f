// What errors of the language may say about the library: what it has for a purpose that a script seems to
// have. The library gives the texts; the language knows no name in them.

public struct Hints: Sendable {
    /// Names that scripts look for in vain, and what is written instead: after "seg writes".
    public var names: [String: String]
    /// The same for methods: `x.append(1)`.
    public var members: [String: String]
    /// Help for what the language itself has no form for.
    public var purposes: [Purpose: String]

    public enum Purpose: Sendable, Hashable {
        /// `[1, 2] * 2`
        case listArithmetic
        /// `[1, 2] + 3`
        case listAddition
        /// `xs[true]`
        case listMask
        /// `xs[1, 2]`
        case severalIndices
    }

    public init(
        names: [String: String] = [:], members: [String: String] = [:], purposes: [Purpose: String] = [:]
    ) {
        self.names = names
        self.members = members
        self.purposes = purposes
    }
}
