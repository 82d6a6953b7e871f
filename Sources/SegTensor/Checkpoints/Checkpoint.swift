// The entry point for weight files: determines the format of a file and calls its reader, or says why it is
// refused. The formats are in Safetensors, TorchZip, TorchLegacy, PlainPickle, NumPyFiles and ShardIndex; the bridge
// loads tensors into a model.

import SegSystem

/// The contents of a weight file: named tensors in the file's order. Nothing in a file is ever executed, and
/// opening one takes memory in proportion to its size.
public struct Checkpoint: Sendable {
    public enum Format: String, Sendable {
        case torchZip = "PyTorch (zip)"
        case torchLegacy = "PyTorch (legacy)"
        case safetensors = "safetensors"
        case npy = "NumPy (.npy)"
        case npz = "NumPy (.npz)"
        case pickle = "Python pickle"
    }

    /// The path as the user gave it.
    public let path: String
    public let format: Format
    public let tensors: [StoredTensor]
    /// The strings that a safetensors file holds beside its tensors, in the file's order.
    public let metadata: [(key: String, value: String)]
    /// What was done to find the tensors, one sentence each: the dictionary they were taken from, entries that
    /// are no tensors.
    public let notes: [String]
    /// Those that name what is not among the tensors, though nobody has chosen so.
    public let losses: [String]
    /// The paths of the state dicts in a file of pickled dictionaries.
    public let sections: [String]
    private let positions: [String: Int]

    init(
        path: String, format: Format, tensors: [StoredTensor], metadata: [(key: String, value: String)] = [],
        notes: [String] = [], losses: [String] = [], sections: [String] = []
    ) {
        self.path = path
        self.format = format
        self.tensors = tensors
        self.metadata = metadata
        self.notes = notes
        self.losses = losses
        self.sections = sections
        positions = Dictionary(tensors.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { $1 })
    }

    /// The tensor of that name, or nil.
    public subscript(name: String) -> StoredTensor? {
        positions[name].map { tensors[$0] }
    }

    /// The number of elements of all tensors.
    public var parameterCount: Int { tensors.reduce(0) { $0 + $1.count } }

    /// Opens a weight file of any format that seg reads. The names are those in the file. Errors of kind `file`
    /// say what was expected and found.
    /// - Parameter section: the state dict in a training checkpoint, by its path, or a prefix of names.
    public static func open(_ path: String, section: String? = nil) throws -> Checkpoint {
        try open(FileReader(path), section: section)
    }

    /// Opens a weight file, which may also be in memory.
    public static func open(_ file: FileReader, section: String? = nil) throws -> Checkpoint {
        if ShardIndex.matches(file.path) { return try ShardIndex.open(file).part(section) }
        return try openSingle(file, section: section)
    }

    /// Opens a file that is no index of others.
    public static func openSingle(_ file: FileReader, section: String? = nil) throws -> Checkpoint {
        let head = try file.bytes(at: 0, count: min(file.count, 512))
        let hasJSON = head.count > 8 && head[8] == UInt8(ascii: "{")
        // First, since the header length at the start of a safetensors file may look like any other
        // signature.
        if hasJSON, headerLength(head) <= file.count - 8 { return try Safetensors.open(file).part(section) }
        if head.starts(with: ZipDirectory.signature) {
            let directory = try ZipDirectory(file)
            let hasPickle = directory.members.contains { $0.name.hasSuffix("data.pkl") }
            if !hasPickle, let arrays = try NumPyFiles.open(directory) { return try arrays.part(section) }
            return try TorchZip.open(directory, section)
        }
        if TorchLegacy.matches(head) { return try TorchLegacy.open(file, section) }
        if head.starts(with: NumPyFiles.signature) { return try NumPyFiles.open(file).part(section) }
        if PlainPickle.matches(head) { return try PlainPickle.open(file, section) }
        if let other = known(head) {
            throw TensorError(.file, "\(file.path) is \(other.what)", help: other.help)
        }
        if hasJSON { return try Safetensors.open(file).part(section) }
        throw TensorError(
            .file, "\(file.path) is not a weight file that seg knows",
            help: file.path.lowercased().hasSuffix(".seg")
                ? "seg FILE runs a script, and import(\"FILE\") gives what it defines"
                : "seg reads PyTorch's .pth, .safetensors and their index, .npz, .npy")
    }

    /// The tensors whose names begin with `section` and a dot, which is taken off; all for nil.
    func part(_ section: String?) throws -> Checkpoint {
        guard let section else { return self }
        let prefix = section + "."
        let chosen = tensors.filter { $0.name.hasPrefix(prefix) }
        guard !chosen.isEmpty else {
            var parts = sections
            if parts.isEmpty {
                for name in tensors.lazy.map(\.name) where parts.count < 100 {
                    guard let dot = name.firstIndex(of: ".") else { continue }
                    if !parts.contains(String(name[..<dot])) { parts.append(String(name[..<dot])) }
                }
            }
            throw TensorError(
                .value, "\(path) has no section '\(FileText.shown(section))'",
                help: parts.isEmpty ? "leave section out" : "it has \(FileText.listed(parts))")
        }
        return Checkpoint(
            path: path, format: format,
            tensors: chosen.map { $0.named(String($0.name.dropFirst(prefix.count))) }, metadata: metadata,
            notes: notes + [
                "taken from '\(section)'; left out: \(plural(tensors.count - chosen.count, "tensor"))"
            ],
            losses: losses, sections: sections)
    }

    /// The header length at the start of a safetensors file.
    private static func headerLength(_ head: [UInt8]) -> Int {
        Int(clamping: head.prefix(8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
    }

    /// What a file is, for kinds of files that are often found instead of weights.
    private static func known(_ head: [UInt8]) -> (what: String, help: String)? {
        func begins(_ text: String) -> Bool { head.starts(with: Array(text.utf8)) }
        let again = "save the model's state_dict() again with a PyTorch of 1.6 or later"
        if head.isEmpty { return ("empty", "copy or download it again") }
        if head.count >= 262, head[257..<262].elementsEqual("ustar".utf8) {
            return ("a tar archive, as PyTorch wrote before 0.1.10; seg does not read that form", again)
        }
        if begins("version https://git-lfs") {
            return ("only a git-lfs pointer, not the file itself", "run git lfs pull in its repository")
        }
        if begins("<") {
            return ("a web page or other markup, not weights", "the download gave an error page")
        }
        if head.starts(with: [0x89, 0x48, 0x44, 0x46]) {
            return (
                "an HDF5 file, as Keras writes; seg does not read that form", "convert it to .safetensors"
            )
        }
        if head.starts(with: [0x1f, 0x8b]) { return ("compressed with gzip", "unpack it with gunzip") }
        if head.starts(with: [0x89, 0x50, 0x4e, 0x47]) {
            return ("a PNG picture, not weights", "check the path")
        }
        return nil
    }
}
