// Messages in the wire format of Protocol Buffers (protobuf.dev/programming-guides/encoding), which ONNX models and
// TensorBoard's events are made of. Fields are written by their numbers; the formats' own files say what these mean.

/// A message that is being written.
public struct ProtobufMessage {
    public private(set) var bytes: [UInt8] = []

    public init() {}

    /// A whole number, as int32, int64, bool or an enumeration.
    public mutating func add(_ field: Int, _ number: Int) {
        tag(field, 0)
        variable(UInt64(bitPattern: Int64(number)))
    }

    public mutating func add(_ field: Int, _ number: Double) {
        tag(field, 1)
        withUnsafeBytes(of: number.bitPattern.littleEndian) { bytes += $0 }
    }

    public mutating func add(_ field: Int, _ number: Float) {
        tag(field, 5)
        withUnsafeBytes(of: number.bitPattern.littleEndian) { bytes += $0 }
    }

    public mutating func add(_ field: Int, _ text: String) { add(field, Array(text.utf8)) }

    public mutating func add(_ field: Int, _ content: [UInt8]) {
        begin(field, byteCount: content.count)
        bytes += content
    }

    public mutating func add(_ field: Int, _ message: ProtobufMessage) { add(field, message.bytes) }

    /// The start of a field of `byteCount` bytes, which the caller writes after this message.
    public mutating func begin(_ field: Int, byteCount: Int) {
        tag(field, 2)
        variable(UInt64(byteCount))
    }

    private mutating func tag(_ field: Int, _ wireType: UInt64) { variable(UInt64(field) << 3 | wireType) }

    private mutating func variable(_ number: UInt64) {
        var rest = number
        while rest > 0x7f {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }
}
