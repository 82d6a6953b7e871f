// Data sets in files: published layouts, and any pairs of frames and masks. What the masks mean is said here
// by `classes=`, `void=`, `by=` and `strays=`; SegImaging's MaskRule reads them.

import SegImaging
import SegRuntime
import SegTensor

extension Arguments {
    /// The arguments classes, void, by and strays, which begin at a place.
    fileprivate func maskOptions(from place: Int, maker: String) throws -> MaskOptions {
        MaskOptions(
            maker: maker, classes: try classTable(place), void: try voidMarks(place + 1),
            by: try source(place + 2), strays: try strays(place + 3))
    }

    private func source(_ place: Int) throws -> MaskRule.Source? {
        guard let text = try optionalString(place) else { return nil }
        if let source = MaskRule.Source(rawValue: text == "colour" ? "color" : text) { return source }
        throw bad(place, "is \"color\", \"index\" or \"value\", not \(quotedText(text))")
    }

    private func strays(_ place: Int) throws -> MaskRule.Strays {
        switch try optionalString(place) {
        case nil: return .refused
        case "nearest": return .nearest
        case "void": return .void
        case let text?:
            throw bad(
                place,
                "is \"nearest\" or \"void\", or left out so that they are errors, not \(quotedText(text))")
        }
    }

    /// A table from a file, a list of names, or a record of names to colours or values.
    fileprivate func classTable(_ place: Int) throws -> ClassTable? {
        if isNil(place) { return nil }
        if let path = values[place].asString { return try ClassTable.read(path) }
        if let items = values[place].asList?.items {
            let names = items.compactMap(\.asString)
            guard names.count == items.count, !names.isEmpty else { throw wrongClasses(place) }
            return try ClassTable(names: names)
        }
        guard let record = values[place].asRecord, record.count > 0 else { throw wrongClasses(place) }
        let marks = try zip(record.names, record.values).map { (name: $0, mark: try mark($1, place)) }
        let values = marks.map { entry -> Int? in
            if case .value(let value) = entry.mark { value } else { nil }
        }
        if values.allSatisfy({ $0 != nil }) {
            return try ClassTable(
                zip(marks, values).map { ClassTable.Entry($0.name, value: $1 ?? 0) }, hasOwnValues: true)
        }
        guard values.allSatisfy({ $0 == nil }) else {
            throw bad(
                place, "gives some classes colours and others values",
                help:
                    "write a colour for each, classes=(Road=[128, 64, 128], …), or a value for each, classes=(Road=7, …)"
            )
        }
        return try ClassTable(
            marks.enumerated().map { number, entry in
                guard case .colors(let colors) = entry.mark else { throw wrongClasses(place) }
                return ClassTable.Entry(entry.name, colors: colors, value: number)
            })
    }

    private func wrongClasses(_ place: Int) -> Failure {
        wrong(
            place, "a list of names, a record of names to colours or values, or the path of a table",
            help:
                "classes=[\"Road\", \"Sky\"], classes=(Road=[128, 64, 128], Sky=[128, 128, 128]) or classes=(Road=7, Sky=23)"
        )
    }

    private enum ClassMark {
        case value(Int)
        case colors([ClassPalette.Color])
    }

    private func mark(_ value: Value, _ place: Int) throws -> ClassMark {
        if case .number(let number) = value {
            guard let whole = Int(exactly: number) else { throw wrongClasses(place) }
            return .value(whole)
        }
        guard let items = value.asList?.items, let first = items.first else { throw wrongClasses(place) }
        return .colors(try first.asList == nil ? [color(value, place)] : items.map { try color($0, place) })
    }

    /// A colour `[r, g, b]`.
    fileprivate func color(_ value: Value, _ place: Int) throws -> ClassPalette.Color {
        let parts = try interpreter.numbers(value)?.compactMap { UInt8(exactly: $0) } ?? []
        guard parts.count == 3, value.asList?.items.count == 3 else {
            throw Failure(
                .value,
                "\(native.name): a colour is three numbers from 0 to 255, [128, 64, 128], not \(interpreter.describe(value))",
                argument: place)
        }
        return ClassPalette.Color(parts[0], parts[1], parts[2])
    }

