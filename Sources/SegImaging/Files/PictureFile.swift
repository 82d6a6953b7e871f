// Picture files of any known format: the bytes say which it is, not the ending of the name. PNGImage and
// JPEGImage read and write them.

import SegSystem
import SegTensor

/// Reading and writing pictures in files.
public enum PictureFile {
    /// The endings of the names of pictures, in lower case.
    static let endings = ["png", "jpg", "jpeg"]
    /// The largest file that is read.
    private static let fileLimit = 1 << 30

    /// Whether a path ends as the names of pictures do.
    public static func isNamed(_ path: String) -> Bool { endings.contains(ending(of: path) ?? "") }

    /// Whether a picture may be written under a name: not under one with the ending of other files.
    public static func mayName(_ path: String) -> Bool {
        ending(of: path).map { endings.contains($0) } ?? true
    }

    /// Width and height of a picture as a viewer shows it, from the file's header only.
    public static func size(ofFile path: String) throws -> (width: Int, height: Int) {
        let file = try FileReader(path)
        let start = try file.bytes(at: 0, count: min(8, file.count))
        let size =
            JPEGImage.isJPEG(start)
            ? try JPEGImage.header(ofFile: path).size : try PNGImage.size(ofFile: path)
        try PictureSize.check(path, size.width, size.height)
        return size
    }

    /// How EXIF says that a picture is shown.
    static func orientation(_ path: String) -> Orientation {
        guard let file = try? FileReader(path), let start = try? file.bytes(at: 0, count: min(8, file.count))
        else {
            return .upright
        }
        let orientation =
            JPEGImage.isJPEG(start)
            ? try? JPEGImage.header(ofFile: path).orientation : try? PNGImage.orientation(of: file)
        return orientation ?? .upright
    }

    /// Checks that a file is not cut off, by its end and, for PNG, the lengths of its chunks.
    static func checkWhole(_ path: String) throws {
        let file = try FileReader(path)
        let start = try file.bytes(at: 0, count: min(8, file.count))
        let cutOff = TensorError(.file, "cannot read \(path): the file is cut off")
        if JPEGImage.isJPEG(start) {
            let end = try file.bytes(at: max(0, file.count - 1024), count: min(1024, file.count))
            guard zip(end, end.dropFirst()).contains(where: { $0 == 0xff && $1 == 0xd9 }) else {
                throw cutOff
            }
            return
        }
        var place = 8
        while true {
            guard place + 12 <= file.count else { throw cutOff }
            let head = try file.bytes(at: place, count: 8)
            let length = head[0..<4].reduce(0) { $0 << 8 | Int($1) }
            guard place + 12 + length <= file.count else { throw cutOff }
            if head[4..<8].elementsEqual("IEND".utf8) { return }
            place += 12 + length
        }
    }

    /// A picture as 8-bit RGB.
    public static func read(_ path: String) throws -> RGBImage {
        try read(bytes: contents(path), name: path)
    }

    /// The same from the bytes of a file; `name` is the file's name in errors.
    public static func read(bytes: [UInt8], name: String) throws -> RGBImage {
        JPEGImage.isJPEG(bytes)
            ? try JPEGImage.read(bytes: bytes, name: name) : try PNGImage.read(bytes: bytes, name: name)
    }

    /// Writes a picture: as JPEG if the path ends in .jpg or .jpeg, else as a 24-bit PNG.
    public static func write(_ image: RGBImage, to path: String) throws {
        try AtomicFile.write(encode(image, for: path), to: path)
    }

    /// The bytes of a picture in the format that a file's name asks for.
    public static func encode(_ image: RGBImage, for path: String) throws -> [UInt8] {
        let isJPEG = ["jpg", "jpeg"].contains(ending(of: path) ?? "")
        return try isJPEG ? JPEGImage.encode(image) : PNGImage.encode(image)
    }

    static func contents(_ path: String) throws -> [UInt8] {
        try FileReader.contents(of: path, limit: fileLimit)
    }

    /// The ending of a file's name in lower case, without its point; nil if it has none.
    static func ending(of path: String) -> String? {
        let name = path.split(separator: "/").last ?? ""
        guard let point = name.lastIndex(of: "."), point != name.startIndex else { return nil }
        return name[name.index(after: point)...].lowercased()
    }

    /// The error for bytes that begin like no known format.
    static func unknown(_ bytes: [UInt8], _ name: String) -> TensorError {
        if bytes.isEmpty { return TensorError(.file, "cannot read \(name): the file is empty") }
        let formats: [([UInt8], String)] = [
            (Array("GIF8".utf8), "GIF"), (Array("BM".utf8), "BMP"), ([0x49, 0x49, 0x2a, 0], "TIFF"),
            ([0x4d, 0x4d, 0, 0x2a], "TIFF"), (Array("RIFF".utf8), "WebP"),
            ([0, 0, 0, 0x0c, 0x6a, 0x50], "JPEG 2000"), (Array("version https://git-lfs".utf8), "Git LFS"),
        ]
        if let found = formats.first(where: { bytes.starts(with: $0.0) }) {
            return found.1 == "Git LFS"
                ? TensorError(
                    .file, "cannot read \(name): it is a pointer of Git LFS, not the picture",
                    help: "fetch the files with: git lfs pull")
                : TensorError(
                    .file, "cannot read \(name): it is a \(found.1) picture",
                    help: "seg reads PNG and JPEG; convert it first")
        }
        let not =
            switch ending(of: name) {
            case "png": "it is not a PNG file"
            case "jpg", "jpeg": "it is not a JPEG file"
            default: "it is neither a PNG nor a JPEG file"
            }
        return TensorError(.file, "cannot read \(name): \(not)")
    }
}
