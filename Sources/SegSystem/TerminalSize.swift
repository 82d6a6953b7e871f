// The size of the terminal behind a descriptor, now: it changes while a script runs.

@preconcurrency import Glibc

public enum TerminalSize {
    /// More cells than any screen has: what draws as many would fill the memory.
    private static let most = 1 << 22

    /// Width and height in character cells; nil if the descriptor is no terminal, or one that does not know.
    public static func of(_ descriptor: Int32) -> (columns: Int, rows: Int)? {
        var size = winsize()
        guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0, size.ws_row > 0,
            Int(size.ws_col) * Int(size.ws_row) <= most
        else {
            return nil
        }
        return (Int(size.ws_col), Int(size.ws_row))
    }
}
