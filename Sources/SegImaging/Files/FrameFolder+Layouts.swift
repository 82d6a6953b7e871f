// The supported layouts of data sets: CamSeq01 (frames and masks side by side). A layout is a listing;
// nothing is decoded here.

import SegTensor

extension FrameFolder {
    /// CamSeq01: `NAME.png` and `NAME_L.png` in one folder, with `label_colors.txt` (else CamVid's 32
    /// classes). Frames without a mask, masks of another size and a folder without frames are errors.
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
                .file, "\(directory) holds \(frames.count) pictures, but no masks (NAME\(maskSuffix).png)")
        }
        return try paired(
            images: listing, frames, masks: listing, all.filter { $0.hasSuffix(maskSuffix) },
            directory: directory,
            palette: palette(in: [listing]))
    }

    private static let maskSuffix = "_L"

    /// The classes that a folder defines, or CamVid's with a note that says so.
    private static func palette(in listings: [FolderListing]) throws -> (palette: ClassPalette, note: String?)
    {
        for listing in listings {
            for name in ["label_colors.txt", "class_dict.csv"] where listing.has(name) {
                return (try ClassPalette.read("\(listing.path)/\(name)"), nil)
            }
        }
        let path = listings.first?.path ?? ""
        return (.camVid, "\(path) has no label_colors.txt: CamVid's 32 classes are used")
    }

    private static func paired(
        images: FolderListing, _ frames: [String], masks: FolderListing, _ labels: [String],
        directory: String,
        palette: (palette: ClassPalette, note: String?)
    ) throws -> FrameFolder {
        let known = Set(labels)
        var used: Set<String> = []
        var missing: [String] = []
        var pairs: [FramePair] = []
        for frame in frames {
            // In a separate folder a mask may have the frame's name.
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
            notes.append("\(orphans.count) masks of \(masks.path) have no frame, for example \(orphans[0])")
        }
        let folder = FrameFolder(directory: directory, palette: palette.palette, pairs: pairs, notes: notes)
        try folder.checkSizes()
        return folder
    }
}
