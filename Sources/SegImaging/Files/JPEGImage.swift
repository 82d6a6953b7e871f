// JPEG files to pictures and back, through CTurboJPEG. The header is parsed here: sizes are checked without
// the library, and EXIF says how a camera was held.

import CTurboJPEG
import SegSystem
import SegTensor

/// Reading and writing JPEG files.
public enum JPEGImage {
    /// The quality of written files: errors of a few levels.
    private static let quality: Int32 = 95

    /// Whether bytes begin as a JPEG file does.
    static func isJPEG(_ bytes: [UInt8]) -> Bool { bytes.starts(with: [0xff, 0xd8, 0xff]) }

    /// What the parts before the pixels say.
    struct Header {
        /// As stored.
        var width = 0
        var height = 0
        var orientation = Orientation.upright

        /// As a viewer shows it.
        var size: (width: Int, height: Int) { orientation.size(width, height) }
    }

    static func header(ofFile path: String) throws -> Header {
        let file = try FileReader(path)
        // Profiles and previews before the size can be long.
        var length = min(4096, file.count)
        while true {
            let bytes = try file.bytes(at: 0, count: length)
            if let header = try header(bytes, path) { return header }
            guard length < file.count else { throw cutOff(path) }
            length = min(length * 16, file.count)
        }
    }

    /// A picture as 8-bit RGB, upright as EXIF says.
    static func read(bytes: [UInt8], name: String) throws -> RGBImage {
        guard let header = try header(bytes, name) else { throw cutOff(name) }
        try load(for: name)
        try PictureSize.requireRoom(for: name, header.width, header.height, bytes: 3)
        let stored = try RGBImage(width: header.width, height: header.height) { target in
            var message = Message()
            let done = turbojpeg_decode_rgb(
                bytes, bytes.count, Int32(header.width), Int32(header.height), target, &message.text)
            guard done != 0 else { throw message.error("read", name) }
        }
        return stored.turned(header.orientation)
    }

    static func encode(_ image: RGBImage) throws -> [UInt8] {
        try load()
        var data: UnsafeMutablePointer<UInt8>?
        var size = 0
        var message = Message()
        let done = turbojpeg_encode_rgb(
            image.bytes, Int32(image.width), Int32(image.height), quality, &data, &size, &message.text)
        guard done != 0 else { throw message.error("write", "the picture") }
        defer { turbojpeg_release(data) }
        return Array(UnsafeBufferPointer(start: data, count: size))
    }

    /// Loads TurboJPEG.
    /// - Parameter name: the picture that needs it, if any.
    public static func load(for name: String? = nil) throws {
        guard let problem = turbojpeg_load() else { return }
        throw TensorError(
            .file,
            "\(name.map { "\($0): " } ?? "")JPEG pictures need TurboJPEG: \(String(cString: problem))",
            help: "on Debian: apt-get install libturbojpeg0")
    }

    private static func cutOff(_ name: String) -> TensorError {
        TensorError(.file, "cannot read \(name): the file is cut off")
    }

    /// The header, or nil if the bytes end before its size.
    private static func header(_ bytes: [UInt8], _ name: String) throws -> Header? {
        var header = Header()
        var at = 2
        while at + 4 <= bytes.count {
            guard bytes[at] == 0xff else { throw damaged(name) }
            let marker = bytes[at + 1]
            // Fill bytes, and markers without content.
            if marker == 0xff || marker == 0x01 || (0xd0...0xd8).contains(marker) {
                at += marker == 0xff ? 1 : 2
                continue
            }
            let length = Int(bytes[at + 2]) << 8 | Int(bytes[at + 3])
            guard length >= 2, marker != 0xd9, marker != 0xda else { throw damaged(name) }
            let isSize = (0xc0...0xcf).contains(marker) && ![0xc4, 0xc8, 0xcc].contains(marker)
            if isSize {
                guard at + 9 <= bytes.count else { return nil }
                header.height = Int(bytes[at + 5]) << 8 | Int(bytes[at + 6])
                header.width = Int(bytes[at + 7]) << 8 | Int(bytes[at + 8])
                guard header.width > 0, header.height > 0 else { throw damaged(name) }
                return header
            }
            guard at + 2 + length <= bytes.count else { return nil }
            let part = bytes[(at + 4)..<(at + 2 + length)]
            if marker == 0xe1, part.starts(with: [0x45, 0x78, 0x69, 0x66, 0, 0]) {
                header.orientation = Orientation(exif: part.dropFirst(6))
            }
            at += 2 + length
        }
        return nil
    }

    private static func damaged(_ name: String) -> TensorError {
        TensorError(.file, "cannot read \(name): its header is damaged")
    }

    /// A buffer for a message of CTurboJPEG.
    private struct Message {
        var text = [CChar](repeating: 0, count: Int(TURBOJPEG_MESSAGE))

        func error(_ verb: String, _ name: String) -> TensorError {
            let end = text.firstIndex(of: 0) ?? text.endIndex
            let said = String(decoding: text[..<end].map { UInt8(bitPattern: $0) }, as: UTF8.self)
            let isOurs = ["it ", "there "].contains { said.hasPrefix($0) }
            return TensorError(
                .file, "cannot \(verb) \(name): \(isOurs ? said : "it is damaged (TurboJPEG: \(said))")")
        }
    }
}
