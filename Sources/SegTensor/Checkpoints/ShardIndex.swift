// The index of a model in several files: `….index.json`, a JSON object whose `weight_map` gives the file of each
// tensor. The files are in the index's folder, and all of them are read as one.

import SegSystem

public enum ShardIndex {
    /// The end of the names of such files.
    private static let ending = ".index.json"
    /// Deeper values than these are not in an index.
    private static let depth = 20
    private static let sizeLimit = 100_000_000

    static func matches(_ path: String) -> Bool { path.hasSuffix(".json") }

    /// Opens the index and all its shards; the tensors are in the order of the index, tensors that it does not
    /// list follow.
    static func open(_ file: FileReader) throws -> Checkpoint {
        let path = file.path
        let entries = try entries(file)
        var shards: [String] = []
        var opened: [String: Checkpoint] = [:]
        for (name, shard) in entries where opened[shard] == nil {
            opened[shard] = try open(shard, of: path, for: name)
            shards.append(shard)
        }
        var tensors: [StoredTensor] = []
        for (name, shard) in entries {
            guard let tensor = opened[shard]?[name] else {
                throw TensorError(
                    .file,
                    "\(path) says that tensor '\(FileText.shown(name))' is in \(FileText.shown(shard)), which does not have it",
                    help: "copy or download the shard again")
            }
            tensors.append(tensor)
        }
        var listed = Set(tensors.map(\.name))
        var losses: [String] = []
        var notes = ["in \(shards.count) files: \(FileText.listed(shards))"]
        for shard in shards {
            guard let checkpoint = opened[shard] else { continue }
            tensors += checkpoint.tensors.filter { listed.insert($0.name).inserted }
            notes += checkpoint.notes.filter { !notes.contains($0) }
            losses += checkpoint.losses.filter { !losses.contains($0) }
        }
        let first = shards.first.flatMap { opened[$0] }
        return Checkpoint(
            path: path, format: first?.format ?? .safetensors, tensors: tensors,
            metadata: first?.metadata ?? [], notes: notes, losses: losses)
    }

    /// An index in the folder of a file that lists it as one of its shards.
    public static func beside(_ path: String) -> String? {
        let folder = Folder.parent(of: path)
        let name = folder == nil ? path : String(path.split(separator: "/").last ?? "")
        let entries = (try? Folder.entries(of: folder ?? ".", limit: 10_000)) ?? []
        return entries.filter { $0.kind == .file && $0.name.hasSuffix(ending) }.prefix(10).map {
            Self.path(of: $0.name, in: folder)
        }.first { index in
            (try? Self.entries(FileReader(index)))?.contains { $0.shard == name } ?? false
        }
    }

    private static func path(of name: String, in folder: String?) -> String {
        folder.map { $0.hasSuffix("/") ? $0 + name : "\($0)/\(name)" } ?? name
    }

    private static func open(_ shard: String, of path: String, for tensor: String) throws -> Checkpoint {
        // A link beside the index may lead anywhere: caches of downloads are made of such links.
        let parts = shard.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.allSatisfy({ !["", ".", ".."].contains($0) }), !shard.contains("\0") else {
            throw TensorError(
                .file,
                "\(path) says that tensor '\(FileText.shown(tensor))' is in '\(FileText.shown(shard))', which is not a file in the index's folder",
                help: "seg reads shards only from the folder of their index")
        }
        let place = Self.path(of: shard, in: Folder.parent(of: path))
        guard FileStatus(place)?.kind == .file else {
            throw TensorError(
                .file,
                "\(path) lists the shard \(FileText.shown(shard)), which is not beside it",
                help: "copy or download all of its files to one folder")
        }
        return try Checkpoint.openSingle(FileReader(place))
    }

    /// The names of the tensors and their shards.
    private static func entries(_ file: FileReader) throws -> [(name: String, shard: String)] {
        guard file.count <= sizeLimit else {
            throw TensorError(.file, "\(file.path) has \(file.count) bytes: it is no index of weights")
        }
        let context = EvaluationContext.current
        var reader = JSONReader(
            try file.bytes(at: 0, count: file.count), depthLimit: depth,
            poll: { try context.checkInterrupt() })
        do {
            return try entries(&reader)
        } catch let problem as JSONReader.Problem {
            throw TensorError(
                .file,
                "\(file.path) is damaged or no index of weights: \(FileText.shown(problem.message)) in line \(problem.line)",
                help: "an index is a JSON object with a weight_map of names to files")
        }
    }

    private static func entries(_ reader: inout JSONReader) throws -> [(name: String, shard: String)] {
        var entries: [(name: String, shard: String)]?
        guard try reader.next() == .objectStart else { throw reader.problem("a `{` is missing") }
        while case .name(let key)? = try reader.next() {
            guard key == "weight_map", entries == nil else {
                try skip(&reader)
                continue
            }
            var found: [(name: String, shard: String)] = []
            var names: Set<String> = []
            guard try reader.next() == .objectStart else { throw reader.problem("weight_map is no object") }
            while case .name(let name)? = try reader.next() {
                guard case .string(let shard)? = try reader.next() else {
                    throw reader.problem("the file of a tensor is missing")
                }
                guard names.insert(name).inserted else {
                    throw reader.problem("tensor '\(FileText.shown(name))' is in it twice")
                }
                found.append((name, shard))
            }
            entries = found
        }
        _ = try reader.next()
        guard let entries, !entries.isEmpty else { throw reader.problem("it has no weight_map") }
        return entries
    }

    /// Skips a value.
    private static func skip(_ reader: inout JSONReader) throws {
        var depth = 0
        repeat {
            switch try reader.next() {
            case .objectStart, .arrayStart: depth += 1
            case .objectEnd, .arrayEnd: depth -= 1
            case nil: return
            default: break
            }
        } while depth > 0
    }
}