    /// What `void=` names: a name, a number or a colour, or a list of them.
    func voidMarks(_ place: Int) throws -> [ClassTable.VoidMark] {
        func one(_ value: Value) throws -> ClassTable.VoidMark {
            if let name = value.asString { return .name(name) }
            if case .number(let number) = value {
                guard let whole = Int(exactly: number) else {
                    throw bad(place, "names the value \(Tensor.text(of: number)); values are whole numbers")
                }
                return .value(whole)
            }
            if value.asList != nil { return .color(try color(value, place)) }
            throw wrong(
                place, "names, values or colours of classes, one or a list",
                help: "void=\"Void\", void=255, void=[0, 0, 0] or void=[\"Void\", \"Sky\"]")
        }
        if isNil(place) { return [] }
        guard let items = values[place].asList?.items else { return [try one(values[place])] }
        let marks = try items.map(one)
        let numbers = marks.compactMap { mark -> Int? in
            if case .value(let value) = mark { value } else { nil }
        }
        // Three numbers are a colour where the classes have colours.
        return items.count == 3 && numbers.count == 3 && numbers.allSatisfy { (0...255).contains($0) }
            ? [.three(numbers[0], numbers[1], numbers[2])] : marks
    }

    /// What a layout lists, which may be many files.
    fileprivate func listed<Listing: Sendable>(
        _ maker: String, _ list: @escaping @Sendable (String, MaskOptions) throws -> Listing
    ) throws -> Listing {
        let (path, options) = (try string(0), try maskOptions(from: 1, maker: maker))
        return try interpreter.awaited { try list(path, options) }
    }

    /// Prints a folder's notes and makes its data set.
    fileprivate func made(_ folder: FrameFolder) throws -> Value {
        for note in folder.notes { interpreter.note(note) }
        return .object(try DatasetValue(FolderDataset(folder)))
    }

    /// A record of the parts of a data set.
    fileprivate func made(_ parts: [FrameFolder.Part]) throws -> Value {
        .object(RecordObject(try parts.map { ($0.part, try made($0.frames)) }))
    }
}

/// The part of the help about masks that all makers share.
private let maskHelp =
    "classes= gives the classes: names in the order of the masks' numbers, a record of names to colours or "
    + "values, or the path of a table. void= turns names, values or colours into void, which is 255 and never "
    + "counts; three numbers are values where all three are values of classes, else a colour where classes have "
    + "colours, and [[r, g, b]] is always a colour. by= says what decides, \"color\", \"index\" or \"value\". strays=\"nearest\" or \"void\" takes "
    + "colours of no class, or levels of gray between those of classes, which are errors otherwise."

let folderNatives: [Native] = [
    Native(
        "camseq(dir, classes=nil, void=nil, by=nil, strays=nil)",
        "The frames of a folder in CamSeq01's layout: NAME.png (or .jpg) with its mask NAME_L.png. "
            + "Its classes are those of label_colors.txt, class_dict.csv or labelmap.txt. \(maskHelp)",
        examples: [
            "camseq(\"CamSeq01\")  # expect error: cannot read the folder CamSeq01",
            """
            s = streets(count=1, size=32)[0]
            write_image(s.image, "f.png")
            write_image(s.mask > 16, "f_L.png")
            print(camseq(".", classes=["Other", "Ground"]).classes)  # expect: ["Other", "Ground"]
            """,
        ]
    ) { call in
        try call.made(call.listed("camseq", FrameFolder.camSeq))
    },
    Native(
        "folder(images, masks, classes=nil, void=nil, by=nil, strays=nil)",
        "Any pairs of frames and masks: two folders, or two patterns whose `*` stand for the same. `**` stands for any "
            + "number of folders. In folders the mask of NAME is NAME, NAME_L or NAME_mask. Every file without a partner is in one "
            + "error. \(maskHelp)",
        examples: [
            """
            s = streets(count=1, size=32)[0]
            write_image(s.image, "a_frame.png")
            write_image(s.mask > 16, "a_ids.png")
            data = folder(images="*_frame.png", masks="*_ids.png", classes=["Other", "Ground"])
            print(len(data), data.classes)  # expect: 1 ["Other", "Ground"]
            """
        ]
    ) { call in
        let (images, masks) = (try call.string(0), try call.string(1))
        let options = try call.maskOptions(from: 2, maker: "folder")
        return try call.made(
            call.interpreter.awaited { try FrameFolder.pairs(images: images, masks: masks, options) })
    },
    Native(
        "camvid(dir, classes=nil, void=nil, by=nil, strays=nil)",
        "CamVid as a record of its parts, train, val and test, or all. The parts are folders of these names "
            + "with trainannot or train_labels and so on; all is 701_StillsRaw_full with LabeledApproved_full. "
            + maskHelp,
        examples: ["camvid(\"CamVid\").train  # expect error: cannot read the folder CamVid"]
    ) { call in
        try call.made(call.listed("camvid", FrameFolder.camVid))
    },
    Native(
        "cityscapes(dir, classes=nil, void=nil, by=nil, strays=nil)",
        "Cityscapes as a record of its parts, train and val, in its 19 classes; all other ids are void. The "
            + "files are in leftImg8bit and gtFine. \(maskHelp)",
        examples: ["cityscapes(\"Cityscapes\").val  # expect error: is not laid out like Cityscapes"]
    ) { call in
        try call.made(call.listed("cityscapes", FrameFolder.cityscapes))
    },
    Native(
        "voc(dir, classes=nil, void=nil, by=nil, strays=nil)",
        "PASCAL VOC as a record of its parts, train and val, in 21 classes; the borders of objects are void. "
            + "The parts are those that ImageSets/Segmentation lists. \(maskHelp)",
        examples: ["voc(\"VOC2012\").train  # expect error: cannot read the folder VOC2012"]
    ) { call in
        try call.made(call.listed("voc", FrameFolder.voc))
    },
    Native(
        "regroup(data, groups)",
        "The data with classes merged, renamed, dropped and ordered. The groups are a record of each new name "
            + "to one old name or a list; classes in no group become void, and [] makes a class without pixels. A "
            + "list of names keeps these classes. "
            + "`camvid_groups` makes the usual 11 of CamVid's 32.",
        examples: [
            """
            data = streets(count=1, size=32).regroup((Ground=["Road", "Sidewalk"], Sky="Sky"))
            print(data.classes)  # expect: ["Ground", "Sky"]
            print(data.regroup((Sky="Sky", Ice=[])).counts.labels)  # expect: ["Sky", "Ice"]
            """
        ]
    ) { call in
        let regrouped = try Regrouped(try call.dataset(0).dataset, try call.groups(1))
        for note in regrouped.notes { call.interpreter.note(note) }
        return .object(try DatasetValue(regrouped))
    },
    Native(
        "with_colors(data, colors)",
        "The data with other colours for some classes in pictures: a record of names to [red, green, blue].",
        examples: [
            """
            data = streets(count=1, size=32).with_colors((Road=[90, 90, 90], Sky=[90, 160, 255]))
            print(len(data))  # expect: 1
            """
        ]
    ) { call in
        let record = try call.record(1)
        return .object(
            try DatasetValue(
                try Recolored(
                    try call.dataset(0).dataset,
                    try zip(record.names, record.values).map { ($0, try call.color($1, 1)) })))
    },
]

