// Weight files: what is read, what is refused and with which message. The official files are read where shared data exist.

import SegTensor
import Testing

@preconcurrency import Glibc

@Suite struct CheckpointTests {
    @Test func sampleFilesGiveTheirTensors() throws {
        for (index, file) in try sampleFiles().enumerated() {
            let checkpoint = try openWeights(file)
            let a = try #require(checkpoint["a"])
            #expect(a.shape == [2, 3])
            #expect(try a.floats() == [1, 2, 3, 4, 5, 6])
            let h = try #require(checkpoint["h"])
            #expect(h.dtype == .float16)
            #expect(try h.floats() == [1, -2, 0x1p-24, .infinity])
            #expect(try h.bytes() == [0, 0x3c, 0, 0xc0, 1, 0, 0, 0x7c])
            if index < 3 {
                // A transposed view with an offset into the same storage.
                #expect(try #require(checkpoint["b"]).floats() == [2, 5, 3, 6])
                #expect(checkpoint.tensors.map(\.name) == ["a", "b", "h"])
            } else {
                #expect(checkpoint.metadata.map(\.key) == ["k"])
                #expect(checkpoint.metadata.first?.value == "vé")
            }
        }
    }

    @Test func everyTypeIsWidened() throws {
        let cases: [(String, [UInt8], StoredDType, [UInt8])] = [
            ("BFloat16Storage", [0x80, 0x3f], .float32, floatBytes([1])),
            ("HalfStorage", [0xff, 0x7b], .float32, floatBytes([65504])),
            ("DoubleStorage", little(Double(2.5).bitPattern), .float64, little(Double(2.5).bitPattern)),
            ("CharStorage", [0xff], .int32, little(Int32(-1))),
            ("ByteStorage", [0xff], .uint8, [0xff]),
            ("ShortStorage", little(Int16(-300)), .int32, little(Int32(-300))),
            ("IntStorage", little(Int32(-7)), .int32, little(Int32(-7))),
            ("LongStorage", little(Int64(1) << 40), .int64, little(Int64(1) << 40)),
            ("BoolStorage", [7], .bool, [1]),
        ]
        for (type, bytes, widened, expected) in cases {
            let tensor = FixtureTensor(name: "x", type: type, stored: 1, shape: [], strides: [])
            let checkpoint = try openWeights(
                torchZip(pickled([tensor], legacy: false), storages: [("0", bytes)]))
            let x = try #require(checkpoint["x"])
            #expect(x.dtype.widened == widened)
            #expect(try x.bytes(widened: true) == expected)
        }
    }

    @Test func legacyStorageViewsAreHonoured() throws {
        let tensor = FixtureTensor(name: "x", stored: 6, offset: 1, shape: [2], strides: [1], view: 2)
        let file = torchLegacy(
            pickled([tensor], legacy: true), storages: [("0", 6, floatBytes([0, 1, 2, 3, 4, 5]))])
        #expect(try #require(openWeights(file)["x"]).floats() == [3, 4])
    }

    @Test func nestedAndPrefixedStateDictsAreFound() throws {
        let tensors = [FixtureTensor(name: "module.w", stored: 1, shape: [1], strides: [1])]
        for key in ["model", "state_dict", "model_state", "odd"] {
            var writer = PickleWriter()
            writer.op("}")
            writer.op("(")
            writer.text("epoch")
            writer.integer(3)
            writer.text("args")
            writer.global("argparse", "Namespace")
            writer.op(")")
            writer.bytes.append(0x81)
            writer.op("}")
            writer.op("b")
            writer.text(key)
            writer.stateDict(tensors, legacy: false)
            writer.op("u")
            writer.stop()
            let checkpoint = try openWeights(torchZip(writer.bytes, storages: [("0", floatBytes([7]))]))
            #expect(checkpoint["module.w"] != nil)
            #expect(checkpoint.notes == ["taken from '\(key)'; left out: epoch, args"])
            #expect(checkpoint.sections == [key])
        }
    }

