// The scripts of the library as files that an editor can open: those in the folder SEG_STDLIB, or copies of the
// embedded ones, written when one is first asked for, and not to be changed.

@preconcurrency import Glibc
import SegLibrary
import SegRuntime
import SegSyntax
import SegSystem

final class LibraryFiles {
    private let scripts: [Library.Script]
    /// The script that defines a name, private ones of the file included.
    private let byName: [String: Int]
    private var parsed: [Int: (source: Source, names: NameTable)] = [:]
    /// SEG_STDLIB, or the folder of the copies; nil without a folder for them.
    private let folder: String?
    private let isEmbedded: Bool

    init(_ interpreter: Interpreter) {
        scripts = interpreter.library.scripts
        var byName: [String: Int] = [:]
        for (place, script) in scripts.enumerated() {
            for name in script.definitions + script.internals { byName[name] = place }
        }
        for native in interpreter.library.natives { byName[native.name] = nil }
        self.byName = byName
        let own = Environment.variable("SEG_STDLIB")
        isEmbedded = own == nil
        let wanted = own ?? UserFolders().cache.map { "\($0)/stdlib-\(segVersion)" }
        folder = wanted.map { Folder.resolved($0) ?? $0 }
    }

    /// Whether a file is one of the library.
    func holds(_ uri: String) -> Bool {
        guard let path = FileURI.path(of: uri), let folder else { return false }
        return (Folder.resolved(path) ?? path).hasPrefix(folder + "/")
    }

    /// Where a name of the library is defined; nil for natives, which no script defines.
    func definition(of name: String) -> JSONValue? {
        guard let place = byName[name] else { return nil }
        return location(in: place) { names in names.names.first { $0.name == name && $0.type == nil } }
    }

    /// Where a field or method of a type of the library is defined.
    func definition(of member: String, ofType type: String) -> JSONValue? {
        guard let place = byName[type] else { return nil }
        return location(in: place) { names in
            names.names.first { $0.name == type && $0.kind == .type }?.members.first { $0.name == member }
        }
    }

    private func location(in place: Int, _ name: (NameTable) -> BoundName?) -> JSONValue? {
        let script = scripts[place]
        let known = parsed(place)
        guard let bound = name(known.names), let path = file(of: script) else { return nil }
        return Document(uri: FileURI.of(path: path), version: nil, bytes: known.source.bytes, isLibrary: true)
            .location(of: bound.definition)
    }

    private func parsed(_ place: Int) -> (source: Source, names: NameTable) {
        if let found = parsed[place] { return found }
        let source = Source(name: scripts[place].name, text: scripts[place].text, isLibrary: true)
        let made = (source, NameTable(Parser(source: source).parse()))
        parsed[place] = made
        return made
    }

    /// The names of the fields and methods of the library's types.
    private(set) lazy var memberNames = Set(
        scripts.indices.flatMap { parsed($0).names.names.filter { $0.type != nil }.map(\.name) })

    private func file(of script: Library.Script) -> String? {
        guard let folder else { return nil }
        let path = "\(folder)/\(script.name)"
        guard isEmbedded else { return path }
        let bytes = Array(script.text.utf8)
        if let known = try? FileReader.contents(of: path), known == bytes { return path }
        do {
            if let parent = Folder.parent(of: path) { try Folder.make(parent) }
            // The copy of another build has the same name, and cannot be written to.
            _ = FilePath.with(path) { unlink($0) }
            try AtomicFile.write(bytes, to: path, permissions: 0o444, isDurable: false)
        } catch {
            return nil
        }
        return path
    }
}