extension Arguments {
    /// Groups of classes: a record of new names to one or several old names, or a list of names to keep.
    fileprivate func groups(_ place: Int) throws -> [(name: String, members: [String])] {
        func names(_ value: Value) throws -> [String] {
            if let name = value.asString { return [name] }
            let items = value.asList?.items ?? []
            let names = items.compactMap(\.asString)
            // An empty list makes a class without pixels.
            guard names.count == items.count, value.asList != nil else {
                throw wrong(
                    place, "a record of new names to old names, one or a list",
                    help: "regroup(data, (Ground=[\"Road\", \"Sidewalk\"], Sky=\"Sky\"))")
            }
            return names
        }
        if values[place].asList != nil { return try names(values[place]).map { ($0, [$0]) } }
        let record = try record(place)
        return try zip(record.names, record.values).map { ($0, try names($1)) }
    }
}

let folderValues: [LibraryValue] = [
    LibraryValue(
        "camvid_groups",
        "The usual 11 classes of CamVid as groups of its 32, for `regroup` (Badrinarayanan et al. 2017).",
        topic: "data",
        examples: [
            "print(len(streets(count=1, size=32).regroup(camvid_groups).classes))  # expect: 11"
        ]
    ) { _ in
        .object(
            RecordObject(
                [
                    ("Sky", ["Sky"]), ("Building", ["Building", "Wall", "Tunnel", "Bridge", "Archway"]),
                    ("Pole", ["Column_Pole", "TrafficCone"]),
                    ("Road", ["Road", "LaneMkgsDriv", "LaneMkgsNonDriv"]),
                    ("Pavement", ["Sidewalk", "ParkingBlock", "RoadShoulder"]),
                    ("Tree", ["Tree", "VegetationMisc"]),
                    ("SignSymbol", ["SignSymbol", "Misc_Text", "TrafficLight"]), ("Fence", ["Fence"]),
                    ("Car", ["Car", "SUVPickupTruck", "Truck_Bus", "Train", "OtherMoving"]),
                    ("Pedestrian", ["Pedestrian", "Child", "CartLuggagePram", "Animal"]),
                    ("Bicyclist", ["Bicyclist", "MotorcycleScooter"]),
                ].map { ($0.0, .list($0.1.map { .string($0) })) }))
    }
]
