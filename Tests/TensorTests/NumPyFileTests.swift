// NumPy's files and its arrays in pickles: data that is read and never executed.

import SegSystem
import SegTensor
import Testing

@Suite struct NumPyFileTests {
    private let six = floatBytes([1, 2, 3, 4, 5, 6])

    @Test func arraysInTheOrderOfCAndFortranAreRead() throws {
        for version in [UInt8(1), 2, 3] {
            let plain = try openWeights(npy("<f4", "(2, 3)", six, version: version), "x.npy")
            #expect(plain.format == .npy)
            #expect(try #require(plain["arr_0"]).floats() == [1, 2, 3, 4, 5, 6])
        }
        let fortran = try openWeights(npy("<f4", "(2, 3)", six, order: "True"))
        #expect(try #require(fortran["arr_0"]).floats() == [1, 3, 5, 2, 4, 6])
        #expect(try #require(openWeights(npy("<f4", "()", floatBytes([7])))["arr_0"]).floats() == [7])
        #expect(try #require(openWeights(npy("<f4", "(0, 3)", [], order: "True"))["arr_0"]).shape == [0, 3])
        #expect(try #require(openWeights(npy("|u1", "(3L,)", [1, 2, 3]))["arr_0"]).bytes() == [1, 2, 3])
    }

    @Test func archivesHoldNamedArrays() throws {
        let members = [
            ("a.npy", npy("<f4", "(6,)", six)), ("in/b.npy", npy("<i8", "(1,)", little(Int64(9)))),
        ]
        let stored = try openWeights(ZipWriter().archive(members))
        #expect(stored.format == .npz)
        #expect(stored.tensors.map(\.name) == ["a", "in/b"])
        let writer = ZipWriter(
            method: 8, checksums: members.map { checksum($0.1) }, sizes: members.map(\.1.count))
        let packed = try openWeights(writer.archive(members.map { ($0.0, storedDeflate($0.1)) }))
        #expect(try #require(packed["a"]).floats() == [1, 2, 3, 4, 5, 6])
        #expect(try #require(packed["in/b"]).bytes() == little(Int64(9)))
    }

    @Test func whatIsNotReadSaysWhy() {
        let file = npy("<f4", "(6,)", six)
        func archive(_ packed: [UInt8], sum: UInt32? = nil, size: Int? = nil, method: UInt16 = 8) -> [UInt8] {
            ZipWriter(method: method, checksums: [sum ?? checksum(file)], sizes: [size ?? file.count])
                .archive([("a.npy", packed)])
        }
        let cases: [([UInt8], String)] = [
            (npy(">f4", "(6,)", six), "array 'arr_0' is a big-endian array"),
            (npy("|O", "(6,)", six), "array 'arr_0' is an array of Python objects"),
            (npy("<c8", "(3,)", six), "array 'arr_0' is a NumPy array of type c8"),
            (npy("<f4", "(7,)", six), "array 'arr_0' needs 28 bytes, 24 left"),
            (npy("<f4", "(5,)", six), "4 bytes follow array 'arr_0'"),
            (npy("<f4", "(-6,)", six), "the header of array 'arr_0' cannot be read"),
            (npy("<f4", "(6", six), "the header of array 'arr_0' cannot be read"),
            (npy("<f4", "(99999999999999999999,)", six), "the header of array 'arr_0' cannot be read"),
            (npy("<f4", "(4611686018427387904, 4)", six), "an impossible shape"),
            (npy("<f4', 'descr': '<f4", "(6,)", six), "the header of array 'arr_0' cannot be read"),
            (npy("<f4", "(6,)", six, version: 4), "has version 4 of the .npy format"),
            ([0x93] + Array("NUMPY".utf8) + [2, 0, 0xff, 0xff, 0xff, 0xff], "has 4294967295 bytes"),
            (Array(file.prefix(30)), "cut off"),
            (archive(storedDeflate(file), sum: 1), "its member 'a.npy' cannot be unpacked"),
            (archive(storedDeflate(file), size: file.count - 1), "its member 'a.npy' cannot be unpacked"),
            (archive(storedDeflate(file), size: file.count + 1), "its member 'a.npy' cannot be unpacked"),
            (archive(Array(storedDeflate(file).dropLast())), "its member 'a.npy' cannot be unpacked"),
            (archive([], size: 10), "its member 'a.npy' cannot be unpacked"),
            (archive(storedDeflate(file), size: 1 << 30), "more memory than the file's size justifies"),
            (archive(storedDeflate(file), method: 12), "compressed by a method that seg does not read"),
            (
                Array("\u{93}".unicodeScalars.map { UInt8($0.value) }) + Array("NUMPY".utf8) + [1, 0]
                    + little(UInt16(14)) + Array("{'descr': [('a".utf8),
                "array of records"
            ),
        ]
        for (bytes, expected) in cases {
            let message = refusal(bytes)
            #expect(message.contains(expected), "\(message), not \(expected)")
        }
    }

