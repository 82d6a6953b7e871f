// PNG files to pictures and back, through CPNG (libpng). MaskRule knows what the samples of masks mean.

import CPNG
import SegSystem
import SegTensor

/// Reading and writing PNG files.
public enum PNGImage {
    /// Whether bytes begin as a PNG file does.
    static func isPNG(_ bytes: [UInt8]) -> Bool {
        bytes.starts(with: [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])
    }

    /// The size of a picture as a viewer shows it; the pixels are not read.
    public static func size(ofFile path: String) throws -> (width: Int, height: Int) {
        let file = try FileReader(path)
        let header = try file.bytes(at: 0, count: min(33, file.count))
        guard isPNG(header) else { throw PictureFile.unknown(header, path) }
        guard header.count >= 33, header[12..<16].elementsEqual("IHDR".utf8) else {
            throw TensorError(.file, "cannot read \(path): the file is cut off")
        }
        func number(_ at: Int) -> Int { header[at..<at + 4].reduce(0) { $0 << 8 | Int($1) } }
        // Gray, RGB, palette, gray and RGB with alpha.
        guard [0, 2, 3, 4, 6].contains(header[25]), number(16) > 0, number(20) > 0 else {
            throw TensorError(.file, "cannot read \(path): its header is damaged")
        }
        return try orientation(of: file).size(number(16), number(20))
    }

    /// A picture as 8-bit RGB from the bytes of a file, with the values that Pillow gives, upright as EXIF says; palettes are
    /// resolved, alpha is dropped. `name` is the file's name in errors.
    public static func read(bytes: [UInt8], name: String) throws -> RGBImage {
        let info = try header(bytes, name)
        let width = Int(info.width)
        let height = Int(info.height)
        try PictureSize.requireRoom(for: name, width, height, bytes: 3)
        let stored = try RGBImage(width: width, height: height) { target in
            var message = Message()
            let done = cpng_decode_rgb(bytes, bytes.count, target, width * height * 3, &message.text)
            guard done != 0 else { throw message.error("read", name) }
        }
        return stored.turned(orientation(of: bytes))
    }

    /// The samples of a file as they are stored, with its palette (empty for other kinds of files).
    static func readSamples(bytes: [UInt8], name: String) throws -> PNGSamples {
        let info = try header(bytes, name)
        let (width, height) = (Int(info.width), Int(info.height))
        let channels = [0: 1, 2: 3, 3: 1, 4: 2, 6: 4][info.color_type] ?? 1
        let pixel = channels * (info.bit_depth == 16 ? 2 : 1)
        try PictureSize.requireRoom(for: name, width, height, bytes: pixel)
        let count = width * height * pixel
        let samples = try PictureSize.filled(count) { target in
            var message = Message()
            let done = cpng_decode_samples(bytes, bytes.count, target, count, &message.text)
            guard done != 0 else { throw message.error("read", name) }
        }
        let table = withUnsafeBytes(of: info.palette) { Array($0) }
        return PNGSamples(
            width: width, height: height, depth: Int(info.bit_depth), channels: channels, bytes: samples,
            isIndexed: info.color_type == 3,
            palette: (0..<Int(info.palette_count)).map {
                ClassPalette.Color(table[3 * $0], table[3 * $0 + 1], table[3 * $0 + 2])
            },
            opacity: withUnsafeBytes(of: info.alpha) { Array($0) },
            transparent: info.has_key == 0
                ? nil : [Int(info.key.0), Int(info.key.1), Int(info.key.2)])
    }

    /// The bytes of a PNG file.
    /// - Parameter dpi: the pixels per inch that a document should show it with.
    public static func encode(_ image: RGBImage, dpi: Double? = nil) throws -> [UInt8] {
        let density = dpi.map { UInt32(min(max($0 / 0.0254, 1), 1e6).rounded()) } ?? 0
        return try encoded(image.bytes, image.width, image.height, 2, [], density: density)
    }

