// Weight files made in memory, byte by byte: pickles, zip archives, legacy streams. No Python is needed, and files that no
// real program writes can be made too.

import SegSystem
import SegTensor

/// Writes a pickle, an operation at a time.
struct PickleWriter {
    var bytes: [UInt8] = [0x80, 2]

    mutating func op(_ character: Character) { bytes.append(character.asciiValue ?? 0) }
    mutating func op(_ character: Character, _ rest: [UInt8]) {
        op(character)
        bytes += rest
    }
    mutating func global(_ module: String, _ name: String) { op("c", Array("\(module)\n\(name)\n".utf8)) }
    mutating func text(_ text: String) { op("X", little(UInt32(text.utf8.count)) + Array(text.utf8)) }
    mutating func integer(_ value: Int) {
        if let small = Int32(exactly: value) {
            op("J", little(small))
        } else {
            bytes += [0x8a, 8] + little(Int64(value))
        }
    }
    mutating func tuple(_ values: [Int]) {
        op("(")
        for value in values { integer(value) }
        op("t")
    }
    mutating func emptyOrderedDict() {
        global("collections", "OrderedDict")
        op(")")
        op("R")
    }
    mutating func stop() { op(".") }

    /// A tensor as torch.save pickles it; `view` is the sixth entry of a legacy storage.
    mutating func tensor(_ tensor: FixtureTensor, legacy: Bool) {
        global("torch._utils", "_rebuild_tensor_v2")
        op("(")
        op("(")
        text("storage")
        global("torch", tensor.type)
        text(tensor.key)
        text("cpu")
        integer(tensor.stored)
        if legacy {
            if let view = tensor.view {
                op("(")
                text("view")
                integer(view)
                integer(tensor.stored - view)
                op("t")
            } else {
                op("N")
            }
        }
        op("t")
        op("Q")
        integer(tensor.offset)
        tuple(tensor.shape)
        tuple(tensor.strides)
        bytes.append(0x89)
        emptyOrderedDict()
        op("t")
        op("R")
    }

    /// A type of NumPy, as its pickles have it.
    mutating func numpyType(_ code: String, order: String = "<") {
        global("numpy", "dtype")
        text(code)
        bytes += [0x89, 0x88, 0x87]
        op("R")
        op("(")
        integer(3)
        text(order)
        for _ in 0..<3 { op("N") }
        for _ in 0..<2 { integer(-1) }
        integer(0)
        op("t")
        op("b")
    }

    /// Bytes as protocol 2 writes them: a text of one character per byte.
    mutating func encoded(_ data: [UInt8]) {
        global("_codecs", "encode")
        text(String(String.UnicodeScalarView(data.map { Unicode.Scalar($0) })))
        text("latin1")
        bytes.append(0x86)
        op("R")
    }

    /// An array of NumPy; `asText` as in protocol 2.
    mutating func array(
        _ code: String, _ shape: [Int], _ data: [UInt8], order: String = "<", isFortran: Bool = false,
        asText: Bool = true, module: String = "numpy._core.multiarray"
    ) {
        global(module, "_reconstruct")
        global("numpy", "ndarray")
        tuple([0])
        encoded([0x62])
        bytes.append(0x87)
        op("R")
        op("(")
        integer(1)
        tuple(shape)
        numpyType(code, order: order)
        bytes.append(isFortran ? 0x88 : 0x89)
        if asText { encoded(data) } else { op("B", little(UInt32(data.count)) + data) }
        op("t")
        op("b")
    }

    /// A module as torch.save(model) pickles it; the closures write the values of its dictionaries.
    mutating func module(
        _ type: String, parameters: [(String, (inout PickleWriter) -> Void)] = [],
        buffers: [(String, (inout PickleWriter) -> Void)] = [], passing: [String] = [],
        modules: [(String, (inout PickleWriter) -> Void)] = []
    ) {
        global("nets", type)
        op(")")
        bytes.append(0x81)
        op("}")
        op("(")
        text("training")
        bytes.append(0x88)
        for (field, entries) in [("_parameters", parameters), ("_buffers", buffers), ("_modules", modules)] {
            text(field)
            emptyOrderedDict()
            op("(")
            for (name, write) in entries {
                text(name)
                write(&self)
            }
            op("u")
        }
        text("_non_persistent_buffers_set")
        global("__builtin__", "set")
        op("]")
        op("(")
        for name in passing { text(name) }
        op("e")
        bytes.append(0x85)
        op("R")
        op("u")
        op("b")
    }