    @Test func arraysInPicklesAreData() throws {
        for module in ["numpy.core.multiarray", "numpy._core.multiarray"] {
            for asText in [true, false] {
                let file = plainPickle { writer in
                    writer.op("}")
                    writer.op("(")
                    writer.text("model")
                    writer.op("}")
                    writer.op("(")
                    writer.text("w")
                    writer.array("f4", [2, 3], six, asText: asText, module: module)
                    writer.text("f")
                    writer.array("f4", [2, 3], six, isFortran: true, asText: asText, module: module)
                    writer.text("high")
                    writer.array("u1", [2], [0xff, 0x80], order: "|", asText: asText, module: module)
                    writer.op("u")
                    // A scalar beside the weights is a number of the run.
                    writer.text("accuracy")
                    writer.global(module, "scalar")
                    writer.numpyType("f4")
                    writer.encoded(floatBytes([0.5]))
                    writer.bytes.append(0x86)
                    writer.op("R")
                    writer.op("u")
                }
                for bytes in [file, torchZip(file, storages: [])] {
                    let checkpoint = try openWeights(bytes)
                    #expect(try #require(checkpoint["w"]).floats() == [1, 2, 3, 4, 5, 6])
                    #expect(try #require(checkpoint["f"]).floats() == [1, 3, 5, 2, 4, 6])
                    #expect(try #require(checkpoint["high"]).bytes() == [0xff, 0x80])
                    #expect(checkpoint.notes == ["taken from 'model'; left out: accuracy"])
                }
            }
        }
    }

    @Test func newPicklesWriteArraysFromABuffer() throws {
        let file = plainPickle { writer in
            writer.op("}")
            writer.text("w")
            writer.global("numpy._core.numeric", "_frombuffer")
            writer.op("(")
            writer.bytes += [0x96] + little(UInt64(six.count)) + six
            writer.numpyType("f4")
            writer.tuple([3, 2])
            writer.text("F")
            writer.op("t")
            writer.op("R")
            writer.op("s")
        }
        #expect(try #require(openWeights(file)["w"]).floats() == [1, 4, 2, 5, 3, 6])
    }

    @Test func arraysOfOtherKindsAreRefused() {
        func array(_ code: String, _ shape: [Int], _ data: [UInt8], order: String = "<") -> String {
            refusal(
                plainPickle { writer in
                    writer.op("}")
                    writer.text("x")
                    writer.array(code, shape, data, order: order)
                    writer.op("s")
                })
        }
        #expect(array("f4", [6], six).hasPrefix("no error"))
        #expect(array("f4", [6], six, order: ">").contains("'x' is a big-endian array"))
        #expect(array("O8", [3], six).contains("'x' is an array of Python objects"))
        #expect(array("f4", [7], six).contains("array 'x' has not as many bytes as its shape needs"))
        #expect(array("f4", [5], six).contains("array 'x' has not as many bytes as its shape needs"))
        #expect(array("f4", [1 << 40], six).contains("more memory than its size justifies"))
        #expect(array("f4", [.max, .max], six).contains("an impossible shape"))
        #expect(array("f4", [-1], six).contains("an impossible shape"))
        // A small text cannot become much memory by many references.
        let many = plainPickle { writer in
            writer.array("u1", [1 << 20], [UInt8](repeating: 0, count: 1 << 20))
            writer.op("q", [0])
            writer.op("0")
            writer.op("}")
            writer.op("(")
            for i in 0..<1000 {
                writer.text("x\(i)")
                writer.op("h", [0])
            }
            writer.op("u")
        }
        #expect(refusal(many).contains("more memory than its size justifies"))
    }

    @Test func filesCutAnywhereOrChangedGiveErrors() {
        let pickle = plainPickle { writer in
            writer.op("}")
            writer.text("x")
            writer.array("f4", [6], six)
            writer.op("s")
        }
        let array = npy("<f4", "(6,)", six)
        let archive = ZipWriter(method: 8, checksums: [checksum(array)], sizes: [array.count])
            .archive([("a.npy", storedDeflate(array))])
        var state: UInt64 = 0x5E6
        func random(_ below: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % below
        }
        for file in [pickle, array, archive] {
            for length in 0..<file.count {
                let message = refusal(Array(file[..<length]))
                #expect(!message.hasPrefix("another") && !message.hasPrefix("no error"), "cut to \(length)")
            }
            for _ in 0..<300 {
                var broken = file
                for _ in 0...random(3) { broken[random(broken.count)] = UInt8(random(256)) }
                #expect(!refusal(broken).hasPrefix("another"))
            }
        }
    }
}
