// Where the prompt's lines come from: a terminal with an editor, a terminal without one, or
// the script of a test. The console interprets the lines.

/// The purpose of a read.
public enum Prompt: Sendable, Equatable {
    /// A new entry.
    case fresh
    /// One more line of an incomplete entry.
    case continued
    /// A line of a block that `:paste` takes unchanged.
    case raw
    /// An answer to a question, which is not a part of the session.
    case question(String)
}

/// How a read ended.
public enum LineInput: Sendable, Equatable {
    /// A line; several, where they were pasted or recalled together.
    case line(String)
    /// The whole unfinished entry, edited again, in place of its lines so far.
    case whole(String)
    /// Ctrl-C.
    case interrupted
    /// Ctrl-D, or the end of the input.
    case end
}

/// What Tab does at a place in a line.
public struct LineCompletion: Sendable, Equatable {
    /// How many characters (Unicode scalars) before the cursor are replaced.
    public var erase: Int
    /// Their replacement; nil where nothing changes.
    public var insert: String?
    /// What is shown below the line.
    public var listing: [String]

    public init(erase: Int = 0, insert: String? = nil, listing: [String] = []) {
        self.erase = erase
        self.insert = insert
        self.listing = listing
    }
}

/// The console's input and output.
public protocol LineReader: AnyObject {
    /// Whether it is interactive, so that banner, colours and escape sequences make sense.
    var isTerminal: Bool { get }
    /// The size of the output, in character cells.
    var size: (columns: Int, rows: Int) { get }
    /// Handles Tab: gets the line and the cursor as a byte offset in it.
    var completer: ((String, Int) -> LineCompletion)? { get set }
    /// - Parameter begun: the lines of an unfinished entry so far, which the user may go back to; or empty.
    func read(_ prompt: Prompt, begun: String) -> LineInput
    /// Adds an entry to the history.
    func remember(_ entry: String)
    /// Whether interrupts are forgotten up to the key that ends a line: a later one is for the entry.
    var forgetsInterrupts: Bool { get }
    /// Whether Ctrl-C was typed after the line that was read last; takes what was typed before it.
    func takesInterrupt() -> Bool
}

extension LineReader {
    func read(_ prompt: Prompt) -> LineInput { read(prompt, begun: "") }
    public var forgetsInterrupts: Bool { false }
    public func takesInterrupt() -> Bool { false }
}
