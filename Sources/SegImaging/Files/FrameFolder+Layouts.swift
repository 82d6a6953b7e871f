// The layouts of published data sets: CamSeq01 (frames and masks side by side), CamVid in both its forms,
// Cityscapes, PASCAL VOC. A layout is a listing, and some masks are looked at to choose the rule for them.

import SegSystem
import SegTensor

extension FrameFolder {
    /// A part of a data set: `train`, `val`, `test`, or `all`.
    public typealias Part = (part: String, frames: FrameFolder)

    private static let parts = ["train", "val", "test"]
    private static let camSeqSuffix = "_L"

    // MARK: CamSeq01

    /// CamSeq01: `NAME.png` and `NAME_L.png` in one folder, with a table of classes, `label_colors.txt`. Without
    /// one, masks in CamVid's colours are of CamVid's classes. Frames without a mask, masks of another size
    /// and a folder without frames are errors.
    public static func camSeq(_ directory: String, _ options: MaskOptions) throws -> FrameFolder {
        let listing = try FolderListing(directory)
        let all = listing.pictures
        let masks = all.filter { $0.name.hasSuffix(camSeqSuffix) }
        let frames = all.filter { !$0.name.hasSuffix(camSeqSuffix) }
        guard !frames.isEmpty else {
            guard !all.isEmpty else { throw listing.withoutPictures() }
            throw TensorError(
                .file,
                "\(directory) holds \(plural(all.count, "mask")) (…\(camSeqSuffix).png), but no frames",
                help: "for frames in another folder: folder(images=\"…\", masks=\"\(directory)\")")
        }
        guard !masks.isEmpty else {
            throw TensorError(
                .file,
                "\(directory) holds \(plural(frames.count, "picture")), but no masks (NAME\(camSeqSuffix).png)",
                help: "for masks in another folder: folder(images=\"\(directory)\", masks=\"…\")")
        }
        let named = masks.map {
            FoundPicture(name: String($0.name.dropLast(camSeqSuffix.count)), path: $0.path)
        }
        let pairs = try pair(
            frames, named, help: "the mask of NAME.png is NAME\(camSeqSuffix).png", onlyFrames: true)
        let used = Set(pairs.map(\.mask))
        let orphans = masks.filter { !used.contains($0.path) }
        let notes =
            orphans.isEmpty
            ? []
            : [
                "\(plural(orphans.count, "mask")) of \(directory) without a frame, for example \(orphans[0].name)"
            ]
        return try made(
            parts: [("all", pairs)], directory: directory,
            table: options.classes ?? ClassTable.find(in: [[directory]], options), guessesCamVid: true,
            notes: notes,
            options)[0].frames
    }

    // MARK: CamVid

