// The environment's variables, and the user's folders that they name.

@preconcurrency import Glibc

public enum Environment {
    /// The value of a variable; nil where it is not set or empty.
    public static func variable(_ name: String) -> String? {
        guard let text = getenv(name), text.pointee != 0 else { return nil }
        return String(cString: text)
    }
}

/// Folders of the user; nil where the environment names none.
public struct UserFolders {
    private let variable: (String) -> String?

    /// - Parameter variable: looks up a variable of the environment; nil where it is not set or empty.
    public init(variable: @escaping (String) -> String? = Environment.variable) { self.variable = variable }

    public var home: String? { variable("HOME") }

    /// Where programs keep what they can make or fetch again: XDG_CACHE_HOME, else ~/.cache.
    public var programCaches: String? { variable("XDG_CACHE_HOME") ?? home.map { $0 + "/.cache" } }

    /// seg's own folder for what it can make or fetch again: SEG_CACHE, else `seg` among the caches.
    public var cache: String? { variable("SEG_CACHE") ?? programCaches.map { $0 + "/seg" } }

    /// seg's folder for what lasts across sessions but is no document: XDG_STATE_HOME, else ~/.local/state.
    public var state: String? {
        (variable("XDG_STATE_HOME") ?? home.map { $0 + "/.local/state" }).map { $0 + "/seg" }
    }

    /// A path with a leading `~` replaced by the user's home.
    public func expanded(_ path: String) -> String {
        guard path == "~" || path.hasPrefix("~/"), let home else { return path }
        return home + path.dropFirst()
    }
}
