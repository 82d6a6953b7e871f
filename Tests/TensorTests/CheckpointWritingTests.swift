// Files written: safetensors written and read again, refused input; SHA-256.

import SegSystem
import SegTensor
import TestSupport
import Testing

@Suite struct CheckpointSafetensorsTests {
    @Test func whatIsWrittenIsReadBack() throws {
        let folder = try ScratchFolder()
        let path = "\(folder.path)/a.safetensors"
        let tensors = [
            TensorToWrite(name: "flag", dtype: .bool, shape: [3], bytes: [1, 0, 1]),
            TensorToWrite(name: "w \"ü\"\n", dtype: .float32, shape: [2], bytes: floatBytes([1, 2])),
            TensorToWrite(name: "empty", dtype: .float64, shape: [0, 4], bytes: []),
            TensorToWrite(name: "scalar", dtype: .int64, shape: [], bytes: little(Int64(-5))),
        ]
        try Safetensors.write(tensors, metadata: [("run", "{\"epoch\": 3}\t\u{1}"), ("", "😀")], to: path)
        let checkpoint = try Checkpoint.open(path)
        #expect(checkpoint.tensors.map(\.name) == tensors.map(\.name))
        #expect(checkpoint.tensors.map(\.shape) == tensors.map(\.shape))
        #expect(checkpoint.metadata.map(\.key) == ["run", ""])
        #expect(checkpoint.metadata.map(\.value) == ["{\"epoch\": 3}\t\u{1}", "😀"])
        #expect(try checkpoint["flag"]?.bytes() == [1, 0, 1])
        #expect(try checkpoint["w \"ü\"\n"]?.floats() == [1, 2])
        #expect(try checkpoint["scalar"]?.bytes() == little(Int64(-5)))
        #expect(folder.names == ["a.safetensors"])
    }

    @Test func wrongTensorsLeaveTheOldFile() throws {
        let folder = try ScratchFolder()
        let path = "\(folder.path)/a.safetensors"
        try AtomicFile.write("old", to: path)
        let short = TensorToWrite(name: "x", dtype: .float32, shape: [2], bytes: [1])
        #expect(throws: TensorError.self) { try Safetensors.write([short], to: path) }
        let twice = TensorToWrite(name: "x", dtype: .uint8, shape: [1], bytes: [1])
        #expect(throws: TensorError.self) { try Safetensors.write([twice, twice], to: path) }
        #expect(try folder.text("a.safetensors") == "old")
        #expect(folder.names == ["a.safetensors"])
    }

    @Test func badHeadersAreRefused() {
        func file(_ header: String, _ data: Int) -> [UInt8] {
            little(UInt64(header.utf8.count)) + Array(header.utf8) + [UInt8](repeating: 0, count: data)
        }
        func entry(_ name: String, _ begin: Int, _ end: Int, type: String = "U8", shape: String? = nil)
            -> String
        {
            "\"\(name)\":{\"dtype\":\"\(type)\",\"shape\":[\(shape ?? "\(end - begin)")],\"data_offsets\":[\(begin),\(end)]}"
        }
        let cases: [([UInt8], String)] = [
            (file("{\(entry("a", 0, 4)),\(entry("b", 4, 6))}", 6), "no error"),
            (file("{\(entry("b", 4, 6)),\(entry("a", 0, 4))}  ", 6), "no error"),
            (file("{}", 0), "no error"),
            // A length of 640 begins like a pickle, one of 35615 like gzip.
            (file("{\(entry("a", 0, 4))}" + String(repeating: " ", count: 640 - 53), 4), "no error"),
            (file("{\(entry("a", 0, 4)),\(entry("b", 3, 6))}", 6), "'b' overlaps another"),
            (file("{\(entry("a", 0, 4)),\(entry("b", 5, 6))}", 6), "does not begin where"),
            (file("{\(entry("a", 0, 4))}", 6), "2 bytes follow its last tensor"),
            (file("{\(entry("a", 0, 4))}", 3), "cut off: tensor 'a' needs 4 bytes, 3 left"),
            (file("{\(entry("a", 0, 2)),\(entry("a", 2, 4))}", 4), "tensor 'a' is in it twice"),
            (file("{\(entry("a", 0, 4, type: "F32", shape: "2"))}", 4), "does not take the 4 bytes"),
            (file("{\(entry("a", 0, 4, type: "F8_E4M3"))}", 4), "has the type F8_E4M3"),
            (
                file("{\(entry("a", 0, 4, shape: "9223372036854775807,9223372036854775807"))}", 4),
                "does not take"
            ),
            (file("{\(entry("a", 0, 4, shape: "-4"))}", 4), "whole number is missing"),
            (file("{\(entry("a", 0, 4, shape: "99999999999999999999"))}", 4), "too large"),
            (file("{\"a\":{\"dtype\":\"U8\",\"shape\":[1]}}", 1), "lacks its dtype"),
            (file("{\"a\":{\"dtype\":\"U8\",\"x\":1}}", 1), "field 'x'"),
            (file("{\"a\":[]}", 0), "'{' is missing at byte 14"),
            (file("{\(entry("\\ud800", 0, 1))}", 1), "half a character"),
            (file("{\"__metadata__\":{\"a\":\"1\",\"a\":\"2\"}}", 0), "metadata contain 'a' twice"),
            (file("{} x", 0), "something follows"),
            (file("{", 0), "is missing"),
            (little(UInt64(1 << 40)) + Array("{".utf8), "its header would have"),
        ]
        for (bytes, expected) in cases {
            let message = refusal(bytes)
            #expect(message.contains(expected), "\(message)")
        }
    }
}