    /// CamVid in either of its layouts: `701_StillsRaw_full` and `LabeledApproved_full` (also `images` and
    /// `labels`), one part named `all`; or `train`, `val` and `test` with `trainannot` (also `train_labels`) and
    /// so on. A folder in CamSeq01's layout is one part too.
    public static func camVid(_ directory: String, _ options: MaskOptions) throws -> [Part] {
        let listing = try FolderListing(directory)
        let splits = parts.filter(listing.folders.contains)
        var found: [(part: String, images: String, masks: String)] = []
        for part in splits {
            let names = ["\(part)annot", "\(part)_labels", "\(part)_masks"]
            guard let masks = names.first(where: listing.folders.contains) else {
                throw TensorError(
                    .file, "\(directory) has the folder \(part), but no \(names.joined(separator: " or "))")
            }
            found.append((part, part, masks))
        }
        if splits.isEmpty {
            let images = ["701_StillsRaw_full", "images"].first(where: listing.folders.contains)
            let masks = ["LabeledApproved_full", "labels", "masks"].first(where: listing.folders.contains)
            if let images {
                guard let masks else {
                    throw TensorError(
                        .file,
                        "\(directory) has the folder \(images), but none with the masks, LabeledApproved_full"
                    )
                }
                found = [("all", images, masks)]
            } else if !listing.pictures.isEmpty {
                return [("all", try camSeq(directory, options))]
            } else {
                throw TensorError(
                    .file, "\(directory) is not laid out like CamVid",
                    help:
                        "expected 701_StillsRaw_full and LabeledApproved_full, or train and trainannot; it holds \(listing.folders.isEmpty ? "no folders" : listText(listing.folders, most: 6))"
                )
            }
        }
        let places = [directory] + found.map { "\(directory)/\($0.masks)" }
        var options = options
        if found.contains(where: { $0.masks.hasSuffix("annot") }) {
            let names = segNetClasses.map { "\"\($0)\"" }.joined(separator: ", ")
            options.numbersHelp =
                "SegNet's copy numbers 11 classes, 11 being void: camvid(dir, classes=[\(names)], void=11)"
        }
        return try made(
            parts: found.map { part in
                (
                    part.part,
                    try folders(images: "\(directory)/\(part.images)", masks: "\(directory)/\(part.masks)")
                )
            }, directory: directory, table: options.classes ?? ClassTable.find(in: [places], options),
            guessesCamVid: true, notes: [], options)
    }

    private static let segNetClasses = [
        "Sky", "Building", "Pole", "Road", "Pavement", "Tree", "SignSymbol", "Fence", "Car", "Pedestrian",
        "Bicyclist",
    ]

    // MARK: Cityscapes

    /// Cityscapes: `leftImg8bit/PART/CITY/NAME_leftImg8bit.png` with `gtFine/PART/CITY/NAME_gtFine_labelIds.png`,
    /// or with `…_labelTrainIds.png`. Parts without masks are left out with a note.
    public static func cityscapes(_ directory: String, _ options: MaskOptions) throws -> [Part] {
        if directory.isEmpty { throw SystemError(.file, "cannot read the folder without a name") }
        guard FileStatus("\(directory)/leftImg8bit")?.kind == .folder,
            FileStatus("\(directory)/gtFine")?.kind == .folder
        else {
            throw TensorError(
                .file,
                "\(directory) is not laid out like Cityscapes: it has no folders leftImg8bit and gtFine",
                help:
                    "for other layouts: folder(images=\"…/*_leftImg8bit.png\", masks=\"…/*_labelIds.png\", classes=…)"
            )
        }
        let found = try FolderListing("\(directory)/leftImg8bit").folders
        var notes: [String] = []
        for mark in ["labelIds", "labelTrainIds"] {
            var pairs: [(part: String, pairs: [FramePair])] = []
            var empty: [String] = []
            let splits = parts.filter(found.contains)
            for part in splits.isEmpty ? [""] : splits {
                let middle = part.isEmpty ? "" : "\(part)/"
                guard let frames = try? named("\(directory)/leftImg8bit/\(middle)*/*_leftImg8bit.png"),
                    let masks = try? named("\(directory)/gtFine/\(middle)*/*_gtFine_\(mark).png")
                else {
                    empty.append(part.isEmpty ? "leftImg8bit" : part)
                    continue
                }
                pairs.append(
                    (
                        part.isEmpty ? "all" : part,
                        try pair(
                            frames, masks,
                            help: "the mask of NAME_leftImg8bit.png is NAME_gtFine_\(mark).png")
                    ))
            }
            guard !pairs.isEmpty else { continue }
            if !empty.isEmpty {
                notes.append("\(directory): \(empty.joined(separator: " and ")) without frames or masks")
            }
            let table = try options.classes ?? (mark == "labelIds" ? Cityscapes.ids() : Cityscapes.trainIds())
            var options = options
            options.by = options.by ?? .value
            return try made(
                parts: pairs, directory: directory, table: table, guessesCamVid: false, notes: notes, options)
        }
        throw TensorError(
            .file,
            "\(directory) has no pairs leftImg8bit/PART/CITY/NAME_leftImg8bit.png and gtFine/PART/CITY/NAME_gtFine_labelIds.png"
        )
    }