    @Test func aStateDictIsFoundBesideTensorsOfTheRun() throws {
        let weights = [FixtureTensor(name: "_orig_mod.w", stored: 1, shape: [1], strides: [1])]
        for isNested in [false, true] {
            var writer = PickleWriter()
            writer.op("}")
            writer.op("(")
            writer.text("loss")
            writer.tensor(FixtureTensor(name: "", key: "1", stored: 1, shape: [], strides: []), legacy: false)
            // Data that seg does not read may be beside the weights.
            writer.text("moments")
            writer.global("torch._utils", "_rebuild_sparse_tensor")
            writer.op(")")
            writer.op("R")
            writer.text("state_dict")
            if isNested {
                writer.op("}")
                writer.text("model")
            }
            writer.stateDict(weights, legacy: false)
            if isNested { writer.op("s") }
            writer.op("u")
            writer.stop()
            let checkpoint = try openWeights(
                torchZip(writer.bytes, storages: [("0", floatBytes([7])), ("1", floatBytes([1]))]))
            #expect(try #require(checkpoint["_orig_mod.w"]).floats() == [7])
            #expect(checkpoint.notes.first == "taken from 'state_dict'; left out: loss, moments")
            #expect(checkpoint.sections == [isNested ? "state_dict.model" : "state_dict"])
        }
    }

