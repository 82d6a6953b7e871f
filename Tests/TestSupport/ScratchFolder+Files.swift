// Helpers for the files of a scratch folder.

import SegSystem

extension ScratchFolder {
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
