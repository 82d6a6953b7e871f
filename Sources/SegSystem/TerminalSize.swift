// The size of the terminal behind a descriptor, now: it changes while a script runs.

@preconcurrency import Glibc

public enum TerminalSize {
    /// Width and height in character cells; nil if the descriptor is no terminal, or one that does not know.
    public static func of(_ descriptor: Int32) -> (columns: Int, rows: Int)? {
        var size = winsize()
        guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0, size.ws_row > 0 else {
            return nil
        }
        return (Int(size.ws_col), Int(size.ws_row))
    }
}
