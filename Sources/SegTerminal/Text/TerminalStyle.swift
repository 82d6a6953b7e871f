// What the terminal can do: size, colours, characters. Everything that prints takes
// a `TerminalStyle`, so that the same chart serves a wide colour terminal, a pipe and
// a test. Asking the system (isatty, window size) is left to the caller.

/// How many colours the output understands.
public enum ColorDepth: Int, Comparable, Sendable {
    case none, ansi16, ansi256, truecolor

    public static func < (left: ColorDepth, right: ColorDepth) -> Bool { left.rawValue < right.rawValue }
}

/// The size and abilities of the place where lines are printed.
public struct TerminalStyle: Sendable, Equatable {
    /// Width and height in character cells.
    public var columns: Int
    public var rows: Int
    public var color: ColorDepth
    /// Whether characters beyond ASCII (lines, blocks, braille) may be used.
    public var unicode: Bool
    /// A terminal has a width to fit; a pipe or a file gets tables whole.
    public var isTerminal: Bool

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

    /// The style for an output, from what the caller knows of it and the environment.
    ///
    /// - Parameters:
    ///   - isTerminal: what `isatty` says of the output.
    ///   - size: the window size, where known; else `COLUMNS` and `LINES`, else 80×24.
    ///   - allowsColor: false for `--no-color`.
    ///   - environment: looks up an environment variable.
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

    /// An unset locale is taken for UTF-8, as Python does; one that names another
    /// character set, or plainly asks for C, is believed.
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

    /// The columns that charts use: bounded, so that an absurd `COLUMNS` does no harm.
    var chartColumns: Int { columns.held(within: 16...400) }

    /// The rows that one picture or chart may take on a terminal, leaving room for the prompt.
    var chartRows: Int { isTerminal ? (rows - 3).held(within: 8...200) : 48 }

    /// `text` in a colour and weight, or as it is where the style has no colour.
    public func paint(_ text: String, _ color: RGB? = nil, bold: Bool = false, dim: Bool = false) -> String {
        let start = escape(for: Ink(color: color, bold: bold, dim: dim))
        return start.isEmpty || text.isEmpty ? text : start + text + "\u{1b}[0m"
    }

    /// The escape sequence that turns plain output into `ink`; empty where there is nothing to do.
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

/// How a character is printed. Weight and dimness need a colour terminal too, so that
/// `NO_COLOR` gives wholly plain text.
struct Ink: Equatable, Sendable {
    var color: RGB?
    var background: RGB?
    var bold = false
    var dim = false
}
