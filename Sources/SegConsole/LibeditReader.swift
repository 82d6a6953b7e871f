// The prompt's lines from a real terminal, by libedit: editing, history, completion, paste.

import CLibedit
@preconcurrency import Glibc

/// A terminal with line editing. Its history lasts in a file.
public final class LibeditReader: LineReader {
    private let editor: OpaquePointer
    private let history: HistoryFile?
    private let hasColor: Bool
    public var completer: ((String, Int) -> LineCompletion)?

    /// - Parameter history: where entries are kept; nil: for this session only.
    /// - Returns: nil where standard input and output are not a terminal.
    public init?(hasColor: Bool, history: HistoryFile?) {
        guard isatty(STDIN_FILENO) == 1, isatty(STDOUT_FILENO) == 1, let editor = line_editor_new("seg")
        else {
            return nil
        }
        self.editor = editor
        self.hasColor = hasColor
        self.history = history
        for entry in history?.load() ?? [] { line_editor_remember(editor, entry) }
        line_editor_set_completer(
            editor, { LibeditReader.complete($0, $1, $2, $3) }, Unmanaged.passUnretained(self).toOpaque())
    }

    deinit { line_editor_free(editor) }

    public var isTerminal: Bool { true }

    public var size: (columns: Int, rows: Int) {
        var columns: Int32 = 80
        var rows: Int32 = 24
        line_terminal_size(&columns, &rows)
        return (Int(columns), Int(rows))
    }

    public func read(_ prompt: Prompt, begun: String) -> LineInput {
        let mark = prompt.mark
        line_editor_set_prompt(
            editor, hasColor && !mark.isEmpty ? "\u{1}\u{1b}[1;36m\u{1}\(mark)\u{1}\u{1b}[0m\u{1}" : mark)
        var ending: Int32 = 0
        guard let text = line_editor_read(editor, begun, &ending) else { return .end }
        defer { free(text) }
        switch Int(ending) {
        case Int(LINE_INTERRUPTED): return .interrupted
        case Int(LINE_END): return .end
        case Int(LINE_WHOLE): return .whole(String(cString: text))
        default: return .line(String(cString: text))
        }
    }

    public var forgetsInterrupts: Bool { true }
    public func takesInterrupt() -> Bool { line_editor_takes_interrupt(editor) }

    public func remember(_ entry: String) {
        line_editor_remember(editor, entry)
        history?.append(entry)
    }

    private static func complete(
        _ context: UnsafeMutableRawPointer?, _ line: UnsafePointer<CChar>?, _ length: Int, _ cursor: Int
    ) -> CLibedit.LineCompletion {
        var result = CLibedit.LineCompletion(erase: 0, insert: nil, listing: nil)
        guard let context, let line else { return result }
        let reader = Unmanaged<LibeditReader>.fromOpaque(context).takeUnretainedValue()
        let bytes = UnsafeRawBufferPointer(start: line, count: length)
        guard let found = reader.completer?(String(decoding: bytes, as: UTF8.self), cursor) else {
            return result
        }
        result.erase = Int32(clamping: found.erase)
        result.insert = found.insert.flatMap { strdup($0) }
        if !found.listing.isEmpty { result.listing = strdup(found.listing.joined(separator: "\n") + "\n") }
        return result
    }
}

/// Lines without editing: for a terminal without features, or redirected output.
public final class PlainReader: LineReader {
    public var completer: ((String, Int) -> LineCompletion)?
    public init() {}
    public var isTerminal: Bool { isatty(STDOUT_FILENO) == 1 }
    public var size: (columns: Int, rows: Int) {
        var columns: Int32 = 80
        var rows: Int32 = 24
        line_terminal_size(&columns, &rows)
        return (Int(columns), Int(rows))
    }

    public func read(_ prompt: Prompt, begun: String) -> LineInput {
        if isTerminal { fputs(prompt.mark, stdout) }
        fflush(stdout)
        return readLine().map { .line($0) } ?? .end
    }

    public func remember(_ entry: String) {}
}

extension Prompt {
    /// What is shown before the line.
    fileprivate var mark: String {
        switch self {
        case .fresh: "> "
        case .continued: "... "
        case .raw: ""
        case .question(let text): text + " "
        }
    }
}
