// The files and folders of a folder in natural order, for the layouts of data sets.

import SegSystem
import SegTensor

/// The content of a folder, without hidden files.
struct FolderListing {
    let path: String
    /// Names in natural order: runs of digits count as numbers.
    let files: [String]
    let folders: [String]

    init(_ path: String) throws {
        let entries = try Folder.entries(of: path).filter { !$0.name.hasPrefix(".") }
        func names(_ kind: FolderEntry.Kind) -> [String] {
            entries.filter { $0.kind == kind }.map(\.name).sorted(by: Self.naturally)
        }
        self.path = path
        files = names(.file)
        folders = names(.folder)
    }

    func has(_ file: String) -> Bool { files.contains(file) }

    /// The names of the PNG files without their ending: `0001` for `0001.png`.
    var pictures: [String] {
        files.filter { $0.lowercased().hasSuffix(".png") }.map { String($0.dropLast(4)) }
    }

    /// The path of a name without its ending.
    func file(_ stem: String) -> String {
        has("\(stem).png") ? "\(path)/\(stem).png" : "\(path)/\(stem).PNG"
    }

    /// The error for a folder without pictures, which says what the folder contains instead.
    func withoutPictures() -> TensorError {
        let others = ["jpg", "jpeg", "tif", "tiff", "bmp", "ppm", "webp"]
        let found = others.first { ending in files.contains { $0.lowercased().hasSuffix(".\(ending)") } }
        let number = files.count { $0.lowercased().hasSuffix(".\(found ?? "")") }
        if let found {
            return TensorError(
                .file, "\(path) holds no PNG pictures, but \(number) .\(found) files",
                help: "seg reads only PNG; convert them first")
        }
        let inside =
            folders.isEmpty ? nil : "it holds the folders \(folders.prefix(5).joined(separator: ", "))"
        return TensorError(.file, "\(path) holds no PNG pictures", help: inside)
    }

    /// Sorts `frame_2` before `frame_10`, so that a sequence keeps its order.
    static func naturally(_ a: String, _ b: String) -> Bool {
        var x = Substring(a).utf8
        var y = Substring(b).utf8
        let isDigit = { (byte: UInt8) in (0x30...0x39).contains(byte) }
        while let first = x.first, let second = y.first {
            if isDigit(first), isDigit(second) {
                let left = x.prefix(while: isDigit)
                let right = y.prefix(while: isDigit)
                let one = left.drop { $0 == 0x30 }
                let other = right.drop { $0 == 0x30 }
                if one.count != other.count { return one.count < other.count }
                if !one.elementsEqual(other) { return one.lexicographicallyPrecedes(other) }
                x = x[left.endIndex...]
                y = y[right.endIndex...]
            } else {
                if first != second { return first < second }
                x = x.dropFirst()
                y = y.dropFirst()
            }
        }
        if x.isEmpty != y.isEmpty { return x.isEmpty }
        return a < b
    }
}
