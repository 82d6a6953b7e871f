// The entry point for weight files: determines the format of a file and calls its reader, or says why it is
// refused. The formats are in Safetensors, TorchZip and TorchLegacy; the bridge loads tensors into a model.

import SegSystem

/// The contents of a weight file: named tensors in the file's order. Nothing in a file is ever executed, and
/// opening one takes memory in proportion to its size.
public struct Checkpoint: Sendable {
    public enum Format: String, Sendable {
        case torchZip = "PyTorch (zip)"
        case torchLegacy = "PyTorch (legacy)"
        case safetensors = "safetensors"
    }

    /// The path as the user gave it.
    public let path: String
    public let format: Format
    public let tensors: [StoredTensor]
    /// The strings that a safetensors file holds beside its tensors, in the file's order.
    public let metadata: [(key: String, value: String)]
    /// What was done to find the tensors, one sentence each: the dictionary they were taken from, prefixes
    /// removed, entries that are no tensors.
    public let notes: [String]
    private let positions: [String: Int]

    init(
        path: String, format: Format, tensors: [StoredTensor], metadata: [(key: String, value: String)] = [],
        notes: [String] = []
    ) {
        self.path = path
        self.format = format
        self.tensors = tensors
        self.metadata = metadata
        self.notes = notes
        positions = Dictionary(tensors.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { $1 })
    }

    /// The tensor of that name, or nil.
    public subscript(name: String) -> StoredTensor? {
        positions[name].map { tensors[$0] }
    }

    /// The number of elements of all tensors.
    public var parameterCount: Int { tensors.reduce(0) { $0 + $1.count } }

    /// Opens a weight file of any format that seg reads. Errors of kind `file` say what was expected and
    /// found.
    public static func open(_ path: String) throws -> Checkpoint {
        try open(FileReader(path))
    }

    /// Opens a weight file, which may also be in memory.
    public static func open(_ file: FileReader) throws -> Checkpoint {
        let head = try file.bytes(at: 0, count: min(file.count, 512))
        // First, since the header length at the start of a safetensors file may look like any other
        // signature.
        if head.count > 8, head[8] == UInt8(ascii: "{"), headerLength(head) <= file.count - 8 {
            return try Safetensors.open(file).withoutModulePrefix()
        }
        if head.starts(with: ZipDirectory.signature) { return try TorchZip.open(file).withoutModulePrefix() }
        if TorchLegacy.matches(head) {
            return try TorchLegacy.open(file).withoutModulePrefix()
        }
        if let other = known(head) {
            throw TensorError(.file, "\(file.path) is \(other.what)", help: other.help)
        }
        if head.count > 8, head[8] == UInt8(ascii: "{") {
            return try Safetensors.open(file).withoutModulePrefix()
        }
        throw TensorError(
            .file, "\(file.path) is not a weight file that seg knows",
            help: "seg reads PyTorch's .pth (zip and legacy) and .safetensors")
    }

    /// Opens a safetensors file with its names unchanged.
    public static func openUnchanged(_ file: FileReader) throws -> Checkpoint {
        let head = try file.bytes(at: 0, count: min(file.count, 9))
        guard head.count == 9, head[8] == UInt8(ascii: "{") else { return try open(file) }
        return try Safetensors.open(file)
    }

    /// The header length at the start of a safetensors file.
    private static func headerLength(_ head: [UInt8]) -> Int {
        Int(clamping: head.prefix(8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
    }

    /// Removes `module.` and `_orig_mod.` if every name begins with it: torch.nn.DataParallel and
    /// torch.compile add them.
    func withoutModulePrefix() -> Checkpoint {
        var tensors = tensors
        var notes = notes
        for prefix in ["module.", "_orig_mod.", "module."]
        where !tensors.isEmpty && tensors.allSatisfy({ $0.name.hasPrefix(prefix) }) {
            tensors = tensors.map { $0.named(String($0.name.dropFirst(prefix.count))) }
            notes.append("'\(prefix)' was removed from every name")
        }
        return Checkpoint(path: path, format: format, tensors: tensors, metadata: metadata, notes: notes)
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
        if head.count > 2, head[0] == 0x80, (2...5).contains(head[1]) {
            return ("a plain Python pickle, not a file that torch.save wrote", again)
        }
        return nil
    }
}
