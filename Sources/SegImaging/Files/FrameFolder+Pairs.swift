// Frames and masks anywhere: two folders, or two patterns. Which belong together, and what has no partner.

import SegSystem
import SegTensor

extension FrameFolder {
    /// What the mask of `NAME` may be called besides `NAME` itself.
    static let maskSuffixes = ["_L", "_mask", "_P"]

    /// Pictures and masks in two folders, where the mask of `NAME` is `NAME`, `NAME_L`, `NAME_mask` or `NAME_P`,
    /// or by two patterns, where what `*` stands for pairs them. A file without a partner is an error.
    public static func pairs(images: String, masks: String, _ options: MaskOptions) throws -> FrameFolder {
        let (pairs, places) = try matched(images: images, masks: masks)
        let table = try options.classes ?? ClassTable.find(in: places, options)
        return try made(
            parts: [("all", pairs)], directory: images, masks: masks, table: table, guessesCamVid: false,
            notes: [], options)[0].frames
    }

    /// The pairs, and the folders where a table of their classes may be.
    private static func matched(images: String, masks: String) throws -> ([FramePair], [[String]]) {
        let (frames, labels) = (try PictureSet(images), try PictureSet(masks))
        let places = [labels.tablePlaces + frames.tablePlaces, [labels.folderAbove, frames.folderAbove]]
        if let a = frames.pattern, let b = labels.pattern {
            guard a.stars == b.stars else {
                throw TensorError(
                    .value,
                    "folder: images=\"\(images)\" has \(a.stars) * and masks=\"\(masks)\" has \(b.stars); what they stand for pairs the files",
                    help: "write as many * in both patterns")
            }
            let masks = Set(labels.pictures.map(\.path))
            // `d/*.png` takes the masks `d/*_L.png` too.
            let own =
                images == "\(b.text)" ? frames.pictures : frames.pictures.filter { !masks.contains($0.path) }
            return (
                try pair(
                    own, labels.pictures, help: starsHelp(frames.pictures, labels.pictures, a.text, b.text)),
                places
            )
        }
        let (own, named) = byNames(frames.pictures, labels.pictures)
        let names = "NAME" + maskSuffixes.map { " or NAME\($0)" }.joined()
        return (try pair(own, named, help: "the mask of the frame NAME is \(names)"), places)
    }

    /// What to write where stars stand for different things: a star at the end takes the ending too.
    private static func starsHelp(
        _ frames: [FoundPicture], _ masks: [FoundPicture], _ images: String, _ labels: String
    ) -> String {
        func bare(_ name: String) -> String {
            PictureFile.ending(of: name).map { String(name.dropLast($0.count + 1)) } ?? name
        }
        let names = Set(frames.map { bare($0.name) })
        let ending = masks.first.flatMap { PictureFile.ending(of: $0.path) } ?? "png"
        // `d/*.png` beside `d/*`, where the masks are `NAME_L.png`.
        for suffix in maskSuffixes {
            let hasOwn = masks.contains { mask in
                let name = bare(mask.name)
                return name.hasSuffix(suffix) && names.contains(String(name.dropLast(suffix.count)))
            }
            if hasOwn, let star = labels.lastIndex(of: "*") {
                return
                    "the names of masks end in \(suffix); write masks=\"\(labels[..<star])*\(suffix).\(ending)\""
            }
        }
        for (option, pattern) in [("images", images), ("masks", labels)]
        where pattern.hasSuffix("*") && masks.contains(where: { names.contains(bare($0.name)) }) {
            return
                "the * at the end of \(option)=\"\(pattern)\" stands for the ending too; write \(option)=\"\(pattern).\(ending)\""
        }
        return "what * stands for pairs a frame and its mask"
    }

    /// Masks under the names of their frames. Where both are in one folder, masks are what has a suffix.
    private static func byNames(_ frames: [FoundPicture], _ masks: [FoundPicture])
        -> ([FoundPicture], [FoundPicture])
    {
        let isOneFolder = frames == masks
        let names = Set(frames.map(\.name))
        func frame(of mask: FoundPicture) -> String? {
            for suffix in maskSuffixes where mask.name.hasSuffix(suffix) {
                let name = String(mask.name.dropLast(suffix.count))
                if names.contains(name) { return name }
            }
            return nil
        }
        guard isOneFolder else {
            return (
                frames,
                masks.map {
                    FoundPicture(
                        name: names.contains($0.name) ? $0.name : frame(of: $0) ?? $0.name, path: $0.path)
                }
            )
        }
        return (
            frames.filter { frame(of: $0) == nil },
            masks.compactMap { mask in frame(of: mask).map { FoundPicture(name: $0, path: mask.path) } }
        )
    }

