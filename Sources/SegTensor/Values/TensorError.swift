// Errors of tensors, in the user's terms. The bridge turns them into diagnostics with the line; this file
// uses neither scripts nor positions, only the token that a node got at its creation.

import SegSystem

/// An error of the tensor engine: what was wrong, with the shapes or values, and how to mend it.
public struct TensorError: ExplainedError, Sendable, CustomStringConvertible {
    /// The kinds of errors that a script can distinguish by `e.kind`.
    public enum Kind: String, Sendable {
        case shape, type, index, label, value, file, memory, interrupt
    }

    public var kind: Kind
    public var message: String
    public var help: String?
    public var endsWork: Bool { kind == .interrupt || kind == .memory }
    /// One text per operand, shown below it in the underlined line.
    public var notes: [String]
    /// The place where the failing node was created, as `EvaluationContext.site` gave it; nil for an error at
    /// the call.
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

    /// An error of a file or of memory, as a tensor error.
    init(_ error: SystemError) {
        let kind: Kind =
            switch error.kind {
            case .file: .file
            case .memory: .memory
            case .ended: .interrupt
            }
        self.init(kind, error.message, help: error.help)
    }

    public var description: String { "\(kind.rawValue): \(message)" }
}