    // MARK: PASCAL VOC

    /// PASCAL VOC: the parts that `ImageSets/Segmentation` lists, frames in `JPEGImages`, masks in
    /// `SegmentationClass`; without lists all masks. A folder that holds the one `VOC2012` is taken for it.
    public static func voc(_ directory: String, _ options: MaskOptions) throws -> [Part] {
        var base = directory
        for _ in 0..<2 {
            let folders = try FolderListing(base).folders
            let inner = folders.filter { $0 == "VOCdevkit" || $0.hasPrefix("VOC20") }
            if folders.contains("SegmentationClass") || inner.count != 1 { break }
            base += "/\(inner[0])"
        }
        let folders = try FolderListing(base).folders
        guard folders.contains("JPEGImages"), folders.contains("SegmentationClass") else {
            throw TensorError(
                .file,
                "\(directory) is not laid out like PASCAL VOC: it has no folders JPEGImages and SegmentationClass",
                help: folders.isEmpty ? nil : "\(base) holds \(listText(folders, most: 6))")
        }
        let frames = try FolderListing("\(base)/JPEGImages").pictures
        let masks = try FolderListing("\(base)/SegmentationClass").pictures
        try FoundPicture.checkNames(frames, "picture")
        let byName = Dictionary(frames.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        let maskNames = Set(masks.map(\.name))
        var found: [(part: String, pairs: [FramePair])] = []
        var notes: [String] = []
        let lists = "\(base)/ImageSets/Segmentation"
        for part in parts where FileStatus("\(lists)/\(part).txt", followsLinks: false) != nil {
            let text = try FileReader.text(of: "\(lists)/\(part).txt")
            let names = text.split(whereSeparator: \.isNewline).compactMap {
                $0.split { $0 == " " || $0 == "\t" }.first.map(String.init)
            }
            guard !names.isEmpty else {
                notes.append("\(lists)/\(part).txt lists no frames")
                continue
            }
            // The masks of most tests are not published.
            guard part != "test" || names.contains(where: maskNames.contains) else {
                notes.append("\(base): the masks of test are not there")
                continue
            }
            var known: Set<String> = []
            let twice = names.filter { !known.insert($0).inserted }
            guard twice.isEmpty else {
                throw TensorError(
                    .file,
                    "\(lists)/\(part).txt lists \(FileProblems.list(twice)) more than once",
                    help: "each name is a line of its own, once")
            }
            let missing = names.filter { byName[$0] == nil }
            guard missing.isEmpty else {
                throw TensorError(
                    .file,
                    "\(missing.count) of the \(names.count) frames of \(part).txt are not in \(base)/JPEGImages: \(FileProblems.list(missing))"
                )
            }
            let wanted = Set(names)
            found.append(
                (
                    part,
                    try pair(
                        names.compactMap { byName[$0] }, masks.filter { wanted.contains($0.name) },
                        help: "the mask of JPEGImages/NAME.jpg is SegmentationClass/NAME.png")
                ))
        }
        let parts = Dictionary(uniqueKeysWithValues: found.map { ($0.part, Set($0.pairs.map(\.name))) })
        if let train = parts["train"], let val = parts["val"], !train.isDisjoint(with: val) {
            let both = train.intersection(val).sorted()
            notes.append(
                "\(both.count) frame\(both.count == 1 ? " is" : "s are") in both train.txt and val.txt: \(FileProblems.list(both)); results on val will look better than they are"
            )
        }
        if found.isEmpty {
            let wanted = frames.filter { maskNames.contains($0.name) }
            found = [
                (
                    "all",
                    try pair(
                        wanted, masks, help: "the frame of SegmentationClass/NAME.png is JPEGImages/NAME.jpg")
                )
            ]
        }
        let table =
            try options.classes ?? ClassTable.find(in: [[base, directory]], options) ?? PascalVOC.table()
        return try made(
            parts: found, directory: directory, table: table, guessesCamVid: false, notes: notes, options)
    }

    // MARK: Helpers

    private static func named(_ pattern: String) throws -> [FoundPicture] {
        (try PathPattern(pattern)?.files() ?? []).map {
            FoundPicture(name: $0.stars.last ?? "", path: $0.path)
        }
    }
}

/// The published classes of Cityscapes (Cordts et al. 2016, `labels.py`).
enum Cityscapes {
    private static let labels: [(name: String, isVoid: Bool, red: UInt8, green: UInt8, blue: UInt8)] = [
        ("unlabeled", true, 0, 0, 0), ("ego vehicle", true, 0, 0, 0), ("rectification border", true, 0, 0, 0),
        ("out of roi", true, 0, 0, 0), ("static", true, 0, 0, 0), ("dynamic", true, 111, 74, 0),
        ("ground", true, 81, 0, 81), ("road", false, 128, 64, 128), ("sidewalk", false, 244, 35, 232),
        ("parking", true, 250, 170, 160), ("rail track", true, 230, 150, 140),
        ("building", false, 70, 70, 70),
        ("wall", false, 102, 102, 156), ("fence", false, 190, 153, 153), ("guard rail", true, 180, 165, 180),
        ("bridge", true, 150, 100, 100), ("tunnel", true, 150, 120, 90), ("pole", false, 153, 153, 153),
        ("polegroup", true, 153, 153, 153), ("traffic light", false, 250, 170, 30),
        ("traffic sign", false, 220, 220, 0), ("vegetation", false, 107, 142, 35),
        ("terrain", false, 152, 251, 152), ("sky", false, 70, 130, 180), ("person", false, 220, 20, 60),
        ("rider", false, 255, 0, 0), ("car", false, 0, 0, 142), ("truck", false, 0, 0, 70),
        ("bus", false, 0, 60, 100), ("caravan", true, 0, 0, 90), ("trailer", true, 0, 0, 110),
        ("train", false, 0, 80, 100), ("motorcycle", false, 0, 0, 230), ("bicycle", false, 119, 11, 32),
    ]

