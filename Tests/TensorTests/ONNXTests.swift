// ONNX files without Python: their bytes, and their structure read back. Tests/bridges runs the files.

import SegSystem
import Testing
import TestSupport

@testable import SegTensor

/// The fields of a message in the wire format: numbers, and contents of fields with a length.
struct ProtobufFields {
    private(set) var numbers: [Int: [UInt64]] = [:]
    private(set) var contents: [Int: [[UInt8]]] = [:]

    init(_ bytes: [UInt8]) {
        var place = 0
        func variable() -> UInt64 {
            var (number, shift): (UInt64, UInt64) = (0, 0)
            while place < bytes.count {
                let byte = bytes[place]
                place += 1
                number |= UInt64(byte & 0x7f) << shift
                shift += 7
                if byte < 0x80 { break }
            }
            return number
        }
        while place < bytes.count {
            let tag = variable()
            let field = Int(tag >> 3)
            switch tag & 7 {
            case 0: numbers[field, default: []].append(variable())
            case 1: place += 8
            case 5: place += 4
            default:
                let count = Int(variable())
                contents[field, default: []].append(Array(bytes[place..<place + count]))
                place += count
            }
        }
    }

    func messages(_ field: Int) -> [ProtobufFields] { (contents[field] ?? []).map { ProtobufFields($0) } }
    func texts(_ field: Int) -> [String] {
        (contents[field] ?? []).map { String(decoding: $0, as: UTF8.self) }
    }
}

@Suite struct ONNXTests {
    private let weight = try? Tensor.full([4, 3, 3, 3], 0.5)

    private func export(
        _ shape: [Int], opset: Int = 17, parameters: [(name: String, tensor: Tensor)] = [],
        _ forward: (Tensor) throws -> Tensor
    ) throws -> ONNXExport {
        try Tensor.evaluate(parameters.map(\.tensor))
        return try ONNXExport(
            shape: shape, opset: opset, parameters: parameters,
            forward: { [("output", try forward($0))] }, refuses: { ($0 as? TensorError)?.kind == .shape })
    }

    private func bytes(_ export: ONNXExport) throws -> [UInt8] {
        let folder = try ScratchFolder()
        let path = "\(folder.path)/m.onnx"
        try export.write(to: path, version: "1", metadata: [("key", "value")])
        return try FileReader.contents(of: path)
    }