    /// The pairs of two folders, by their names.
    static func folders(images: String, masks: String) throws -> [FramePair] {
        try matched(images: images, masks: masks).0
    }

    /// Pairs by name, in the order of the frames. One error lists every file that has no partner.
    static func pair(
        _ frames: [FoundPicture], _ masks: [FoundPicture], help: String, onlyFrames: Bool = false
    ) throws -> [FramePair] {
        try FoundPicture.checkNames(frames, "picture")
        try FoundPicture.checkNames(masks, "mask")
        let byName = Dictionary(masks.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        let names = Set(frames.map(\.name))
        let alone = frames.filter { byName[$0.name] == nil }.map(\.path)
        let orphans = onlyFrames ? [] : masks.filter { !names.contains($0.name) }.map(\.path)
        var problems: [String] = []
        if !alone.isEmpty {
            problems.append(
                "\(alone.count) of \(frames.count) frames have no mask: \(FileProblems.list(alone))")
        }
        if !orphans.isEmpty {
            problems.append(
                "\(orphans.count) of \(masks.count) masks have no frame: \(FileProblems.list(orphans))")
        }
        guard problems.isEmpty else {
            throw TensorError(.file, problems.joined(separator: "; "), help: help)
        }
        return frames.compactMap { frame in
            byName[frame.name].map { FramePair(name: frame.name, image: frame.path, mask: $0.path) }
        }
    }

    /// The rule for pairs whose classes are known.
    public static func rule(for pairs: [FramePair], _ table: ClassTable, _ options: MaskOptions) throws
        -> MaskRule
    {
        try MaskSurvey.rule(
            for: pairs.map(\.mask), table: table, directory: "", guessesCamVid: false, options
        ).rule
    }

    /// Data sets of some parts with one rule for all masks, after the sizes have been checked.
    static func made(
        parts: [(part: String, pairs: [FramePair])], directory: String, masks: String? = nil,
        table: ClassTable?, guessesCamVid: Bool, notes: [String], _ options: MaskOptions
    ) throws -> [(part: String, frames: FrameFolder)] {
        let all = parts.flatMap(\.pairs)
        try check(all) {
            try? MaskSurvey.rule(
                for: all.map(\.mask), table: table, directory: masks ?? directory,
                guessesCamVid: guessesCamVid, options
            ).rule
        }
        let (rule, more, transparency) = try MaskSurvey.rule(
            for: all.map(\.mask), table: table, directory: masks ?? directory, guessesCamVid: guessesCamVid,
            options)
        let allNotes = notes + more + (noteOfTurns(all).map { [$0] } ?? [])
        return parts.enumerated().map { place, part in
            let name = parts.count == 1 && part.part == "all" ? directory : "\(directory), \(part.part)"
            return (
                part.part,
                FrameFolder(
                    directory: name, rule: rule, pairs: part.pairs, notes: place == 0 ? allNotes : [],
                    transparency: transparency)
            )
        }
    }
}

/// The pictures of a folder or a pattern, with the names that pair them.
private struct PictureSet {
    let pattern: PathPattern?
    var pictures: [FoundPicture]
    /// Folders where a table may be, the nearest first, and the folder above them.
    let tablePlaces: [String]
    let folderAbove: String

    init(_ path: String) throws {
        pattern = PathPattern(path)
        if let pattern {
            let found = try pattern.files()
            // The last star usually is enough, and reads best.
            let last = found.compactMap(\.stars.last)
            let isEnough = Set(last).count == found.count
            pictures = found.map { file in
                FoundPicture(
                    name: (isEnough ? file.stars.suffix(1) : file.stars[...]).filter { !$0.isEmpty }
                        .joined(separator: "/"),
                    path: file.path)
            }
        } else {
            let listing = try FolderListing(path)
            pictures = listing.pictures
            guard !pictures.isEmpty else { throw listing.withoutPictures() }
        }
        let first = pictures.first.flatMap { Folder.parent(of: $0.path) } ?? "."
        let fixed =
            pattern.map { pattern in
                let start = pattern.text.prefix { $0 != "*" }
                return start.contains("/") ? Folder.parent(of: String(start)) ?? "." : "."
            } ?? path
        var plain = Substring(fixed)
        while plain.count > 1, plain.hasSuffix("/") { plain = plain.dropLast() }
        folderAbove = Folder.parent(of: String(plain)) ?? "."
        tablePlaces = [first, String(plain)]
    }
}