    mutating func stateDict(_ tensors: [FixtureTensor], legacy: Bool) {
        emptyOrderedDict()
        op("(")
        for tensor in tensors {
            text(tensor.name)
            self.tensor(tensor, legacy: legacy)
        }
        op("u")
        op("}")  // the module versions that PyTorch adds by BUILD
        text("_metadata")
        op("N")
        op("s")
        op("b")
    }
}

/// A tensor to be pickled: a view of a storage of `stored` elements.
struct FixtureTensor {
    var name: String
    var type = "FloatStorage"
    var key = "0"
    var stored: Int
    var offset = 0
    var shape: [Int]
    var strides: [Int]
    var view: Int?
}

func little<T: FixedWidthInteger>(_ value: T) -> [UInt8] {
    withUnsafeBytes(of: value.littleEndian) { Array($0) }
}

func floatBytes(_ values: [Float]) -> [UInt8] { values.flatMap { little($0.bitPattern) } }

/// A zip archive of stored members.
struct ZipWriter {
    var usesZip64 = false
    var leavesSizesToDescriptors = false
    var method: UInt16 = 0
    var padding = 0
    /// Of the members' unpacked bytes, for those that are compressed.
    var checksums: [UInt32] = []
    var sizes: [Int] = []

    func archive(_ members: [(name: String, bytes: [UInt8])]) -> [UInt8] {
        var out: [UInt8] = []
        var directory: [UInt8] = []
        for (index, (name, bytes)) in members.enumerated() {
            let unpacked = index < sizes.count ? sizes[index] : bytes.count
            let checksum = index < checksums.count ? checksums[index] : 0
            let start = out.count
            let flags: UInt16 = leavesSizesToDescriptors ? 8 : 0
            let size = leavesSizesToDescriptors ? 0 : UInt32(bytes.count)
            out +=
                [0x50, 0x4b, 3, 4] + little(UInt16(45)) + little(flags) + little(method) + little(UInt32(0))
            out += little(UInt32(0)) + little(size) + little(size)
            out += little(UInt16(name.utf8.count)) + little(UInt16(padding))
            out += Array(name.utf8) + [UInt8](repeating: 0x5a, count: padding) + bytes
            if leavesSizesToDescriptors {
                out += [0x50, 0x4b, 7, 8] + little(UInt32(0)) + little(UInt32(bytes.count))
                out += little(UInt32(bytes.count))
            }
            let extra: [UInt8] =
                usesZip64
                ? little(UInt16(1)) + little(UInt16(24)) + little(UInt64(bytes.count))
                    + little(UInt64(bytes.count))
                    + little(UInt64(start)) : []
            let escaped = { (value: Int) in usesZip64 ? UInt32.max : UInt32(value) }
            directory +=
                [0x50, 0x4b, 1, 2] + little(UInt16(45)) + little(UInt16(45)) + little(flags) + little(method)
            directory += little(UInt32(0)) + little(checksum) + little(escaped(bytes.count))
            directory += little(escaped(unpacked)) + little(UInt16(name.utf8.count))
            directory +=
                little(UInt16(extra.count)) + little(UInt16(0)) + little(UInt32(0)) + little(UInt32(0))
            directory += little(escaped(start)) + Array(name.utf8) + extra
        }
        let start = out.count
        out += directory
        if usesZip64 {
            let record = out.count
            out += [0x50, 0x4b, 6, 6] + little(UInt64(44)) + little(UInt16(45)) + little(UInt16(45))
            out += little(UInt32(0)) + little(UInt32(0)) + little(UInt64(members.count))
            out += little(UInt64(members.count)) + little(UInt64(directory.count)) + little(UInt64(start))
            out += [0x50, 0x4b, 6, 7] + little(UInt32(0)) + little(UInt64(record)) + little(UInt32(1))
        }
        out += [0x50, 0x4b, 5, 6] + little(UInt16(0)) + little(UInt16(0))
        out += little(UInt16(members.count)) + little(UInt16(members.count))
        out += little(usesZip64 ? UInt32.max : UInt32(directory.count))
        out += little(usesZip64 ? UInt32.max : UInt32(start)) + little(UInt16(0))
        return out
    }
}

/// A `.pth` of the zip form.
func torchZip(
    _ pickle: [UInt8], storages: [(key: String, bytes: [UInt8])],
    extra: [(name: String, bytes: [UInt8])] = [],
    writer: ZipWriter = ZipWriter()
) -> [UInt8] {
    writer.archive(
        [("archive/data.pkl", pickle)] + extra + storages.map { ("archive/data/\($0.key)", $0.bytes) }
            + [("archive/version", Array("3\n".utf8))])
}