    private static func entries(_ values: (Int) -> Int) -> [ClassTable.Entry] {
        labels.enumerated().filter { !$1.isVoid }.enumerated().map { trainID, label in
            let (id, known) = label
            return ClassTable.Entry(
                known.name, colors: [ClassPalette.Color(known.red, known.green, known.blue)],
                value: values(id) < 0 ? trainID : id)
        }
    }

    /// Masks of ids: the 19 classes of evaluation keep their order, all other ids are void.
    static func ids() throws -> ClassTable {
        let voids = labels.indices.filter { labels[$0].isVoid }
        return try ClassTable(entries { $0 }, hasOwnValues: true).withVoid(voids.map { .value($0) })
    }

    /// Masks of train ids, 0 to 18.
    static func trainIds() throws -> ClassTable { try ClassTable(entries { _ in -1 }) }
}

/// The published classes of PASCAL VOC (Everingham et al. 2010), in the colours of its colour map.
enum PascalVOC {
    static func table() throws -> ClassTable {
        let names = [
            "background", "aeroplane", "bicycle", "bird", "boat", "bottle", "bus", "car", "cat", "chair",
            "cow",
            "diningtable", "dog", "horse", "motorbike", "person", "pottedplant", "sheep", "sofa", "train",
            "tvmonitor",
        ]
        let entries = names.enumerated().map { place, name in
            ClassTable.Entry(name, colors: ClassPalette.pascalColor(place).map { [$0] } ?? [], value: place)
        }
        // The border of objects.
        return try ClassTable(entries).withVoid([.color(ClassPalette.Color(224, 224, 192))])
    }
}
