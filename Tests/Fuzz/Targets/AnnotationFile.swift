// A file of masks for annotation tools: JSON and zip archives as they are, or an archive around a table of labels, a
// byte 0 and a picture, with the checksums that fit.

@preconcurrency import Glibc
import SegSystem

enum AnnotationFile {
    /// Writes the file that the bytes are or stand for, and gives its path.
    static func write(_ bytes: [UInt8], in folder: String) throws -> String {
        let end = bytes.firstIndex(of: 0)
        let isZip = bytes.starts(with: "PK".utf8)
        let path = folder + (isZip || end != nil ? "/in.zip" : "/in.json")
        var file = bytes
        if let end, !isZip {
            let picture = PNGRepair.withChecksums(Array(bytes[(end + 1)...]))
            file = zip([
                ("labelmap.txt", Array(bytes[..<end])), ("SegmentationClass/a.png", picture),
            ])
        }
        try AtomicFile.write(file, to: path, isDurable: false)
        return path
    }

    /// An archive of stored members.
    private static func zip(_ members: [(name: String, bytes: [UInt8])]) -> [UInt8] {
        func number(_ number: Int, _ count: Int) -> [UInt8] {
            (0..<count).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
        }
        var (file, directory): ([UInt8], [UInt8]) = ([], [])
        for (name, bytes) in members {
            let start = file.count
            let size = number(bytes.count, 4)
            let fields =
                [20, 0] + number(0, 8) + number(Int(PNGRepair.checksum(bytes[...])), 4) + size + size
                + number(name.utf8.count, 2) + number(0, 2)
            file += Array("PK\u{3}\u{4}".utf8) + fields + Array(name.utf8) + bytes
            directory += Array("PK\u{1}\u{2}\u{14}\0".utf8) + fields + number(0, 10) + number(start, 4)
            directory += Array(name.utf8)
        }
        let count = number(members.count, 2)
        return file + directory + Array("PK\u{5}\u{6}".utf8) + number(0, 4) + count + count
            + number(directory.count, 4) + number(file.count, 4) + number(0, 2)
    }
}
