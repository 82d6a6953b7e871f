// How a camera was held: EXIF's number in JPEG and PNG files, by which viewers turn and mirror pictures.

import SegSystem

/// How a stored picture is turned to be upright.
struct Orientation: Equatable, Sendable {
    /// EXIF's number, 1 to 8; 1 leaves the picture unchanged.
    let number: Int

    static let upright = Orientation(number: 1)

    private init(number: Int) { self.number = number }

    /// The number in EXIF's data: entry 0x0112 of its first directory. Damaged data leave the picture unchanged.
    init(exif data: ArraySlice<UInt8>) {
        number = Self.entry(Array(data)) ?? 1
    }

    private static func entry(_ tiff: [UInt8]) -> Int? {
        guard tiff.count >= 8 else { return nil }
        let isLittle = tiff[0] == 0x49
        func number(_ at: Int, _ count: Int) -> Int? {
            guard at >= 0, at + count <= tiff.count else { return nil }
            let bytes = tiff[at..<at + count]
            return (isLittle ? Array(bytes.reversed()) : Array(bytes)).reduce(0) { $0 << 8 | Int($1) }
        }
        guard let start = number(4, 4), let count = number(start, 2) else { return nil }
        for entry in 0..<count {
            let at = start + 2 + 12 * entry
            guard let tag = number(at, 2) else { return nil }
            if tag == 0x0112 { return number(at + 8, 2).flatMap { (1...8).contains($0) ? $0 : nil } }
        }
        return nil
    }

    /// Whether sides are exchanged.
    var swapsSides: Bool { number > 4 }

    func size(_ width: Int, _ height: Int) -> (width: Int, height: Int) {
        swapsSides ? (height, width) : (width, height)
    }

    /// The pixels of a picture, each of so many bytes, turned and mirrored; as many as `target` has room for.
    func turn(
        _ bytes: [UInt8], _ width: Int, _ height: Int, channels: Int, to target: UnsafeMutablePointer<UInt8>
    ) {
        let (wide, high) = size(width, height)
        bytes.withUnsafeBufferPointer { source in
            for y in 0..<high {
                for x in 0..<wide {
                    let from: (x: Int, y: Int) =
                        switch number {
                        case 2: (width - 1 - x, y)
                        case 3: (width - 1 - x, height - 1 - y)
                        case 4: (x, height - 1 - y)
                        case 5: (y, x)
                        case 6: (y, height - 1 - x)
                        case 7: (width - 1 - y, height - 1 - x)
                        case 8: (width - 1 - y, x)
                        default: (x, y)
                        }
                    let (to, at) = ((y * wide + x) * channels, (from.y * width + from.x) * channels)
                    for c in 0..<channels { target[to + c] = source[at + c] }
                }
            }
        }
    }
}

extension RGBImage {
    func turned(_ orientation: Orientation) -> RGBImage {
        guard orientation != .upright else { return self }
        let (wide, high) = orientation.size(width, height)
        return RGBImage(width: wide, height: high) {
            orientation.turn(bytes, width, height, channels: 3, to: $0)
        }
    }
}

extension MaskImage {
    func turned(_ orientation: Orientation) -> MaskImage {
        guard orientation != .upright else { return self }
        let (wide, high) = orientation.size(width, height)
        return MaskImage(width: wide, height: high) {
            orientation.turn(bytes, width, height, channels: 1, to: $0)
        }
    }
}

extension PNGImage {
    /// The parts after the pixels are searched so far from the end.
    private static let tail = 8192

    /// What an `eXIf` part says, before the pixels or near the end of the file.
    /// - Parameter bytes: gives so many bytes of the file at a place, or fewer at its end.
    static func orientation(count: Int, bytes: (_ at: Int, _ count: Int) throws -> [UInt8]) rethrows
        -> Orientation
    {
        var at = 8
        while at + 12 <= count {
            let head = try bytes(at, 8)
            guard head.count == 8 else { return .upright }
            let length = head[0..<4].reduce(0) { $0 << 8 | Int($1) }
            if head[4...].elementsEqual("IDAT".utf8) { break }
            if head[4...].elementsEqual("eXIf".utf8) {
                return Orientation(exif: try bytes(at + 8, min(length, tail))[...])
            }
            at += 12 + length
        }
        guard at < count else { return .upright }
        let start = max(at, count - tail)
        let end = try bytes(start, count - start)
        let mark = Array("eXIf".utf8)
        var place = 4
        while place + 8 <= end.count {
            if end[place] == mark[0], end[place..<place + 4].elementsEqual(mark) {
                let length = end[place - 4..<place].reduce(0) { $0 << 8 | Int($1) }
                let data = end[(place + 4)...].prefix(length)
                // The same four bytes may be among the pixels.
                if data.count == length,
                    data.starts(with: [0x49, 0x49, 0x2a, 0]) || data.starts(with: [0x4d, 0x4d, 0, 0x2a])
                {
                    return Orientation(exif: data)
                }
            }
            place += 1
        }
        return .upright
    }

    static func orientation(of bytes: [UInt8]) -> Orientation {
        orientation(count: bytes.count) { at, count in Array(bytes[at..<min(at + count, bytes.count)]) }
    }

    static func orientation(of file: FileReader) throws -> Orientation {
        try orientation(count: file.count) { at, count in
            try file.bytes(at: at, count: min(count, file.count - at))
        }
    }
}
