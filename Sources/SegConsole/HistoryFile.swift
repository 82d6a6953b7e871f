// Where entries last across sessions: one line an entry, newlines and backslashes escaped.
// Each entry is appended when it is made, so that two sessions at once keep both histories.
// Where the file cannot be had, history lasts for the session only, and nobody is bothered.

@preconcurrency import Glibc

public final class HistoryFile {
    private let path: String
    private var last: String?
    private static let kept = 2000

    public init(path: String) { self.path = path }

    /// `$XDG_STATE_HOME/seg/history`, or `~/.local/state/seg/history`; nil where there is no home.
    public static func standard() -> HistoryFile? {
        func variable(_ name: String) -> String? {
            getenv(name).map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 }
        }
        if let state = variable("XDG_STATE_HOME") { return HistoryFile(path: state + "/seg/history") }
        return variable("HOME").map { HistoryFile(path: $0 + "/.local/state/seg/history") }
    }

    /// The entries of earlier sessions, oldest first. A file that has grown long is cut.
    public func load() -> [String] {
        guard let file = fopen(path, "r") else { return [] }
        defer { fclose(file) }
        var lines: [String] = []
        var line: UnsafeMutablePointer<CChar>?
        var room = 0
        defer { free(line) }
        while true {
            let length = getline(&line, &room, file)
            guard length > 0, let line else { break }
            var text = String(decoding: UnsafeRawBufferPointer(start: line, count: length), as: UTF8.self)
            if text.hasSuffix("\n") { text.removeLast() }
            if !text.isEmpty { lines.append(text) }
        }
        if lines.count > 2 * Self.kept {
            lines.removeFirst(lines.count - Self.kept)
            rewrite(lines)
        }
        return lines.map(Self.unescaped)
    }

    public func append(_ entry: String) {
        if entry == last { return }
        last = entry
        makeFolders()
        let descriptor = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        let bytes = Array((Self.escaped(entry) + "\n").utf8)
        _ = write(descriptor, bytes, bytes.count)
    }

    private func rewrite(_ lines: [String]) {
        let beside = "\(path).\(getpid())"
        guard let file = fopen(beside, "w") else { return }
        fchmod(fileno(file), 0o600)
        for line in lines { fputs(line + "\n", file) }
        if fclose(file) != 0 || rename(beside, path) != 0 { unlink(beside) }
    }

    /// Makes the folders above the file.
    private func makeFolders() {
        var folder = ""
        for part in path.split(separator: "/", omittingEmptySubsequences: false).dropLast() {
            folder += part + "/"
            if !part.isEmpty { mkdir(folder, 0o700) }
        }
    }

    static func escaped(_ entry: String) -> String {
        var text = ""
        for scalar in entry.unicodeScalars {
            switch scalar {
            case "\\": text += "\\\\"
            case "\n": text += "\\n"
            case "\r": text += "\\r"
            default: text.unicodeScalars.append(scalar)
            }
        }
        return text
    }

    static func unescaped(_ line: String) -> String {
        var text = ""
        var isEscape = false
        for scalar in line.unicodeScalars {
            if isEscape {
                text.unicodeScalars.append(scalar == "n" ? "\n" : scalar == "r" ? "\r" : scalar)
                isEscape = false
            } else if scalar == "\\" {
                isEscape = true
            } else {
                text.unicodeScalars.append(scalar)
            }
        }
        return text
    }
}
