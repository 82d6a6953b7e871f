// A folder of its own for a test's files, so that tests of two checkouts may run side by side.

@preconcurrency import Glibc
import SegSystem

/// A folder that is gone, with all that is in it, after the test.
public final class ScratchFolder {
    public let path: String

    public init() throws {
        var template = Array("/tmp/seg-test-XXXXXX".utf8CString)
        guard let made = mkdtemp(&template) else {
            throw SystemError.cannot("make", "a scratch folder", errno)
        }
        path = String(cString: made)
    }

    deinit {
        var folders = [path]
        var place = 0
        while place < folders.count {
            let folder = folders[place]
            place += 1
            for entry in (try? Folder.entries(of: folder)) ?? [] {
                let inner = "\(folder)/\(entry.name)"
                let kind = FileStatus(inner, followsLinks: false)?.kind
                if kind == .folder { folders.append(inner) } else { unlink(inner) }
            }
        }
        for folder in folders.reversed() { rmdir(folder) }
    }

    /// The names in the folder, hidden ones included, in order.
    public var names: [String] { ((try? Folder.entries(of: path)) ?? []).map(\.name) }

    /// The text of a file in the folder.
    public func text(_ name: String) throws -> String {
        String(decoding: try FileReader.contents(of: "\(path)/\(name)"), as: UTF8.self)
    }

    /// Writes a file of text, with the folders that lead to it.
    public func write(_ text: String, to name: String) throws {
        let file = "\(path)/\(name)"
        try Folder.make(Folder.parent(of: file) ?? path)
        try AtomicFile.write(text, to: file, isDurable: false)
    }
}

/// The message of the error that a piece of work throws.
public func message(of body: () throws -> Void) -> String {
    do {
        try body()
        return "no error"
    } catch { return (error as? SystemError)?.message ?? "\(error)" }
}