    @Test func tensorsWithoutNamesAreCounted() throws {
        var writer = PickleWriter()
        writer.op("}")
        writer.op("(")
        writer.text("a")
        writer.stateDict([FixtureTensor(name: "b", stored: 1, shape: [1], strides: [1])], legacy: false)
        writer.integer(3)
        writer.tensor(FixtureTensor(name: "", key: "1", stored: 1, shape: [], strides: []), legacy: false)
        writer.op("u")
        writer.stop()
        let checkpoint = try openWeights(
            torchZip(writer.bytes, storages: [("0", floatBytes([7])), ("1", floatBytes([1]))]))
        #expect(
            checkpoint.notes == ["taken from 'a'", "left out: 1 tensor with keys that are no names"])
    }

    @Test func tensorsThatAreNotReadAreNamed() {
        let kinds = [
            "_rebuild_sparse_tensor": "a sparse tensor", "_rebuild_qtensor": "a quantized tensor",
            "_rebuild_other": "a tensor made by torch._utils._rebuild_other",
        ]
        for (function, kind) in kinds {
            var writer = PickleWriter()
            writer.op("}")
            writer.text("x")
            writer.global("torch._utils", function)
            writer.op(")")
            writer.op("R")
            writer.op("s")
            writer.stop()
            #expect(
                refusal(torchZip(writer.bytes, storages: []))
                    == "weights.pth cannot be read: 'x' is \(kind), which seg does not read")
        }
        var keys = PickleWriter()
        keys.op("}")
        keys.integer(3)
        keys.tensor(FixtureTensor(name: "", stored: 1, shape: [1], strides: [1]), legacy: false)
        keys.op("s")
        keys.stop()
        #expect(
            refusal(torchZip(keys.bytes, storages: [("0", floatBytes([1]))]))
                .contains("the keys of its 1 tensors are not names"))
    }

    @Test func wholeModulesAreRefusedAndNeverBuilt() {
        var writer = PickleWriter()
        writer.global("torchvision.models.resnet", "ResNet")
        writer.op(")")
        writer.bytes.append(0x81)
        writer.op("}")
        writer.op("b")
        writer.stop()
        let message = refusal(torchZip(writer.bytes, storages: []))
        #expect(message.contains("whole model object (torchvision.models.resnet.ResNet)"), "\(message)")
        var legacy = PickleWriter()
        legacy.op("(")
        legacy.text("module")
        legacy.global("nets", "Net")
        legacy.text("nets.py")
        legacy.text("import os")
        legacy.op("t")
        legacy.op("Q")
        legacy.stop()
        #expect(refusal(torchLegacy(legacy.bytes, storages: [])).contains("whole model object (nets.Net)"))
    }

    @Test func unknownFunctionsAreNeverCalled() {
        var writer = PickleWriter()
        writer.global("os", "system")
        writer.text("echo seg > seg-was-here")
        writer.bytes.append(0x85)
        writer.op("R")
        writer.stop()
        #expect(
            refusal(torchZip(writer.bytes, storages: []))
                == "weights.pth needs a call of a Python function (os.system); seg never runs code from a file"
        )
    }

    @Test func whatIsRefusedSaysWhy() throws {
        let tensor = FixtureTensor(name: "x", stored: 2, shape: [2], strides: [1])
        let pickle = pickled([tensor], legacy: false)
        let data: [(key: String, bytes: [UInt8])] = [("0", floatBytes([1, 2]))]
        let cases: [([UInt8], String)] = [
            (torchZip(pickle, storages: data, writer: ZipWriter(method: 8)), "is compressed"),
            (torchZip(pickle, storages: data, extra: [("archive/constants.pkl", [])]), "TorchScript"),
            (
                torchZip(pickle, storages: data, extra: [("archive/byteorder", Array("big".utf8))]),
                "big-endian"
            ),
            (torchZip(pickle, storages: []), "numbers of tensor 'x' (data/0) are missing"),
            (
                torchZip(pickle, storages: [("0", [1, 2, 3, 4])]),
                "weights.pth is cut off: tensor 'x' needs 8 bytes, 4 left"
            ),
            (ZipWriter().archive([("a.txt", [1])]), "it has no data.pkl"),
            (ZipWriter().archive([("a.npy", [1])]), "array 'a' does not begin as a .npy file"),
            (ZipWriter().archive([("a", [1]), ("a", [1])]), "two members named 'a'"),
            ([], "is empty"),
            (Array("<!DOCTYPE html>".utf8), "web page"),
            (Array("version https://git-lfs.github.com/spec/v1".utf8), "git-lfs"),
            (
                [UInt8](repeating: 0, count: 257) + Array("ustar".utf8) + [UInt8](repeating: 0, count: 250),
                "tar archive"
            ),
            ([0x80, 4, 0x95, 0, 0], "plain Python pickle"),
            (Array("hello, hello".utf8), "not a weight file that seg knows"),
        ]
        for (file, expected) in cases {
            let message = refusal(file)
            #expect(message.contains(expected), "\(message)")
        }
    }

    @Test func aCutLegacyFileNamesTheTensor() throws {
        let tensor = FixtureTensor(name: "conv.weight", stored: 100, shape: [100], strides: [1])
        let file = torchLegacy(
            pickled([tensor], legacy: true), storages: [("0", 100, [UInt8](repeating: 0, count: 400))])
        #expect(
            refusal(Array(file.dropLast(40)))
                == "weights.pth is cut off: tensor 'conv.weight' needs 400 bytes, 360 left")
    }

    private static let officialFile =
        "/" + #filePath.split(separator: "/").dropLast(4).joined(separator: "/")
        + "/shared/data/weights/mobilenet_v2-b0353104.pth"

    @Test(.enabled(if: access(officialFile, R_OK) == 0, "the official file is not beside the repository"))
    func theOfficialFileIsReadWhole() throws {
        let path = Self.officialFile
        let checkpoint = try Checkpoint.open(path)
        #expect(checkpoint.format == .torchLegacy)
        #expect(checkpoint.tensors.count == 314)
        let learned = checkpoint.tensors.filter { !$0.name.contains("running") && $0.dtype == .float32 }
        #expect(learned.reduce(0) { $0 + $1.count } == 3_504_872)
        #expect(checkpoint["features.0.0.weight"]?.shape == [32, 3, 3, 3])
        #expect(checkpoint["classifier.1.weight"]?.shape == [1000, 1280])
        #expect(try #require(checkpoint["features.0.1.running_var"]).floats().allSatisfy { $0 > 0 })
        #expect(SHA256.digits(inName: path) == "b0353104")
    }
}

@Suite struct CheckpointHostilityTests {
    /// A pickle of one tensor with these numbers, over a storage of four floats.
    private func tensor(stored: Int = 4, offset: Int = 0, shape: [Int], strides: [Int]) -> String {
        let fixture = FixtureTensor(name: "x", stored: stored, offset: offset, shape: shape, strides: strides)
        return refusal(
            torchZip(pickled([fixture], legacy: false), storages: [("0", floatBytes([1, 2, 3, 4]))]))
    }

