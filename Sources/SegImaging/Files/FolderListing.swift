// The files and folders of a folder in natural order, for the layouts of data sets.

import SegSystem
import SegTensor

/// The content of a folder, without hidden files.
struct FolderListing {
    let path: String
    /// Names in natural order: runs of digits count as numbers.
    let files: [String]
    let folders: [String]

    /// - Parameter needed: the names for which a link that leads nowhere is an error.
    init(_ path: String, needed: (String) -> Bool = { _ in true }) throws {
        let entries = try Folder.entries(of: path).filter { !$0.name.hasPrefix(".") }
        func names(_ kind: FolderEntry.Kind) -> [String] {
            entries.filter { $0.kind == kind }.map(\.name).sorted(by: Self.naturally)
        }
        if let odd = entries.first(where: { entry in
            entry.kind == .other && needed(entry.name)
                && PictureFile.ending(of: entry.name).map(PictureFile.endings.contains) == true
        }) {
            throw TensorError(
                .file, "\(path)/\(odd.name) is a link that leads nowhere, or no regular file",
                help: "remove it, or put the file where it leads")
        }
        self.path = path
        files = names(.file)
        folders = names(.folder)
    }

    /// The pictures among the files.
    var pictures: [FoundPicture] {
        files.compactMap { file in
            guard let ending = PictureFile.ending(of: file), PictureFile.endings.contains(ending) else {
                return nil
            }
            return FoundPicture(name: String(file.dropLast(ending.count + 1)), path: "\(path)/\(file)")
        }
    }

    /// The error for a folder without pictures, which says what the folder contains instead.
    func withoutPictures() -> TensorError {
        let others = ["tif", "tiff", "bmp", "ppm", "webp", "gif"]
        let found = others.first { ending in files.contains { $0.lowercased().hasSuffix(".\(ending)") } }
        let number = files.count { $0.lowercased().hasSuffix(".\(found ?? "")") }
        if let found {
            return TensorError(
                .file, "\(path) holds no PNG or JPEG pictures, but \(number) .\(found) files",
                help: "seg reads PNG and JPEG; convert them first")
        }
        let inside =
            folders.isEmpty
            ? nil
            : "it holds the folders \(listText(folders, most: 5)); folder(images=\"\(path)/*/*.png\", masks=…) reaches into folders"
        return TensorError(.file, "\(path) holds no PNG or JPEG pictures", help: inside)
    }

    /// A folder and those below it as `Folder.all` finds them, each before those in it.
    /// - Parameter start: ends in a slash.
    static func folders(under start: String, check: () throws -> Void = {}) throws -> [String] {
        let parts = try Folder.all(under: start, check: check).map { path in
            path.dropLast().split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        }
        return parts.sorted { $0.lexicographicallyPrecedes($1, by: naturally) }.map {
            $0.joined(separator: "/")
        }
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

/// A picture file and the name that pairs it with another.
struct FoundPicture: Sendable, Equatable {
    var name: String
    let path: String

    /// An error that names all pictures that share their name with another, such as a.png and a.jpg.
    /// - Parameter what: picture or mask.
    static func checkNames(_ pictures: [FoundPicture], _ what: String) throws {
        let groups = Dictionary(grouping: pictures, by: \.name).filter { $0.value.count > 1 }
        guard let first = pictures.first(where: { groups[$0.name] != nil }) else { return }
        let same = groups[first.name] ?? []
        let more = groups.count > 1 ? "; so are \(groups.count - 1) others" : ""
        // Texts are equal where only the Unicode form of a letter differs.
        let lookAlike = Set(same.map { Array($0.name.utf8) }).count > 1
        throw TensorError(
            .file,
            "the \(what) \(first.name) is there \(same.count) times: \(same.map(\.path).joined(separator: ", "))\(more)",
            help: lookAlike
                ? "the names look alike, but their letters are in different forms of Unicode; rename or remove one"
                : "keep one of them, or choose the files by a pattern: folder(images=\"…/*.jpg\", masks=\"…/*.png\")"
        )
    }
}

extension PictureFile {
    /// The pictures in a folder and in the folders below it, each folder's own first. Hidden files are left out.
    /// An error of kind `file` if there are none.
    /// - Parameter check: called for every folder; what it throws ends the search.
    public static func all(in folder: String, check: () throws -> Void) throws -> [String] {
        let top = try FolderListing(folder)
        var found: [String] = []
        for path in try FolderListing.folders(under: folder + "/", check: check) {
            try check()
            found += try FolderListing(path).pictures.map(\.path)
        }
        if found.isEmpty { throw top.withoutPictures() }
        return found
    }
}
