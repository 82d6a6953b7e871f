// Errors of targets that do not know each other, in words.

/// An error that can be told together with others, as where several files of a data set cannot be used.
public protocol ExplainedError: Error {
    var message: String { get }
    var help: String? { get }
    /// Whether it is no fault of what was worked on, but an end of the work: Ctrl-C, a lack of memory.
    var endsWork: Bool { get }
}
