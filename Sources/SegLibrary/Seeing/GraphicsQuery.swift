// Whether the terminal shows pictures as pixels, asked once per session when the first picture is shown. What a
// terminal answers must never be left for the prompt to read.

@preconcurrency import Glibc
import SegRuntime
import SegSystem
import SegTerminal

/// What an interpreter knows of its terminal.
private final class KnownGraphics {
    /// The answer; nil while nobody has asked.
    var answer: TerminalGraphics?? = nil
}

extension Interpreter {
    /// The style for pictures: with the terminal's graphics, if it has any.
    var pictureStyle: TerminalStyle {
        get throws {
            var style = style
            guard terminal.isInteractive else { return style }
            let known = attachment(KnownGraphics.self) { KnownGraphics() }
            if let answer = known.answer {
                style.graphics = answer
                return style
            }
            var answer: TerminalGraphics? = nil
            switch Environment.variable("SEG_GRAPHICS") {
            case "none": break
            case "sixel": answer = TerminalGraphics(.sixel)
            case "kitty": answer = TerminalGraphics(.kitty)
            case nil:
                guard style.color >= .ansi256, let query = GraphicsQuery() else { return style }
                answer = query.ask()
            case let other?:
                throw Failure(.value, "SEG_GRAPHICS is \"\(other)\"; it is none, sixel or kitty")
            }
            if var found = answer, let size = GraphicsQuery.cellSize() {
                (found.cellWidth, found.cellHeight) = size
                answer = found
            }
            known.answer = .some(answer)
            style.graphics = answer
            return style
        }
    }
}

/// One question to the terminal, and its answer.
private struct GraphicsQuery {
    private let descriptor: Int32

    /// nil where nobody may ask: no terminal, or one that this process does not have to itself.
    init?() {
        let terminal = Environment.variable("TERM") ?? ""
        guard !["", "dumb", "linux"].contains(terminal) else { return nil }
        descriptor = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        // A background process would be stopped.
        guard tcgetpgrp(descriptor) == getpgrp() else {
            close(descriptor)
            return nil
        }
    }

    /// Asks for kitty's graphics, the size of a cell and the device attributes, which every terminal answers, and
    /// last: once they are there, nothing else will come.
    func ask() -> TerminalGraphics? {
        defer { close(descriptor) }
        var mode = termios()
        guard tcgetattr(descriptor, &mode) == 0 else { return nil }
        var raw = mode
        raw.c_lflag &= ~tcflag_t(ICANON | ECHO)
        guard tcsetattr(descriptor, TCSANOW, &raw) == 0 else { return nil }
        defer { tcsetattr(descriptor, TCSANOW, &mode) }
        // What is typed ahead belongs to the prompt.
        guard !hasInput(within: 0) else { return nil }
        // Apple's terminal prints what it does not know.
        let asksKitty = Environment.variable("TERM_PROGRAM") != "Apple_Terminal"
        let kitty = asksKitty ? "\u{1b}_Gi=31,s=1,v=1,a=q,t=d,f=24;AAAA\u{1b}\\" : ""
        let question = Array((kitty + "\u{1b}[16t\u{1b}[c").utf8)
        fflush(stdout)
        guard write(descriptor, question, question.count) == question.count else { return nil }
        let isFar = Environment.variable("SSH_CONNECTION") != nil
        let answer = read(until: MonotonicClock.seconds + (isFar ? 1 : 0.4))
        guard let attributes = parameters(of: answer, from: "\u{1b}[?", to: "c") else { return nil }
        let cell = parameters(of: answer, from: "\u{1b}[6;", to: "t")
        func graphics(_ form: TerminalGraphics.Form) -> TerminalGraphics {
            guard let cell, cell.count == 2, cell[0] > 0, cell[1] > 0 else { return TerminalGraphics(form) }
            return TerminalGraphics(form, cellWidth: cell[1], cellHeight: cell[0])
        }
        if answer.contains("\u{1b}_Gi=31;OK") { return graphics(.kitty) }
        guard attributes.contains(4) else { return nil }
        // tmux answers for itself, whatever the terminal around it can show.
        if Environment.variable("TMUX") != nil, !tmuxPassesSixels() { return nil }
        return graphics(.sixel)
    }

    private func hasInput(within seconds: Double) -> Bool {
        var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return poll(&entry, 1, Int32(max(seconds, 0) * 1000)) > 0
    }

    /// What the terminal sends, up to its device attributes or the given time.
    private func read(until end: Double) -> String {
        var bytes: [UInt8] = []
        while bytes.count < 1000, hasInput(within: end - MonotonicClock.seconds) {
            var byte: UInt8 = 0
            guard Glibc.read(descriptor, &byte, 1) == 1 else { break }
            bytes.append(byte)
            if byte == UInt8(ascii: "c"),
                parameters(of: String(decoding: bytes, as: UTF8.self), from: "\u{1b}[?", to: "c") != nil
            {
                break
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The numbers between a beginning and the sign that ends them; nil if the answer has no such part.
    private func parameters(of answer: String, from start: String, to end: Character) -> [Int]? {
        let text = Array(answer.utf8)
        let start = Array(start.utf8)
        guard text.count > start.count else { return nil }
        for place in 0..<(text.count - start.count)
        where text[place..<(place + start.count)].elementsEqual(start) {
            let rest = text[(place + start.count)...]
            let digits = rest.prefix { $0 >= 0x30 && $0 <= 0x39 || $0 == UInt8(ascii: ";") }
            let after = rest.dropFirst(digits.count).first
            guard after == end.asciiValue else { continue }
            return String(decoding: digits, as: UTF8.self).split(separator: ";").map { Int($0) ?? 0 }
        }
        return nil
    }

    private func tmuxPassesSixels() -> Bool {
        guard let pipe = popen("tmux display-message -p '#{client_termfeatures}' 2>/dev/null", "r") else {
            return false
        }
        defer { pclose(pipe) }
        var line = [CChar](repeating: 0, count: 1000)
        guard fgets(&line, 1000, pipe) != nil else { return false }
        return String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            .contains("sixel")
    }

    /// The pixels of a cell, where the system knows them.
    static func cellSize() -> (width: Int, height: Int)? {
        var size = winsize()
        guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0, size.ws_row > 0,
            size.ws_xpixel > 0, size.ws_ypixel > 0
        else { return nil }
        return (Int(size.ws_xpixel / size.ws_col), Int(size.ws_ypixel / size.ws_row))
    }
}
