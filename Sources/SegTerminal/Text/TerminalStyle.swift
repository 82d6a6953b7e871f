// The abilities of the terminal: size, colours, characters. Everything that prints takes a `TerminalStyle`,
// so that the same chart works for a wide colour terminal, a pipe and a test. The caller asks the system
// (isatty, window size).

/// How many colours the output supports.
public enum ColorDepth: Int, Comparable, Sendable {
    case none, ansi16, ansi256, truecolor

    public static func < (left: ColorDepth, right: ColorDepth) -> Bool { left.rawValue < right.rawValue }
}

/// The size and abilities of the output.
public struct TerminalStyle: Sendable, Equatable {
    /// Width and height in character cells.
    public var columns: Int
    public var rows: Int
    public var color: ColorDepth
    /// Whether characters beyond ASCII (lines, blocks, braille) may be used.
    public var unicode: Bool
    /// A terminal has a width that lines are fitted to; in a pipe or a file tables have their full width.
    public var isTerminal: Bool
    /// How pictures are shown as pixels; nil for characters.
    public var graphics: TerminalGraphics?

    /// By default a pipe: 80 columns, unicode, no colour.
    public init(
        columns: Int = 80, rows: Int = 24, color: ColorDepth = .none, unicode: Bool = true,
        isTerminal: Bool = false
    ) {
        self.columns = columns
        self.rows = rows
        self.color = color
        self.unicode = unicode
        self.isTerminal = isTerminal
    }

    /// The same without colours.
    public var withoutColor: TerminalStyle {
        var plain = self
        plain.color = .none
        return plain
    }

    /// The style for an output, from the caller's information about it and the environment.
    ///
    /// - Parameters:
    ///   - isTerminal: the result of `isatty` for the output.
    ///   - size: the window size, if known; else `COLUMNS` and `LINES`, else 80×24.
    ///   - allowsColor: false for `--no-color`.
    ///   - environment: returns an environment variable.
    public static func detect(
        isTerminal: Bool, size: (columns: Int, rows: Int)?, allowsColor: Bool = true,
        environment: (String) -> String?
    ) -> TerminalStyle {
        let terminal = environment("TERM") ?? ""
        var style = TerminalStyle(isTerminal: isTerminal)
        style.columns = size?.columns ?? environment("COLUMNS").flatMap { Int($0) } ?? 80
        style.rows = size?.rows ?? environment("LINES").flatMap { Int($0) } ?? 24
        if style.columns < 1 { style.columns = 80 }
        if style.rows < 1 { style.rows = 24 }
        style.unicode = speaksUnicode(terminal: isTerminal ? terminal : "", environment)
        let refusesColor = !(environment("NO_COLOR") ?? "").isEmpty
        if isTerminal && allowsColor && !refusesColor {
            style.color = depth(terminal: terminal, colorTerm: environment("COLORTERM") ?? "")
        }
        return style
    }

    /// An unset locale means UTF-8, as in Python; a locale that names another character set, or is
    /// explicitly C, does not.
    private static func speaksUnicode(terminal: String, _ environment: (String) -> String?) -> Bool {
        if terminal == "dumb" || terminal == "linux" { return false }
        for name in ["LC_ALL", "LC_CTYPE", "LANG"] {
            guard let locale = environment(name)?.lowercased(), !locale.isEmpty else { continue }
            return locale.hasSuffix("utf-8") || locale.hasSuffix("utf8") || locale.hasPrefix("c.utf")
        }
        return true
    }

    private static func depth(terminal: String, colorTerm: String) -> ColorDepth {
        if terminal.isEmpty || terminal == "dumb" { return .none }
        if colorTerm == "truecolor" || colorTerm == "24bit" || terminal.hasSuffix("-direct") {
            return .truecolor
        }
        if terminal.hasSuffix("256color") || terminal.hasPrefix("xterm-kitty")
            || terminal.hasPrefix("alacritty")
        {
            return .ansi256
        }
        return .ansi16
    }

    /// The columns that charts use: bounded, so that an extreme `COLUMNS` has no effect.
    var chartColumns: Int { columns.held(within: 16...400) }

    /// The rows that one picture or chart may take on a terminal; the prompt needs some as well.
    var chartRows: Int { isTerminal ? (rows - 3).held(within: 8...200) : 48 }

    /// `text` in a colour and weight, or unchanged if the style has no colour.
    public func paint(_ text: String, _ color: RGB? = nil, bold: Bool = false, dim: Bool = false) -> String {
        let start = escape(for: Ink(color: color, bold: bold, dim: dim))
        return start.isEmpty || text.isEmpty ? text : start + text + "\u{1b}[0m"
    }

    /// The escape sequence that switches from plain output to `ink`; empty if there is nothing to switch.
    func escape(for ink: Ink) -> String {
        guard color != .none, ink != Ink() else { return "" }
        var codes: [String] = []
        if ink.bold { codes.append("1") }
        if ink.dim { codes.append("2") }
        if let foreground = ink.color { codes.append(foreground.code(color, isBackground: false)) }
        if let background = ink.background { codes.append(background.code(color, isBackground: true)) }
        return codes.isEmpty ? "" : "\u{1b}[" + codes.joined(separator: ";") + "m"
    }
}

/// How a character is printed. Bold and dim text need a colour terminal too, so that
/// `NO_COLOR` gives completely plain text.
struct Ink: Equatable, Sendable {
    var color: RGB?
    var background: RGB?
    var bold = false
    var dim = false
}