    /// The bytes of a mask as a palette PNG of 8 bits: other programs show its colours, seg and Pillow read its indices.
    /// Entries beyond the palette's classes are black.
    public static func encode(_ mask: MaskImage, palette: ClassPalette) throws -> [UInt8] {
        try encoded(mask.bytes, mask.width, mask.height, 3, palette.table(ignored: .black))
    }

    /// The class numbers that `encode` wrote into a palette PNG; the values of gray files of 8 bits, too. Transparent pixels
    /// are void.
    public static func readClasses(_ path: String) throws -> MaskImage {
        let bytes = try PictureFile.contents(path)
        guard !JPEGImage.isJPEG(bytes) else {
            throw TensorError(
                .file, "\(path) is not a mask of class numbers: it is a JPEG file, which changes them",
                help: "masks are PNG files; folder(images, masks, classes=…) reads masks of a few colours")
        }
        let pixels = try MaskPixels(bytes: bytes, name: path)
        guard pixels.kind != .color, pixels.wide.isEmpty else {
            throw TensorError(
                .file,
                "\(path) is not a mask of class numbers of 8 bits: it has \(pixels.kind == .color ? "colours" : "numbers of 16 bits")",
                help: "folder(images, masks, classes=…) reads masks in colours, and numbers of 16 bits")
        }
        var classes = pixels.bytes
        for (place, isClear) in (pixels.isTransparent ?? []).enumerated() where isClear {
            classes[place] = MaskImage.ignored
        }
        return try MaskImage(width: pixels.width, height: pixels.height, bytes: classes)
            .turned(orientation(of: bytes))
    }

    private static func header(_ bytes: [UInt8], _ name: String) throws -> CPNGInfo {
        guard isPNG(bytes) else { throw PictureFile.unknown(bytes, name) }
        var info = CPNGInfo()
        var message = Message()
        guard cpng_info(bytes, bytes.count, &info, &message.text) != 0 else {
            throw message.error("read", name)
        }
        return info
    }

    private static func encoded(
        _ pixels: [UInt8], _ width: Int, _ height: Int, _ type: Int32, _ palette: [UInt8], density: UInt32 = 0
    ) throws -> [UInt8] {
        var data: UnsafeMutablePointer<UInt8>?
        var size = 0
        var message = Message()
        let done = cpng_encode(
            pixels, UInt32(width), UInt32(height), type, palette, Int32(palette.count / 3), density, &data,
            &size, &message.text)
        guard done != 0 else { throw message.error("write", "the picture") }
        defer { cpng_release(data) }
        return Array(UnsafeBufferPointer(start: data, count: size))
    }

    /// A buffer for a message of CPNG.
    private struct Message {
        var text = [CChar](repeating: 0, count: Int(CPNG_MESSAGE))

        func error(_ verb: String, _ name: String) -> TensorError {
            let end = text.firstIndex(of: 0) ?? text.endIndex
            let said = String(decoding: text[..<end].map { UInt8(bitPattern: $0) }, as: UTF8.self)
            // Messages of CPNG are clauses of a sentence; the others are libpng's.
            let isOurs = ["it ", "its ", "the ", "there "].contains { said.hasPrefix($0) }
            let reason = isOurs ? said : said.isEmpty ? "it is damaged" : "it is damaged (libpng: \(said))"
            return TensorError(.file, "cannot \(verb) \(name): \(reason)")
        }
    }
}

/// The content of a PNG file before its samples have a meaning.
struct PNGSamples {
    let width: Int
    let height: Int
    /// Bits per sample: 1, 2, 4, 8 or 16.
    let depth: Int
    /// Samples per pixel.
    let channels: Int
    /// One byte per sample, unscaled; two, in the order of this machine, for 16 bits.
    let bytes: [UInt8]
    /// Whether the samples are indices into `palette`.
    let isIndexed: Bool
    let palette: [ClassPalette.Color]
    /// The alpha of each entry of the palette.
    let opacity: [UInt8]
    /// The gray value (first of the three) or colour that is transparent, if the file names one.
    let transparent: [Int]?
}