    private func graph(_ export: ONNXExport) throws -> ProtobufFields {
        ProtobufFields(try #require(try ProtobufFields(bytes(export)).contents[7]?.first))
    }

    private func operators(_ export: ONNXExport) throws -> [String] {
        try graph(export).messages(1).map { $0.texts(4)[0] }
    }

    private func sizes(_ axes: ONNXExport.Axes) -> [String] {
        axes.map { $0.size.map { "\($0)" } ?? $0.name }
    }

    /// As onnx 1.23 reads it; a change of the writer must be tried with it again.
    @Test func theSmallestModelHasTheseBytes() throws {
        let model = ProtobufFields(try bytes(export([1, 3, 8, 8]) { try Tensor.apply(.relu, $0) }))
        #expect(model.numbers[1] == [8])
        #expect(model.texts(2) == ["seg"])
        #expect(model.messages(8).map { $0.numbers[2] ?? [] } == [[17]])
        #expect(model.messages(14).map { $0.texts(1) + $0.texts(2) } == [["key", "value"]])
        let graph = try #require(model.messages(7).first)
        func text(_ field: UInt8, _ text: String) -> [UInt8] {
            [field << 3 | 2, UInt8(text.utf8.count)] + Array(text.utf8)
        }
        let relu = text(1, "input") + text(2, "relu") + text(3, "relu") + text(4, "Relu")
        let identity = text(1, "relu") + text(2, "output") + text(3, "output") + text(4, "Identity")
        #expect(graph.contents[1] == [relu, identity])
        let axes = [
            [18, 5] + Array("batch".utf8), [8, 3], [18, 6] + Array("height".utf8),
            [18, 5] + Array("width".utf8),
        ]
        let type = graph.messages(11)[0].messages(2)[0].messages(1)[0]
        #expect(type.numbers[1] == [1])
        #expect(type.messages(2)[0].contents[1] == axes)
    }

    @Test func aConvolutionHasItsWeightAndItsAttributes() throws {
        let weight = try #require(weight)
        let made = try export([1, 3, 16, 24], parameters: [("features.0.weight", weight)]) { x in
            try Tensor.conv2d(x, weight, stride: (2, 1), padding: (1, 1))
        }
        #expect(made.restrictions.isEmpty)
        #expect(sizes(made.input) == ["batch", "3", "height", "width"])
        // The height is that of no input; the width is.
        #expect(sizes(made.outputs[0].axes) == ["batch", "4", "output_2", "width"])
        let written = try graph(made)
        let node = try #require(written.messages(1).first)
        #expect(node.texts(4) == ["Conv"])
        #expect(node.texts(1) == ["input", "features.0.weight"])
        let attributes = Dictionary(
            node.messages(5).map { ($0.texts(1)[0], $0.numbers[8] ?? []) },
            uniquingKeysWith: { one, _ in one })
        #expect(attributes["strides"] == [2, 1])
        #expect(attributes["pads"] == [1, 1, 1, 1])
        #expect(attributes["kernel_shape"] == [3, 3])
        let constant = try #require(written.messages(5).first)
        #expect(constant.texts(8) == ["features.0.weight"])
        #expect(constant.numbers[1] == [4, 3, 3, 3])
        #expect(constant.contents[9]?.first?.count == 4 * 3 * 9 * 4)
    }

    @Test func aSizeThatIsThatOfAnotherMapIsLookedUp() throws {
        let weight = try #require(weight)
        let made = try export([1, 3, 16, 24]) { x in
            let y = try Tensor.conv2d(x, weight, stride: (2, 2), padding: (1, 1))
            return try Tensor.interpolate(y, size: (x.shape[2], x.shape[3]))
        }
        #expect(made.restrictions.isEmpty)
        let found = try operators(made)
        #expect(found.contains("Resize"))
        #expect(found.contains("Shape"))
        #expect(sizes(made.outputs[0].axes) == ["batch", "4", "height", "width"])
    }

    @Test func aSizeThatIsNotFreeIsSaid() throws {
        let made = try export([1, 3, 16, 24]) { x in
            try Tensor.apply(.multiply, .tensor(x), .number(Double(x.shape[2])))
        }
        guard let restriction = made.restrictions.first, case .size = restriction.axes else {
            Issue.record("\(made.restrictions)")
            return
        }
        #expect(restriction.operation == "multiply")
        #expect(sizes(made.input) == ["batch", "3", "16", "24"])
    }

    @Test func stepsOfASizeAreSaid() throws {
        let made = try export([1, 3, 16, 32]) { x in
            guard x.shape[2] % 8 == 0 else { throw TensorError(.shape, "multiples of 8") }
            return try Tensor.maxPool2d(x, kernel: (8, 8))
        }
        guard let restriction = made.restrictions.first, case .steps(8) = restriction.axes else {
            Issue.record("\(made.restrictions)")
            return
        }
        #expect(sizes(made.input) == ["batch", "3", "height", "width"])
    }

    @Test func whatHasNoFormIsAnErrorThatNamesIt() throws {
        let failed = #expect(throws: TensorError.self) {
            try export([1, 3, 8, 8]) { try Tensor.make(ArgsortOperation(axis: 1, descending: false), [$0]) }
        }
        #expect(failed?.message.contains("argsort") == true)
        let random = #expect(throws: TensorError.self) {
            try export([1, 3, 8, 8]) { x in
                let key = RandomKey(seed: 1)
                let noise = try Tensor.make(
                    RandomOperation(name: "rand", kind: .uniform, shape: [1], dtype: .float32, key: key), [])
                return try x + noise
            }
        }
        #expect(random?.message.contains("random") == true)
        let read = #expect(throws: TensorError.self) {
            try export([1, 3, 8, 8]) { x in
                _ = try x.value()
                return x
            }
        }
        #expect(read?.message.contains("reads values") == true)
    }
}