@Suite struct CheckpointTorchWritingTests {
    private let tensors = [
        TensorToWrite(name: "conv.weight", dtype: .float32, shape: [2, 2], bytes: floatBytes([1, 2, 3, 4])),
        TensorToWrite(name: "ü", dtype: .int64, shape: [], bytes: little(Int64(-5))),
        TensorToWrite(name: "flag", dtype: .bool, shape: [3], bytes: [1, 0, 1]),
        TensorToWrite(name: "empty", dtype: .float64, shape: [0, 4], bytes: []),
        TensorToWrite(name: "bytes", dtype: .uint8, shape: [2], bytes: [7, 255]),
        TensorToWrite(name: "whole", dtype: .int32, shape: [1], bytes: little(Int32(-1))),
    ]

    /// The digest is of a file that `torch.load(path, weights_only=True, mmap=True)` of PyTorch 2.13 and
    /// Python's zipfile (checksums) read. A change of the writer must be tried with them again.
    @Test func theFileIsTheOneThatPyTorchRead() throws {
        let folder = try ScratchFolder()
        let path = "\(folder.path)/a.pth"
        try TorchZip.write(tensors, to: path)
        var hash = SHA256()
        let file = try FileReader(path)
        try file.bytes(at: 0, count: file.count).withUnsafeBytes { hash.update($0) }
        #expect(hash.hexadecimal() == "84ba219515a654063e5fb582d08b1186a627eac5bae015848e02c25666bf87b3")
    }

    @Test func whatIsWrittenIsReadBack() throws {
        let folder = try ScratchFolder()
        let path = "\(folder.path)/a.pth"
        try TorchZip.write(tensors, to: path)
        let checkpoint = try Checkpoint.open(path)
        #expect(checkpoint.format == .torchZip)
        #expect(checkpoint.tensors.map(\.name) == tensors.map(\.name))
        #expect(checkpoint.tensors.map(\.shape) == tensors.map(\.shape))
        #expect(checkpoint.tensors.map(\.dtype) == tensors.map(\.dtype))
        #expect(try checkpoint["conv.weight"]?.floats() == [1, 2, 3, 4])
        #expect(try checkpoint["whole"]?.bytes() == little(Int32(-1)))
    }

    @Test func wrongTensorsLeaveTheOldFile() throws {
        let folder = try ScratchFolder()
        let path = "\(folder.path)/a.pth"
        try AtomicFile.write("old", to: path)
        let short = TensorToWrite(name: "x", dtype: .float32, shape: [2], bytes: [1])
        #expect(throws: TensorError.self) { try TorchZip.write([short], to: path) }
        let twice = TensorToWrite(name: "x", dtype: .uint8, shape: [1], bytes: [1])
        #expect(throws: TensorError.self) { try TorchZip.write([twice, twice], to: path) }
        let unknown = TensorToWrite(name: "x", dtype: .uint64, shape: [1], bytes: little(UInt64(1)))
        #expect(throws: TensorError.self) { try TorchZip.write([unknown], to: path) }
        #expect(try folder.text("a.pth") == "old")
    }
}

@Suite struct CheckpointSHA256Tests {
    @Test func knownDigests() {
        func digits(_ text: String, pieces: Int = 1) -> String {
            var hash = SHA256()
            for _ in 0..<pieces { Array(text.utf8).withUnsafeBytes { hash.update($0) } }
            return hash.hexadecimal()
        }
        #expect(digits("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
        #expect(digits("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        let long = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"
        #expect(digits(long) == "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1")
        #expect(
            digits(String(repeating: "a", count: 100), pieces: 1000)
                == digits(String(repeating: "a", count: 100_000)))
    }

    @Test func digitsInNames() {
        #expect(SHA256.digits(inName: "/a-12345678/resnet50-0676ba61.pth") == "0676ba61")
        #expect(SHA256.digits(inName: "deeplabv3_resnet101_coco-586e9e4e.pth") == "586e9e4e")
        #expect(SHA256.digits(inName: "model-best.pth") == nil)
        #expect(SHA256.digits(inName: "weights.pth") == nil)
    }
}
