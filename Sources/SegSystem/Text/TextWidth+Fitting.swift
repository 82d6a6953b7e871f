// Fitting text to terminal cells: padding, cutting and wrapping by its width.

extension TextWidth {
    public enum Alignment: Sendable { case left, right, center }

    /// `text` padded with spaces to `width` cells; longer text is not changed.
    public static func pad(_ text: String, to width: Int, alignment: Alignment = .left) -> String {
        let missing = width - of(text)
        guard missing > 0 else { return text }
        switch alignment {
        case .left: return text + spaces(missing)
        case .right: return spaces(missing) + text
        case .center: return spaces(missing / 2) + text + spaces(missing - missing / 2)
        }
    }

    /// `text` cut to at most `width` cells, its end replaced by `ellipsis`.
    /// Escape sequences after the cut are kept, so that colours end where they should.
    public static func truncate(_ text: String, to width: Int, ellipsis: String = "…") -> String {
        guard of(text) > width else { return text }
        let mark = of(ellipsis) <= width ? ellipsis : ""
        var room = max(width, 0) - of(mark)
        var result = ""
        var isCut = false
        forEachPiece(of: text) { piece in
            switch piece {
            case .escape(let sequence): result += sequence
            case .character(let character):
                if isCut { return }
                room -= of(character)
                if room >= 0 {
                    result.append(character)
                } else {
                    result += mark
                    isCut = true
                }
            }
        }
        return result
    }

    /// `text` cut and padded to exactly `width` cells.
    public static func fit(_ text: String, to width: Int, alignment: Alignment = .left, unicode: Bool)
        -> String
    {
        let size = of(text)
        if size == width { return text }
        if size < width { return pad(text, to: width, alignment: alignment) }
        return pad(truncate(text, to: width, ellipsis: unicode ? "…" : "~"), to: width, alignment: alignment)
    }

    /// `text` wrapped at spaces into lines of at most `width` cells; longer words are cut.
    public static func wrap(_ text: String, to width: Int) -> [String] {
        let width = max(width, 2)
        var lines: [String] = []
        var line = ""
        var used = 0
        for word in text.split(separator: " ", omittingEmptySubsequences: true) {
            var word = String(word)
            var length = of(word)
            if used > 0 && used + 1 + length > width {
                lines.append(line)
                line = ""
                used = 0
            }
            while length > width {
                let head = truncate(word, to: width, ellipsis: "")
                guard !head.isEmpty else { break }
                lines.append(head)
                word = String(word.dropFirst(head.count))
                length = of(word)
            }
            line += used > 0 ? " " + word : word
            used += used > 0 ? 1 + length : length
        }
        if used > 0 || lines.isEmpty { lines.append(line) }
        return lines
    }

    public static func spaces(_ count: Int) -> String { String(repeating: " ", count: max(count, 0)) }
}
