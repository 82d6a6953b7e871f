// What goes wrong with tensors, told in the user's terms. The bridge turns it into a diagnostic with the
// line; this file knows neither scripts nor positions, only the token a node was given when it was made.

import SegSystem

/// An error of the tensor engine: what was wrong, with the shapes or values at hand, and how to mend it.
public struct TensorError: Error, Sendable, CustomStringConvertible {
    /// The classes of mistakes a script can tell apart by `e.kind`.
    public enum Kind: String, Sendable {
        case shape, type, index, label, value, file, memory, interrupt
    }

    public var kind: Kind
    public var message: String
    public var help: String?
    /// One text an operand, to stand below it in the underlined line.
    public var notes: [String]
    /// The place where the failing node was made, as `EvaluationContext.site` gave it; nil for an error at the call.
    public var site: UInt64?

    public init(
        _ kind: Kind, _ message: String, help: String? = nil, notes: [String] = [], site: UInt64? = nil
    ) {
        self.kind = kind
        self.message = message
        self.help = help
        self.notes = notes
        self.site = site
    }

    /// What went wrong with a file or memory, as an error of a tensor.
    init(_ error: SystemError) {
        let kind: Kind =
            switch error.kind {
            case .file: .file
            case .memory: .memory
            }
        self.init(kind, error.message, help: error.help)
    }

    public var description: String { "\(kind.rawValue): \(message)" }
}
