// Event files of TensorBoard: records in TFRecord's framing (tensorflow.org/tutorials/load_data/tfrecord), each a
// message Event (tensorflow/core/util/event.proto, summary.proto; tensorboard/plugins/hparams/plugin_data.proto).

import SegSystem

/// One entry of a log: a tag with a value, at a step.
struct LoggedValue {
    enum Content {
        case scalar(Double)
        /// The bytes of a PNG file.
        case image(png: [UInt8], width: Int, height: Int)
        case text(String)
        /// The settings of a run, its hyper-parameters.
        case settings([(name: String, value: Setting)])
    }
    enum Setting {
        case number(Double)
        case bool(Bool)
        case text(String)
    }

    let step: Int
    let tag: String
    let content: Content
}

enum EventFile {
    /// How the names of the files begin, by which TensorBoard finds them.
    static let prefix = "events.out.tfevents."

    /// The bytes of a new file. Where an earlier file of the folder has steps from `first` on, as after a process that
    /// was killed, TensorBoard drops them.
    static func beginning(at first: Int, time: Double) -> [UInt8] {
        var version = ProtobufMessage()
        version.add(1, time)
        version.add(3, "brain.Event:2")
        var start = ProtobufMessage()
        start.add(1, 1)
        var session = event(step: first, time)
        session.add(7, start)
        return framed(version) + framed(session)
    }

    /// The bytes of one value.
    static func record(_ value: LoggedValue, time: Double) -> [UInt8] {
        var entry = ProtobufMessage()
        switch value.content {
        case .scalar(let number):
            entry.add(1, value.tag)
            entry.add(2, Float(number))
        case .image(let png, let width, let height):
            entry.add(1, value.tag)
            var image = ProtobufMessage()
            image.add(1, height)
            image.add(2, width)
            // RGB.
            image.add(3, 3)
            image.add(4, png)
            entry.add(4, image)
        case .text(let text):
            entry.add(1, value.tag)
            var size = ProtobufMessage()
            size.add(1, 1)
            var shape = ProtobufMessage()
            shape.add(2, size)
            // DT_STRING.
            entry.add(8, tensor(type: 7, shape) { $0.add(8, text) })
            entry.add(9, metadata(plugin: "text", content: []))
        case .settings(let settings):
            return settings.isEmpty ? [] : hyperParameters(settings, step: value.step, time)
        }
        var summary = ProtobufMessage()
        summary.add(1, entry)
        var message = event(step: value.step, time)
        message.add(5, summary)
        return framed(message)
    }

    private static func event(step: Int, _ time: Double) -> ProtobufMessage {
        var event = ProtobufMessage()
        event.add(1, time)
        event.add(2, step)
        return event
    }

    private static func tensor(type: Int, _ shape: ProtobufMessage, _ fill: (inout ProtobufMessage) -> Void)
        -> ProtobufMessage
    {
        var tensor = ProtobufMessage()
        tensor.add(1, type)
        tensor.add(2, shape)
        fill(&tensor)
        return tensor
    }

    private static func metadata(plugin: String, content: [UInt8]) -> ProtobufMessage {
        var data = ProtobufMessage()
        data.add(1, plugin)
        if !content.isEmpty { data.add(2, content) }
        var metadata = ProtobufMessage()
        metadata.add(1, data)
        return metadata
    }

    /// The start of a session of the plugin for hyper-parameters, which compares the runs of a folder.
    private static func hyperParameters(
        _ settings: [(name: String, value: LoggedValue.Setting)], step: Int, _ time: Double
    ) -> [UInt8] {
        var start = ProtobufMessage()
        for (name, setting) in settings {
            // google.protobuf.Value.
            var value = ProtobufMessage()
            switch setting {
            case .number(let number): value.add(2, number)
            case .text(let text): value.add(3, text)
            case .bool(let bool): value.add(4, bool ? 1 : 0)
            }
            var entry = ProtobufMessage()
            entry.add(1, name)
            entry.add(2, value)
            start.add(1, entry)
        }
        start.add(5, time)
        var content = ProtobufMessage()
        // The version of the plugin's data; then the field of a session's start.
        content.add(1, 0)
        content.add(3, start)
        var entry = ProtobufMessage()
        entry.add(1, "_hparams_/session_start_info")
        // An empty tensor of floats, which the plugin does not read.
        var size = ProtobufMessage()
        size.add(1, 0)
        var shape = ProtobufMessage()
        shape.add(2, size)
        entry.add(8, tensor(type: 1, shape) { _ in })
        entry.add(9, metadata(plugin: "hparams", content: content.bytes))
        var summary = ProtobufMessage()
        summary.add(1, entry)
        var message = event(step: step, time)
        message.add(5, summary)
        return framed(message)
    }

    /// A record: the length, its checksum, the bytes, their checksum.
    private static func framed(_ message: ProtobufMessage) -> [UInt8] {
        var length: [UInt8] = []
        withUnsafeBytes(of: UInt64(message.bytes.count).littleEndian) { length += $0 }
        var record = length
        withUnsafeBytes(of: CRC32C.masked(length).littleEndian) { record += $0 }
        record += message.bytes
        withUnsafeBytes(of: CRC32C.masked(message.bytes).littleEndian) { record += $0 }
        return record
    }
}

/// The checksum of TFRecord: CRC-32 with Castagnoli's polynomial, rotated and shifted, so that it differs from one that
/// the bytes contain.
enum CRC32C {
    private static let table: [UInt32] = (0..<256).map { byte in
        (0..<8).reduce(UInt32(byte)) { sum, _ in sum & 1 == 1 ? sum >> 1 ^ 0x82f6_3b78 : sum >> 1 }
    }

    static func checksum(_ bytes: [UInt8]) -> UInt32 {
        ~bytes.reduce(~0) { sum, byte in sum >> 8 ^ table[Int(UInt8(truncatingIfNeeded: sum) ^ byte)] }
    }

    static func masked(_ bytes: [UInt8]) -> UInt32 {
        let sum = checksum(bytes)
        return (sum >> 15 | sum << 17) &+ 0xa282_ead8
    }
}
