// Files by a pattern such as `leftImg8bit/*/*_leftImg8bit.png`. What the stars stand for names each file, and
// so pairs it with the file of another pattern.

import SegSystem
import SegTensor

/// A path in which `*` stands for any characters within one name, and `**` for any number of folders.
struct PathPattern {
    let text: String
    private let components: [String]

    /// Nil for a path without a star.
    init?(_ text: String) {
        guard text.contains("*") else { return nil }
        self.text = text
        components = FilePattern.parts(of: text)
    }

    var stars: Int { components.reduce(0) { $0 + $1.count { $0 == "*" } } }

    /// The files that match, in natural order, each named by what the stars stand for. An error of kind `file`
    /// if there is none.
    func files() throws -> [(stars: [String], path: String)] {
        guard components.last != "**" else {
            throw TensorError(
                .value, "\(text) names folders: ** stands for any number of them", help: "write \(text)/*.png"
            )
        }
        var found: [(stars: [String], path: String)] = [([], text.hasPrefix("/") ? "" : ".")]
        for (place, component) in components.enumerated() {
            let isLast = place == components.count - 1
            let bases = found.map(\.path)
            if component == "**" {
                found = try found.flatMap { base in
                    try FolderListing.folders(under: base.path + "/").map { path in
                        (base.stars + [String(path.dropFirst(base.path.count + 1))], path)
                    }
                }
                continue
            }
            guard component.contains("*") else {
                found = found.map { ($0.stars, "\($0.path)/\(component)") }.filter {
                    FileStatus($0.1)?.kind == (isLast ? .file : .folder)
                }
                if found.isEmpty { throw nothing(place, in: bases) }
                continue
            }
            found = try found.flatMap { base in
                let listing = try FolderListing(base.path.isEmpty ? "/" : base.path) {
                    isLast && Self.match($0, component, ignoringCaseOfEnding: true) != nil
                }
                let names = isLast ? listing.files : listing.folders
                return names.compactMap { name -> (stars: [String], path: String)? in
                    guard let stars = Self.match(name, component, ignoringCaseOfEnding: isLast) else {
                        return nil
                    }
                    let isPicture = PictureFile.ending(of: name).map(PictureFile.endings.contains) ?? false
                    if isLast, component.hasSuffix("*"), !isPicture { return nil }
                    return (base.stars + stars, "\(base.path)/\(name)")
                }
            }
            if found.isEmpty { throw nothing(place, in: bases) }
        }
        return found.map { ($0.stars, $0.path.hasPrefix("./") ? String($0.path.dropFirst(2)) : $0.path) }
    }

    /// The error where no component `place` is in the folders that fit so far.
    private func nothing(_ place: Int, in bases: [String]) -> TensorError {
        let fitting = components[..<place].joined(separator: "/")
        var folder = bases.first.map { $0.isEmpty ? "/" : $0 } ?? "."
        if folder.hasPrefix("./") { folder = String(folder.dropFirst(2)) }
        var inside: String?
        if let listing = try? FolderListing(folder) {
            let names = listing.folders.map { "\($0)/" } + listing.files
            inside = "\(folder) holds \(names.isEmpty ? "nothing" : listText(names, most: 6))"
            if place == components.count - 1, listing.files.isEmpty, !listing.folders.isEmpty {
                inside? += "; a star stands for one name: */\(components[place]) are the files in its folders"
            }
        }
        let places = fitting.contains("*") ? " in \(fitting)" : ""
        return TensorError(
            .file, "no file matches \(text): there is no \(components[place])\(places)", help: inside)
    }

    /// What the stars of one component stand for, each as short as possible from the left; nil if a name does
    /// not match. The ending of a file may be in other letters' case: `*.png` takes `A.PNG` too.
    static func match(_ name: String, _ component: String, ignoringCaseOfEnding: Bool) -> [String]? {
        var name = name
        var component = component
        if ignoringCaseOfEnding, let wanted = PictureFile.ending(of: component), !wanted.contains("*") {
            guard PictureFile.ending(of: name) == wanted else { return nil }
            name = String(name.dropLast(wanted.count + 1))
            component = String(component.dropLast(wanted.count + 1))
        }
        let parts = component.split(separator: "*", omittingEmptySubsequences: false)
        guard name.hasPrefix(parts[0]) else { return nil }
        var rest = Substring(name).dropFirst(parts[0].count)
        var stars: [String] = []
        for (place, part) in parts.dropFirst().enumerated() {
            if place == parts.count - 2 {
                guard rest.hasSuffix(part) else { return nil }
                stars.append(String(rest.dropLast(part.count)))
                return stars
            }
            guard let start = Self.firstPlace(of: part, in: rest) else { return nil }
            stars.append(String(rest[..<start]))
            rest = rest[start...].dropFirst(part.count)
        }
        return stars
    }

    private static func firstPlace(of part: Substring, in text: Substring) -> Substring.Index? {
        var rest = text
        while !rest.hasPrefix(part) {
            guard !rest.isEmpty else { return nil }
            rest = rest.dropFirst()
        }
        return rest.startIndex
    }
}