    @Test func viewsOutsideTheirStorageAreRefused() {
        #expect(tensor(shape: [2, 2], strides: [2, 1]) == "no error: [\"x\"]")
        #expect(tensor(shape: [5], strides: [1]).contains("extends beyond"))
        #expect(tensor(offset: 1, shape: [4], strides: [1]).contains("extends beyond"))
        #expect(tensor(offset: -1, shape: [1], strides: [1]).contains("impossible shape"))
        #expect(tensor(shape: [2], strides: [-1]).contains("impossible shape"))
        #expect(tensor(shape: [1 << 40, 1 << 40], strides: [0, 0]).contains("impossible shape"))
        #expect(tensor(shape: [2, 2], strides: [.max, .max]).contains("extends beyond"))
        #expect(tensor(offset: .max, shape: [1], strides: [1]).contains("extends beyond"))
        #expect(tensor(stored: .max, shape: [Int.max], strides: [1]).contains("cut off"))
        #expect(tensor(stored: .max, offset: .max - 1, shape: [1], strides: [1]).contains("cut off"))
        #expect(tensor(shape: [0, .max], strides: [.max, .max]) == "no error: [\"x\"]")
        #expect(
            tensor(shape: [Int](repeating: 1, count: 65), strides: [Int](repeating: 1, count: 65))
                .contains("impossible shape"))
    }

    @Test func axesOfSizeOneMayHaveAnyStride() throws {
        for (shape, strides) in [
            ([2, 1, 2], [1, Int.max, 1]), ([2, 1], [2, .max]), ([1, 2, 1, 2], [.max, 2, .max, 1]),
        ] {
            let fixture = FixtureTensor(name: "x", stored: 4, shape: shape, strides: strides)
            let file = torchZip(
                pickled([fixture], legacy: false), storages: [("0", floatBytes([1, 2, 3, 4]))])
            let expected: [Float] =
                shape == [2, 1, 2] ? [1, 2, 2, 3] : shape == [2, 1] ? [1, 3] : [1, 2, 3, 4]
            #expect(try #require(openWeights(file)["x"]).floats() == expected)
        }
    }

    /// Elements far apart are fetched separately, so that many views of a large storage are read quickly.
    @Test func fewElementsOfALargeStorageAreReadAlone() throws {
        let count = 20_000
        let views = (0..<2_000).map { i in
            FixtureTensor(
                name: "v\(i)", stored: count, offset: i, shape: [2, 2, 1], strides: [1, count / 2, 1])
        }
        let numbers = (0..<count).map(Float.init)
        let file = torchZip(pickled(views, legacy: false), storages: [("0", floatBytes(numbers))])
        let checkpoint = try openWeights(file)
        for i in [0, 1, 1_999] {
            let first = Float(i)
            let half = Float(count / 2)
            #expect(
                try #require(checkpoint["v\(i)"]).floats()
                    == [first, first + half, first + 1, first + 1 + half])
        }
    }

    @Test func namesInMessagesAreShortAndHarmless() {
        let name = "a\u{1b}[2J" + String(repeating: "n", count: 100_000)
        let fixture = FixtureTensor(name: name, stored: 8, shape: [8], strides: [1])
        let message = refusal(torchZip(pickled([fixture], legacy: false), storages: [("0", floatBytes([1]))]))
        #expect(message.contains("tensor 'a\\u{1b}[2Jnnn"), "\(message)")
        #expect(message.count < 300 && !message.contains("\u{1b}"))
        let sizes = Array("[\(String(repeating: "1,", count: 100_000))1]".utf8)
        let header =
            Array("{\"a\":{\"dtype\":\"F32\",\"data_offsets\":[0,4],\"shape\":".utf8) + sizes
            + Array("}}".utf8)
        #expect(refusal(little(UInt64(header.count)) + header + [0, 0, 0, 0]).count < 600)
    }

    @Test func aSmallFileCannotAskForMuchMemory() {
        #expect(tensor(shape: [1 << 34], strides: [0]).contains("more memory than its size justifies"))
        // Long strings, missing members and missing storages.
        var text = PickleWriter()
        text.op("X", [0xff, 0xff, 0xff, 0x7f])
        #expect(refusal(torchZip(text.bytes, storages: [])).contains("cut off"))
        var long = PickleWriter()
        long.bytes += [0x8d] + little(UInt64.max)
        #expect(refusal(torchZip(long.bytes, storages: [])).contains("cut off"))
        var remembered = PickleWriter()
        remembered.op("N")
        remembered.bytes += [UInt8](repeating: 0x94, count: 4_000_001)
        remembered.stop()
        #expect(refusal(torchZip(remembered.bytes, storages: [])).contains("remembers more than"))
        let header = little(UInt64(99_999_999)) + Array("{}".utf8)
        #expect(refusal(header).contains("cut off"))
    }

    @Test func deepAndCircularValuesDoNotOverflowTheStack() {
        var deep = PickleWriter()
        deep.op(")")
        for _ in 0..<200_000 { deep.bytes.append(0x85) }
        deep.stop()
        #expect(refusal(torchZip(deep.bytes, storages: [])).contains("holds a tuple"))
        var circle = PickleWriter()
        circle.op("}")
        circle.op("q", [0])
        circle.text("model")
        circle.op("h", [0])
        circle.op("s")
        circle.stop()
        #expect(refusal(torchZip(circle.bytes, storages: [])).contains("no tensor"))
    }

    @Test func theSameDictionaryIsLookedAtOnce() {
        var writer = PickleWriter()
        writer.op("}")
        writer.op("q", [0])
        writer.text("model")
        writer.op("q", [1])
        writer.op("0")
        writer.op("(")
        for _ in 0..<200_000 {
            writer.op("h", [1])
            writer.op("h", [0])
        }
        writer.op("u")
        writer.stop()
        #expect(refusal(torchZip(writer.bytes, storages: [])).contains("no tensor"))
    }

    @Test func theSameListCopiedAgainAndAgainIsRefused() {
        var writer = PickleWriter()
        writer.op("]")
        writer.op("q", [0])
        writer.op("(")
        for _ in 0..<20_000 { writer.op("N") }
        writer.op("e")
        for _ in 0..<300 {
            writer.global("collections", "OrderedDict")
            writer.op("h", [0])
            writer.bytes.append(0x85)
            writer.op("R")
            writer.op("0")
        }
        writer.stop()
        #expect(refusal(torchZip(writer.bytes, storages: [])).contains("dictionaries have more than"))
    }

    @Test func brokenPicklesAreRefused() {
        let cases: [[UInt8]] = [
            [], [0x2e], [0x80, 9, 0x2e], [0x80, 2, 0x74], [0x80, 2, 0x52, 0x2e], [0x80, 2, 0x68, 5, 0x2e],
            [0x80, 2, 0x4e, 0x61, 0x2e], [0x80, 2, 0x28, 0x30, 0x30, 0x2e], [0x80, 2, 0x69, 0x2e],
            [0x80, 2, 0x63],
            [0x80, 2, 0x4e, 0x4e, 0x73, 0x2e], [0x80, 2, 0x4e, 0x51, 0x2e], [0x80, 2, 0x86, 0x2e],
        ]
        for pickle in cases {
            let message = refusal(torchZip(pickle, storages: []))
            #expect(!message.hasPrefix("no error") && !message.hasPrefix("another"), "\(pickle): \(message)")
        }
    }

    @Test func filesCutAnywhereGiveErrors() throws {
        for file in try sampleFiles() {
            for length in 0..<file.count {
                let message = refusal(Array(file[..<length]))
                #expect(!message.hasPrefix("another"))
                #expect(!message.hasPrefix("no error"), "cut to \(length) of \(file.count)")
            }
        }
    }

    @Test func flippedBytesNeverCrash() throws {
        var state: UInt64 = 0x5E6
        func random(_ below: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % below
        }
        for file in try sampleFiles() {
            for _ in 0..<300 {
                var broken = file
                for _ in 0...random(3) { broken[random(broken.count)] = UInt8(random(256)) }
                #expect(!refusal(broken).hasPrefix("another"))
            }
        }
    }
}
