// Pictures and PNG files made in memory, also of the kinds that seg itself never writes.

import SegImaging
import SegSystem
import SegTensor
import TestSupport

/// 7×5 pixels by a formula, so that no file is needed; the expectations in the tests are Pillow 13.0's for it.
func formulaPicture(width: Int = 7, height: Int = 5) throws -> RGBImage {
    var bytes: [UInt8] = []
    for y in 0..<height {
        for x in 0..<width {
            for c in 0..<3 { bytes.append(UInt8((x * 37 + y * 91 + c * 53 + x * y * 11) % 256)) }
        }
    }
    return try RGBImage(width: width, height: height, bytes: bytes)
}

/// Pixels numbered row by row.
func numberedMask(width: Int = 7, height: Int = 5) throws -> MaskImage {
    try MaskImage(width: width, height: height, bytes: (0..<width * height).map { UInt8($0) })
}

/// A black picture.
func blackPicture(width: Int, height: Int) throws -> RGBImage {
    try RGBImage(width: width, height: height, bytes: [UInt8](repeating: 0, count: 3 * width * height))
}

/// A PNG file with stored (not compressed) rows. `rows` holds the packed bytes of each row, as
/// its filter of `filters`, by default none, leaves them. `exif` is before the pixels, `late` after them.
func pngFile(
    width: Int, height: Int, depth: UInt8, type: UInt8, rows: [[UInt8]], palette: [UInt8] = [],
    transparency: [UInt8] = [], gamma: Bool = false, filters: [UInt8] = [], exif: [UInt8] = [],
    late: [UInt8] = []
) -> [UInt8] {
    func big(_ value: Int) -> [UInt8] { [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) } }
    func chunk(_ name: String, _ data: [UInt8]) -> [UInt8] {
        var checksum: UInt32 = .max
        for byte in Array(name.utf8) + data {
            checksum ^= UInt32(byte)
            for _ in 0..<8 { checksum = checksum & 1 == 1 ? 0xedb8_8320 ^ checksum >> 1 : checksum >> 1 }
        }
        return big(data.count) + Array(name.utf8) + data + big(Int(~checksum))
    }
    let raw: [UInt8] = rows.enumerated().flatMap { [filters.isEmpty ? 0 : filters[$0]] + $1 }
    var a = 1
    var b = 0
    for byte in raw {
        a = (a + Int(byte)) % 65521
        b = (b + a) % 65521
    }
    let length = [UInt8(raw.count & 255), UInt8(raw.count >> 8)]
    var packed: [UInt8] = [0x78, 1, 1]
    packed += length
    packed += length.map { ~$0 }
    packed += raw
    packed += big(b << 16 | a)
    var file: [UInt8] = [0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10]
    file += chunk("IHDR", big(width) + big(height) + [depth, type, 0, 0, 0])
    if !exif.isEmpty { file += chunk("eXIf", exif) }
    if gamma { file += chunk("gAMA", big(100_000)) }
    if !palette.isEmpty { file += chunk("PLTE", palette) }
    if !transparency.isEmpty { file += chunk("tRNS", transparency) }
    file += chunk("IDAT", packed)
    if !late.isEmpty { file += chunk("eXIf", late) }
    file += chunk("IEND", [])
    return file
}

/// The error's message and help, or the actual result.
func complaint(_ body: () throws -> Void) -> String {
    do {
        try body()
        return "no error"
    } catch let error as TensorError {
        return "\(error.kind.rawValue): \(error.message)" + (error.help.map { " | \($0)" } ?? "")
    } catch let error as SystemError {
        return "\(error)"
    } catch {
        return "another error: \(error)"
    }
}

extension ScratchFolder {
    func picture(_ name: String, width: Int = 2, height: Int = 1) throws {
        let file = "\(path)/\(name)"
        try Folder.make(Folder.parent(of: file) ?? path)
        try PictureFile.write(blackPicture(width: width, height: height), to: file)
    }

    func file(_ name: String, _ bytes: [UInt8]) throws {
        try Folder.make(Folder.parent(of: "\(path)/\(name)") ?? path)
        try AtomicFile.write(bytes, to: "\(path)/\(name)")
    }

    /// Frames and masks of one row; `_L` marks the masks.
    func pairs(_ masks: [[UInt8]]) throws {
        for (number, mask) in masks.enumerated() {
            let size = try PNGImage.read(bytes: mask, name: "mask")
            try picture("f\(number).png", width: size.width, height: size.height)
            try file("f\(number)_L.png", mask)
        }
    }
}

let camSeqOptions = MaskOptions(maker: "camseq")
