// Hints in the language's errors about functions of the library that a script seems to need. The library
// provides the texts; the language knows no name in them.

public struct Hints: Sendable {
    /// Names of other languages, and what seg has instead: after "in seg write".
    public var names: [String: String]
    /// The same for methods: `x.append(1)`.
    public var members: [String: String]
    /// Help for what the language has no syntax for.
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
