// PyTorch's two containers: the zip archive of torch 1.6 and later, and the stream of pickles before it. Each
// locates the storages; PickleReader reads the pickles, TorchStateDict finds the state dict.

import SegSystem

/// `torch.save` since 1.6: a zip archive with `data.pkl` and one member per storage, all in one folder.
public enum TorchZip {
    /// The largest table of contents that is read; real ones have a few hundred kilobytes.
    private static let pickleLimit = 1 << 28

    static func open(_ directory: ZipDirectory, _ section: String?) throws -> Checkpoint {
        let file = directory.file
        let (members, folder) = try findPickle(directory)
        guard let contents = members["\(folder)data.pkl"] else { throw noPickle(directory) }
        if members["\(folder)constants.pkl"] != nil || members["constants.pkl"] != nil {
            throw TensorError(
                .file, "\(file.path) is a TorchScript program, not weights: running it would run its code",
                help:
                    "save its weights in Python: torch.save(torch.jit.load(file).state_dict(), \"weights.pth\")"
            )
        }
        if let order = members["\(folder)byteorder"] {
            let range = try directory.range(of: order, for: "its byte order")
            guard
                try range.count <= 16
                    && file.bytes(at: range.lowerBound, count: range.count) == Array("little".utf8)
            else {
                throw TensorError(
                    .file, "\(file.path) was written on a big-endian machine; seg does not read that")
            }
        }
        let (range, checked) = try directory.checkedRange(of: contents, for: "its table of contents")
        guard range.count <= pickleLimit else {
            throw TensorError(
                .file, "\(file.path) has a table of contents of \(range.count) bytes: it is not a weight file"
            )
        }
        try checked?.verify(file, "its table of contents")
        var stream = ByteStream(file, from: range.lowerBound, to: range.upperBound)
        let pickle = try PickleReader.read(&stream)
        let state = try TorchStateDict(pickle, file: file.path, section: section)
        // Tensors that share a storage share its checksum.
        var places: [String: (Range<Int>, CheckedRange?)] = [:]
        let tensors = try state.tensors(pickle, file) { storage, tensor in
            if let known = places[storage.key] { return known }
            guard let member = members["\(folder)data/\(storage.key)"] else {
                throw TensorError(
                    .file,
                    "\(file.path) is damaged: the numbers of tensor '\(FileText.shown(tensor))' (data/\(FileText.shown(storage.key))) are missing"
                )
            }
            let place = try directory.checkedRange(of: member, for: "tensor '\(FileText.shown(tensor))'")
            places[storage.key] = place
            return place
        }
        return try state.checkpoint(.torchZip, tensors, file)
    }

    /// Members by name, and the folder that holds `data.pkl`, ending in a slash.
    private static func findPickle(
        _ directory: ZipDirectory
    ) throws -> (members: [String: ZipDirectory.Member], folder: String) {
        let members = try directory.membersByName()
        let pickle = directory.members.first { $0.name.hasSuffix("/data.pkl") || $0.name == "data.pkl" }
        guard let pickle else { throw noPickle(directory) }
        return (members, String(pickle.name.dropLast("data.pkl".count)))
    }

    private static func noPickle(_ directory: ZipDirectory) -> TensorError {
        let names = directory.members.prefix(3).map { FileText.shown($0.name) }.joined(separator: ", ")
        return TensorError(
            .file,
            "\(directory.file.path) is a zip archive, but not one that torch.save or numpy.savez wrote: it has no data.pkl and no .npy",
            help: names.isEmpty ? nil : "it holds \(names)\(directory.members.count > 3 ? ", …" : "")")
    }
}

/// `torch.save` before 1.6: five pickles one after another, then the storages in the order of the last
/// pickle.
enum TorchLegacy {
    /// The number 0x1950a86a20f9469cfc6c in pickled form; a header with the pickle's protocol precedes it.
    private static let magic: [UInt8] = [
        0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19,
    ]

    static func matches(_ head: [UInt8]) -> Bool {
        [2, 11].contains { start in
            head.count > start + magic.count && head[0] == 0x80
                && head[start..<start + magic.count].elementsEqual(magic)
        }
    }

    static func open(_ file: FileReader, _ section: String?) throws -> Checkpoint {
        var stream = ByteStream(file)
        _ = try PickleReader.read(&stream)
        let version = try PickleReader.read(&stream)
        guard version.integer(version.root) == 1001 else {
            throw TensorError(.file, "\(file.path) has an unknown version of PyTorch's legacy format")
        }
        let system = try PickleReader.read(&stream)
        if let order = system.entries(system.root)?.first(where: { $0.key == "little_endian" }),
            case .bool(false) = system[order.value]
        {
            throw TensorError(
                .file, "\(file.path) was written on a big-endian machine; seg does not read that")
        }
        let pickle = try PickleReader.read(&stream)
        let state = try TorchStateDict(pickle, file: file.path, section: section)
        let keys = try PickleReader.read(&stream)
        let ranges = try placeStorages(pickle, keys, state, &stream)
        let tensors = try state.tensors(pickle, file) { storage, tensor in
            guard let range = ranges[storage.key] else {
                throw TensorError(
                    .file,
                    "\(file.path) is damaged: the numbers of tensor '\(FileText.shown(tensor))' are missing")
            }
            return (range, nil)
        }
        return try state.checkpoint(.torchLegacy, tensors, file)
    }

    /// Each storage is a count of elements in eight bytes, then the elements. The pickle must have stated
    /// their number and type before.
    private static func placeStorages(
        _ pickle: Pickle, _ keys: Pickle, _ state: TorchStateDict, _ stream: inout ByteStream
    ) throws -> [String: Range<Int>] {
        let path = stream.file.path
        guard let list = keys.sequence(keys.root) else {
            throw TensorError(.file, "\(path) is damaged: the list of its storages is missing")
        }
        let known = Dictionary(pickle.storages.map { ($0.key, $0) }, uniquingKeysWith: { first, _ in first })
        var users: [String: String] = [:]
        for (name, content) in state.entries {
            guard case .view(let view) = content else { continue }
            let key = pickle.storages[view.storage].key
            if users[key] == nil { users[key] = name }
        }
        var ranges: [String: Range<Int>] = [:]
        for handle in list {
            guard let key = keys.text(handle) ?? keys.integer(handle).map(String.init),
                let storage = known[key],
                ranges[key] == nil
            else {
                throw TensorError(.file, "\(path) is damaged: its list of storages does not fit its tensors")
            }
            guard let size = storage.elementSize else {
                throw Pickle.refused(path, "a storage has the type \(FileText.shown(storage.typeName))")
            }
            let (bytes, overflow) = storage.count.multipliedReportingOverflow(by: size)
            let who = users[key].map { "tensor '\(FileText.shown($0))'" } ?? "a storage"
            guard stream.remaining >= 8, !overflow, bytes <= stream.remaining - 8 else {
                throw TensorError(
                    .file,
                    "\(path) is cut off: \(who) needs \(overflow ? Int.max : bytes) bytes, \(max(stream.remaining - 8, 0)) left"
                )
            }
            guard try stream.number(bytes: 8) == UInt64(storage.count) else {
                throw TensorError(
                    .file, "\(path) is damaged: \(who) has another size than its table of contents says")
            }
            ranges[key] = stream.position..<stream.position + bytes
            try stream.skip(bytes)
        }
        return ranges
    }
}
