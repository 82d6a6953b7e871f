// The layouts that datasets come in: CamSeq01 (frames and masks side by side), CamVid (two folders, or train, val and
// test with their label folders), and any two folders. A layout is a listing; nothing is decoded here.

import SegTensor

extension FrameFolder {
    /// CamSeq01: `NAME.png` and `NAME_L.png` in one folder, with `label_colors.txt` (else CamVid's 32 classes). Frames
    /// without a mask, masks of another size and a folder without frames are errors.
    public static func camSeq(_ directory: String) throws -> FrameFolder {
        let listing = try FolderListing(directory)
        let all = listing.pictures
        let frames = all.filter { !$0.hasSuffix(maskSuffix) }
        guard !frames.isEmpty else {
            guard !all.isEmpty else { throw listing.withoutPictures() }
            throw TensorError(
                .file, "\(directory) holds \(all.count) masks (…\(maskSuffix).png), but no frames")
        }
        if !all.contains(where: { $0.hasSuffix(maskSuffix) }) {
            throw TensorError(
                .file, "\(directory) holds \(frames.count) pictures, but no masks (NAME\(maskSuffix).png)",
                help: "for masks in a folder of their own: folder(images=, masks=, classes=) or camvid(dir)")
        }
        return try paired(
            images: listing, frames, masks: listing, all.filter { $0.hasSuffix(maskSuffix) },
            directory: directory,
            palette: palette(in: [listing]))
    }

    /// CamVid, in either of its layouts: `701_StillsRaw_full` and `LabeledApproved_full`, given as one part named
    /// `all`, or `train`, `val` and `test` with `train_labels` and so on. A folder in CamSeq01's layout is one part too.
    public static func camVid(_ directory: String) throws -> [(part: String, frames: FrameFolder)] {
        let listing = try FolderListing(directory)
        let splits = ["train", "val", "test"].filter { listing.folders.contains($0) }
        if !splits.isEmpty {
            return try splits.map { part in
                guard let labels = ["\(part)_labels", "\(part)annot"].first(where: listing.folders.contains)
                else {
                    throw TensorError(.file, "\(directory) has the folder \(part), but no \(part)_labels")
                }
                return (part, try folders(directory, part, labels, listing))
            }
        }
        let images = ["701_StillsRaw_full", "images"].first(where: listing.folders.contains)
        let masks = ["LabeledApproved_full", "labels", "masks"].first(where: listing.folders.contains)
        if let images, let masks { return [("all", try folders(directory, images, masks, listing))] }
        if let images {
            throw TensorError(
                .file, "\(directory) has the folder \(images), but no LabeledApproved_full with the masks")
        }
        if !listing.pictures.isEmpty { return [("all", try camSeq(directory))] }
        throw TensorError(
            .file, "\(directory) is not laid out like CamVid",
            help:
                "expected 701_StillsRaw_full and LabeledApproved_full, or train and train_labels; it holds \(listing.folders.isEmpty ? "no folders" : listing.folders.prefix(6).joined(separator: ", "))"
        )
    }

    /// Any two folders: the mask of `NAME.png` is `NAME.png` or `NAME_L.png` in the other one. Without a palette the
    /// masks' folder, or the one above, must hold a `label_colors.txt` or `class_dict.csv`, else CamVid's is taken.
    public static func paired(images: String, masks: String, palette: Palette? = nil) throws -> FrameFolder {
        let frames = try FolderListing(images)
        let labels = try FolderListing(masks)
        guard !frames.pictures.isEmpty else { throw frames.withoutPictures() }
        guard !labels.pictures.isEmpty else { throw labels.withoutPictures() }
        let found = try palette.map { ($0, nil) } ?? FrameFolder.palette(in: [labels, frames])
        return try paired(
            images: frames, frames.pictures, masks: labels, labels.pictures, directory: images, palette: found
        )
    }

    private static let maskSuffix = "_L"

    private static func folders(
        _ directory: String, _ images: String, _ masks: String, _ above: FolderListing
    ) throws -> FrameFolder {
        let frames = try FolderListing("\(directory)/\(images)")
        let labels = try FolderListing("\(directory)/\(masks)")
        guard !frames.pictures.isEmpty else { throw frames.withoutPictures() }
        guard !labels.pictures.isEmpty else { throw labels.withoutPictures() }
        return try paired(
            images: frames, frames.pictures, masks: labels, labels.pictures, directory: directory,
            palette: palette(in: [above, labels]))
    }

    /// The classes that a folder names, or CamVid's with a note that says so.
    private static func palette(in listings: [FolderListing]) throws -> (palette: Palette, note: String?) {
        for listing in listings {
            for name in ["label_colors.txt", "class_dict.csv"] where listing.has(name) {
                return (try Palette.read("\(listing.path)/\(name)"), nil)
            }
        }
        let path = listings.first?.path ?? ""
        return (.camVid, "\(path) has no label_colors.txt: CamVid's 32 classes are taken")
    }

    private static func paired(
        images: FolderListing, _ frames: [String], masks: FolderListing, _ labels: [String],
        directory: String,
        palette: (palette: Palette, note: String?)
    ) throws -> FrameFolder {
        let known = Set(labels)
        var used: Set<String> = []
        var missing: [String] = []
        var pairs: [FramePair] = []
        for frame in frames {
            // In a folder of its own a mask may have the frame's name.
            let names = images.path == masks.path ? [frame + maskSuffix] : [frame + maskSuffix, frame]
            guard let mask = names.first(where: known.contains) else {
                missing.append(frame)
                continue
            }
            used.insert(mask)
            pairs.append(FramePair(name: frame, image: images.file(frame), mask: masks.file(mask)))
        }
        guard missing.isEmpty else {
            let some = missing.prefix(3).joined(separator: ", ") + (missing.count > 3 ? ", …" : "")
            throw TensorError(
                .file,
                "\(missing.count) of \(frames.count) frames of \(images.path) have no mask in \(masks.path): \(some)",
                help: "the mask of NAME.png is NAME\(maskSuffix).png")
        }
        var notes = palette.note.map { [$0] } ?? []
        let orphans = labels.filter { !used.contains($0) }
        if !orphans.isEmpty {
            notes.append("\(orphans.count) masks of \(masks.path) have no frame, \(orphans[0]) among them")
        }
        let folder = FrameFolder(directory: directory, palette: palette.palette, pairs: pairs, notes: notes)
        try folder.checkSizes()
        return folder
    }
}
