// Environment variables, and the user's folders that they name.

@preconcurrency import Glibc

public enum Environment {
    /// The value of a variable; nil if it is not set or empty.
    public static func variable(_ name: String) -> String? {
        guard let text = getenv(name), text.pointee != 0 else { return nil }
        return FilePath.text(text)
    }
}

/// Folders of the user; nil if the environment names none.
public struct UserFolders {
    private let variable: (String) -> String?

    /// - Parameter variable: looks up an environment variable; nil if it is not set or empty.
    public init(variable: @escaping (String) -> String? = Environment.variable) { self.variable = variable }

    public var home: String? { variable("HOME") }

    /// The folder for files that programs can create or fetch again: XDG_CACHE_HOME, else ~/.cache.
    public var programCaches: String? { variable("XDG_CACHE_HOME") ?? home.map { $0 + "/.cache" } }

    /// seg's folder for files that it can create or fetch again: SEG_CACHE, else `seg` in the folder of
    /// caches.
    public var cache: String? { variable("SEG_CACHE") ?? programCaches.map { $0 + "/seg" } }

    /// seg's folder for state that persists across sessions: XDG_STATE_HOME, else ~/.local/state.
    public var state: String? {
        (variable("XDG_STATE_HOME") ?? home.map { $0 + "/.local/state" }).map { $0 + "/seg" }
    }

    /// A path with a leading `~` replaced by the user's home.
    public func expanded(_ path: String) -> String {
        guard path == "~" || path.hasPrefix("~/"), let home else { return path }
        return home + path.dropFirst()
    }
}