/// A `.pth` of the legacy form.
func torchLegacy(_ pickle: [UInt8], storages: [(key: String, count: Int, bytes: [UInt8])]) -> [UInt8] {
    var out: [UInt8] = [
        0x80, 2, 0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, 0x2e,
    ]
    out += [0x80, 2, 0x4d, 0xe9, 3, 0x2e]
    var system = PickleWriter()
    system.op("}")
    system.text("little_endian")
    system.bytes.append(0x88)
    system.op("s")
    system.stop()
    out += system.bytes + pickle
    var keys = PickleWriter()
    keys.op("]")
    keys.op("(")
    for storage in storages { keys.text(storage.key) }
    keys.op("e")
    keys.stop()
    out += keys.bytes
    for storage in storages { out += little(Int64(storage.count)) + storage.bytes }
    return out
}

/// A `.npy` file.
func npy(_ type: String, _ shape: String, _ data: [UInt8], order: String = "False", version: UInt8 = 1)
    -> [UInt8]
{
    let header = Array("{'descr': '\(type)', 'fortran_order': \(order), 'shape': \(shape), }\n".utf8)
    let length = version == 1 ? little(UInt16(header.count)) : little(UInt32(header.count))
    return [0x93] + Array("NUMPY".utf8) + [version, 0] + length + header + data
}

/// Bytes as a deflate stream of one stored block.
func storedDeflate(_ bytes: [UInt8]) -> [UInt8] {
    [1] + little(UInt16(bytes.count)) + little(~UInt16(bytes.count)) + bytes
}

/// The checksum of zip archives.
func checksum(_ bytes: [UInt8]) -> UInt32 {
    ~bytes.reduce(~UInt32(0)) { sum, byte in
        (0..<8).reduce(sum ^ UInt32(byte)) { part, _ in part >> 1 ^ (part & 1 == 1 ? 0xedb8_8320 : 0) }
    }
}

/// A whole pickle of one state dict.
func pickled(_ tensors: [FixtureTensor], legacy: Bool) -> [UInt8] {
    var writer = PickleWriter()
    writer.stateDict(tensors, legacy: legacy)
    writer.stop()
    return writer.bytes
}

func openWeights(_ bytes: [UInt8], _ name: String = "weights.pth") throws -> Checkpoint {
    try Checkpoint.open(FileReader(bytes: bytes, name: name))
}

/// The message of the error of opening, or what happened instead.
func refusal(_ bytes: [UInt8]) -> String {
    do {
        let checkpoint = try openWeights(bytes)
        for tensor in checkpoint.tensors { _ = try tensor.bytes() }
        return "no error: \(checkpoint.tensors.map(\.name))"
    } catch let error as TensorError {
        return error.message
    } catch let error as SystemError {
        return error.message
    } catch {
        return "another error: \(error)"
    }
}

/// A pickle as pickle.dump writes it.
func plainPickle(_ write: (inout PickleWriter) -> Void) -> [UInt8] {
    var writer = PickleWriter()
    write(&writer)
    writer.stop()
    return writer.bytes
}

/// The files that the fuzzing starts from: PyTorch's, and a safetensors file.
func sampleFiles() throws -> [[UInt8]] {
    let tensors = [
        FixtureTensor(name: "a", stored: 6, shape: [2, 3], strides: [3, 1]),
        FixtureTensor(name: "b", stored: 6, offset: 1, shape: [2, 2], strides: [1, 3]),
        FixtureTensor(name: "h", type: "HalfStorage", key: "1", stored: 4, shape: [4], strides: [1]),
    ]
    let first = floatBytes([1, 2, 3, 4, 5, 6])
    let second: [UInt8] = [0, 0x3c, 0, 0xc0, 1, 0, 0, 0x7c]
    let header =
        #"{"__metadata__":{"k":"v\u00e9"},"a":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]},"#
        + #""h":{"dtype":"F16","shape":[4],"data_offsets":[24,32]}}"#
    return [
        torchZip(pickled(tensors, legacy: false), storages: [("0", first), ("1", second)]),
        torchZip(
            pickled(tensors, legacy: false), storages: [("0", first), ("1", second)],
            writer: ZipWriter(usesZip64: true, leavesSizesToDescriptors: true, padding: 7)),
        torchLegacy(pickled(tensors, legacy: true), storages: [("0", 6, first), ("1", 4, second)]),
        little(UInt64(header.utf8.count)) + Array(header.utf8) + first + second,
    ]
}
