// Views of data sets: parts, other sizes, tiles, normalisation. They work alike on data sets of scripts.

import SegImaging
import SegRuntime
import SegSystem
import SegTensor

extension Arguments {
    fileprivate func frameSize(_ place: Int, shorter: Int) throws -> FrameSize {
        if !values[shorter].isNil {
            guard values[place].isNil else {
                throw Failure(
                    .call, "resize: size and shorter are two ways to give the size; one of them is needed",
                    help: "resize(data, [h, w]) has that height and width")
            }
            return .shorter(try integer(shorter))
        }
        guard let sizes = try integers(place), let first = sizes.first, sizes.count <= 2 else {
            throw Failure(
                .call,
                "resize needs a size: resize(data, 520), resize(data, [h, w]) or resize(data, shorter=520)")
        }
        return .exact(height: first, width: sizes.last ?? first)
    }

    /// Three numbers, one per channel; one number applies to all.
    fileprivate func channels(_ place: Int) throws -> [Double] {
        let numbers = try tensor(place).doubles()
        return numbers.count == 1 ? [numbers[0], numbers[0], numbers[0]] : numbers
    }

    /// A view of the first argument.
    fileprivate func view(_ make: (any Dataset) throws -> any Dataset) throws -> Value {
        .object(try DatasetValue(try make(try dataset(0).dataset)))
    }

    /// What random parts are drawn by: a seed, or the script's random numbers.
    fileprivate func key(_ seed: Int) throws -> RandomKey {
        isNil(seed)
            ? interpreter.random.stream.next()
            : RandomKey(seed: UInt64(bitPattern: Int64(try integer(seed))))
    }

    // MARK: Splitting

    /// The names in a file, one a line, the first where there are several: `train/a.png trainannot/a.png`.
    private func names(inFile path: String, _ place: Int) throws -> [String] {
        let names = try FileReader.text(of: path).split(whereSeparator: \.isNewline).map {
            String($0.trimmed)
        }.filter {
            !$0.isEmpty && !$0.hasPrefix("#")
        }
        guard !names.isEmpty else { throw bad(place, "names the file \(path), which lists no samples") }
        return names
    }

    /// The names of one part: a list of them, or a file.
    private func names(_ value: Value, _ place: Int) throws -> [String] {
        if let path = value.asString { return try names(inFile: path, place) }
        guard let items = value.asList?.items else { throw wrongParts(place) }
        return try items.map { item in
            guard let name = item.asString else { throw wrongParts(place) }
            return name
        }
    }

    private func wrongParts(_ place: Int) -> Failure {
        wrong(
            place, "fractions, counts, or names of samples",
            help:
                "[0.7, 0.3], [60, 18], \"train.txt\", [\"train.txt\", \"val.txt\"] or (train=\"train.txt\", val=[\"name\", …])"
        )
    }

    /// Parts by names, and how many samples are in none.
    fileprivate func namedParts(_ data: any Dataset, _ place: Int) throws -> Value? {
        let value = values[place]
        if let record = value.asRecord {
            let lists = try record.values.map { try names($0, place) }
            let (parts, others) = try Splitting.split(data, named: lists)
            noteUnlisted(others.count, data.count)
            return .record(
                try zip(record.names, parts).map { ($0, .object(try DatasetValue($1))) })
        }
        let lists: [[String]]
        var isOne = false
        if value.asString != nil {
            (lists, isOne) = ([try names(value, place)], true)
        } else if let items = value.asList?.items, let first = items.first, first.asList != nil {
            lists = try items.map { try names($0, place) }
        } else if let items = value.asList?.items, let first = items.first?.asString {
            // Files, or the names of samples themselves.
            let known = Set(try Splitting.names(of: data))
            let isFile =
                !known.contains(first)
                && (FileStatus(first)?.kind == .file || FileStatus.isBrokenLink(first))
            lists = isFile ? try items.map { try names($0, place) } : [try names(value, place)]
            isOne = !isFile || items.count == 1
        } else {
            return nil
        }
        let (parts, others) = try Splitting.split(data, named: lists)
        if !isOne { noteUnlisted(others.count, data.count) }
        let all = isOne ? parts + [try Subset(data, others)] : parts
        return .list(try all.map { .object(try DatasetValue($0)) })
    }

    private func noteUnlisted(_ count: Int, _ all: Int) {
        if count > 0 {
            interpreter.note("split: \(count) of \(all) samples are in no part")
        }
    }
}

/// How many samples of a part are near to a frame of another, or of a picture that it has, too. With `asPictures`,
/// how many different pictures they show.
private func nearFrames(
    _ part: any Dataset, _ other: any Dataset, within: Int, asPictures: Bool = false
) throws -> Int {
    let shared = try Splitting.shared(part, with: other)
    let near = try Splitting.nearest(part, to: other).enumerated().filter { $1 <= within || shared[$0] }
    return asPictures ? Set(near.map { part.origin($0.offset) }).count : near.count
}

extension Interpreter {
    /// A note on held-out samples that are near to training ones.
    fileprivate func noteNear(_ parts: [(held: any Dataset, train: any Dataset)], _ what: String) throws {
        let near = try parts.reduce(0) { $0 + (try nearFrames($1.held, $1.train, within: 2)) }
        let all = parts.reduce(0) { $0 + $1.held.count }
        note(
            "\(what): \(near) of \(all) held-out frames are within 2 frames of a training frame, "
                + "nearly the same picture; results will look better than they are")
    }

    /// A note where a cut of a data set leaves samples of one picture on both sides.
    fileprivate func noteDivided(_ name: String, _ pictures: Int) {
        guard pictures > 0 else { return }
        output(
            "note: \(name): \(pictures == 1 ? "1 picture has" : "\(pictures) pictures have") samples in two parts, as tiles or repetitions; results will look better than they are: divide the data first, then cut each part into tiles\n"
        )
    }
}

let viewNatives: [Native] = [
    Native(
        "split(data, parts, by=\"block\", seed=nil)",
        "Parts of data: by fractions or counts, as blocks of the sequence, or by the names of samples. "
            + "by=\"random\" draws frames, and warns about similar ones. Names are a list, or a file with one a "
            + "line: one of them gives [those named, the others], several give a part each, a record a record.",
        examples: [
            "a, b = split(streets(count=10, size=32), [0.8, 0.2])\nprint(len(a), len(b))  # expect: 8 2",
            "a, b = split(streets(count=10, size=32), [7, 3])\nprint(len(a), len(b))  # expect: 7 3",
            """
            data = streets(count=4, size=32)
            write_text("val.txt", "street0_1\\nstreet0_3\\n")
            val, train = split(data, "val.txt")
            print(val.names, len(train))  # expect: ["street0_1", "street0_3"] 2
            """,
        ]
    ) { call in
        let how = try call.string(2)
        guard ["block", "random"].contains(how) else {
            throw Failure(.value, "split: by is \"block\" or \"random\", not \(quotedText(how))", argument: 2)
        }
        guard how == "random" || call.isNil(3) else {
            throw call.bad(
                3, "has no effect: blocks and names are not drawn", help: "by=\"random\" draws frames")
        }
        let data = try call.dataset(0)
        if let parts = try call.namedParts(data.dataset, 1) {
            guard how == "block" else { throw call.bad(2, "has no effect: the parts are given by names") }
            return parts
        }
        if case .number(let part) = call[1] {
            throw call.bad(
                1, "is the number \(numberText(part)); it lists all parts",
                help: part < 1 ? "split(data, [0.8, 0.2])" : "split(data, [7, 3])")
        }
        if case .bool = call[1] { throw call.wrong(1, "fractions, counts or names") }
        let parts = try Splitting.split(
            data.dataset, try call.numbers(1) ?? call.tensor(1).doubles(),
            randomly: how == "random" ? try call.key(3) : nil)
        let divided = try Splitting.divided(parts)
        let isShuffled = try how == "block" && divided == 0 && !Splitting.isInOrder(data.dataset)
        if how == "random" || isShuffled, let first = parts.first, parts.count > 1 {
            try call.interpreter.noteNear(
                parts.dropFirst().map { ($0, first) },
                "\(how == "random" ? "random split" : "split of shuffled data")")
        }
        call.interpreter.noteDivided("split", divided)
        let left = data.dataset.count - parts.reduce(0) { $0 + $1.count }
        if left > 0 {
            call.interpreter.note("split: \(left) of \(data.dataset.count) samples are in no part")
        }
        return .list(try parts.map { .object(try DatasetValue($0)) })
    },
    Native(
        "kfold(data, k)",
        "A list of k pairs [training part, validation part]; the validation parts are blocks.",
        examples: [
            "folds = kfold(streets(count=10, size=32), 5)\nprint(len(folds), len(folds[0][0]))  # expect: 5 8"
        ]
    ) { call in
        let folds = try Splitting.folds(try call.dataset(0).dataset, try call.integer(1))
        let divided = try Splitting.divided(folds.map(\.validation))
        call.interpreter.noteDivided("kfold", divided)
        if try divided == 0 && !Splitting.isInOrder(try call.dataset(0).dataset) {
            try call.interpreter.noteNear(folds.map { ($0.validation, $0.train) }, "folds of shuffled data")
        }
        return .list(
            try folds.map { fold in
                .list([.object(try DatasetValue(fold.train)), .object(try DatasetValue(fold.validation))])
            })
    },
    Native(
        "leakage(train, val, within=2, pictures=false)",
        "How many samples of val are within so many frames of one of train in the same sequence, or in both. Such "
            + "samples are nearly the same pictures, and so are files with the same bytes. With within=0 only "
            + "the same pictures count. pictures=true counts different pictures, of which tiles and copies are samples.",
        examples: [
            """
            data = streets(count=10, size=32)
            print(leakage(data[0..<8], data[8...]), leakage(subset(data, 0..<8), subset(data, [3, 9])))  # expect: 2 2
            """
        ]
    ) { call in
        let (train, val) = (try call.dataset(0).dataset, try call.dataset(1).dataset)
        return .number(
            Double(
                try nearFrames(
                    val, train, within: try call.integer(2, atLeast: 0), asPictures: try call.bool(3))))
    },
    Native(
        "check_pictures(...datasets)",
        "Reads all pictures and masks of data sets, and raises one error that lists all that cannot be used. Large "
            + "data are not decoded; their files are checked for being there and whole. Samples that scripts make are "
            + "made. nil is passed over.",
        examples: ["check_pictures(streets(count=2, size=32))\nprint(\"whole\")  # expect: whole"]
    ) { call in
        let given = call.rest(0).filter { !$0.isNil }
        let interpreter = call.interpreter
        let sets = try given.map { value in
            guard let data = try interpreter.dataset(value) else { throw call.wrong(0, "data sets") }
            return data.dataset
        }
        // What scripts make is looked at without a change to the random numbers of training.
        let state = interpreter.random.stream.state
        defer { interpreter.random.stream.state = state }
        try FrameCheck.run(sets, interrupted: { try interpreter.checkInterrupt() })
        return .nilValue
    },
    Native(
        "concat(...datasets)",
        "Data sets one after the other. Their classes must be the same, all or none of them normalised; other "
            + "colours or sizes are noted.",
        examples: ["a = streets(count=2, size=32)\nprint(len(concat(a, a)))  # expect: 4"]
    ) { call in
        let joined = try Concatenation(try call.datasets(0))
        for note in joined.notes { call.interpreter.note(note) }
        return .object(try DatasetValue(joined))
    },
    Native(
        "shuffle(data, seed=nil)", "The samples in random order, the same for the same seed.",
        examples: [
            "data = streets(count=3, size=32)\nprint(shuffle(data, seed=1).names == shuffle(data, seed=1).names)  # expect: true"
        ]
    ) { call in
        let key = try call.key(1)
        return try call.view { data in
            try Subset(data, try Tensor.permutation(data.count, key: key).doubles().map { Int($0) })
        }
    },
    Native(
        "subset(data, indices)",
        "Some samples, by a list or tensor of their positions, or by a tensor of bool with an entry for each sample.",
        examples: ["print(len(subset(streets(count=5, size=32), [0, 4])))  # expect: 2"]
    ) { call in
        let indices = try call.samplePositions(1, of: try call.dataset(0).dataset.count)
        return try call.view { try Subset($0, indices) }
    },
    Native(
        "resize(data, size=nil, shorter=nil)",
        "Pictures resized with antialiasing, masks by the nearest pixel. resize(data, 520) is square, "
            + "resize(data, [h, w]) has that size, resize(data, shorter=520) keeps the proportion.",
        examples: ["print(streets(count=1, size=[60, 80]).resize(32)[0].image.shape)  # expect: [3, 32, 32]"]
    ) { call in
        let size = try call.frameSize(1, shorter: 2)
        return try call.view { try ChangedDataset($0, .resized(size)) }
    },
    Native(
        "tiles(data, size, overlap=0)",
        "The pictures cut into tiles, row by row, each a sample. Sizes are one number or [h, w]. The last tile of "
            + "a row or column ends at the border; what is outside of a smaller picture is black and void.",
        examples: [
            "print(tiles(streets(count=2, size=[60, 80]), 32, overlap=8).names[0...2])  # expect: [\"street0_0@0,0\", \"street0_0@0,24\", \"street0_0@0,48\"]"
        ]
    ) { call in
        let (height, width) = try call.pair(1)
        let overlap = try call.integer(2)
        return try call.view { try Tiles($0, height: height, width: width, overlap: overlap) }
    },
    Native(
        "normalize(data, mean=imagenet_mean, std=imagenet_std)",
        "Pictures as float32, (x / 255 - mean) / std by channel; by default with ImageNet's numbers.",
        examples: ["print(streets(count=1, size=32).normalize()[0].image.dtype)  # expect: float32"]
    ) { call in
        let (mean, deviation) = (try call.channels(1), try call.channels(2))
        if let most = (mean + deviation).max(), most > 1, mean.allSatisfy({ $0 > 1 }),
            deviation.allSatisfy({ $0 > 1 })
        {
            throw Failure(
                .value,
                "normalize: these numbers are for pictures of 0 to 255, and here pictures are of 0 to 1",
                help: "divide both by 255: normalize(data, tensor(mean) / 255, tensor(std) / 255)")
        }
        let normalization = try Normalization(mean: mean, deviation: deviation)
        return try call.view { try ChangedDataset($0, .normalized(normalization)) }
    },
    Native(
        "sample_pictures(data)",
        "Which samples are of the same picture, as tiles and changed copies are. A record of `picture`, the number of "
            + "each sample's picture in the order in which they first occur, their `count`, and `repeated`, the share "
            + "of the pixels of tiles that other tiles of the picture show, too.",
        examples: [
            """
            p = sample_pictures(streets(count=2, size=[40, 60]).tiles(40, overlap=20))
            print(p.picture.to_list(), p.count, "{p.repeated:.2}")  # expect: [0, 0, 1, 1] 2 0.25
            """
        ]
    ) { call in
        let found = try SamplePictures(try call.dataset(0).dataset)
        return .object(
            RecordObject([
                (
                    "picture",
                    .tensor(
                        try Tensor.from(
                            found.numbers.map { Double($0) }, shape: [found.numbers.count], dtype: .int64))
                ),
                ("count", .number(Double(found.count))),
                ("repeated", .number(found.pixels == 0 ? 0 : Double(found.repeated) / Double(found.pixels))),
            ]))
    },
]

extension Arguments {
    /// The data set of the first argument padded to at least a size; nil if it is none.
    func paddedDataset(_ size: Int) throws -> Value? {
        guard let data = try optionalDataset(0) else { return nil }
        let (height, width) = try pair(size)
        return .object(
            try DatasetValue(try ChangedDataset(data.dataset, .padded(height: height, width: width))))
    }

    /// A data set mapped by a function of (image, mask); nil for other collections and functions of one argument.
    func mappedDataset(_ function: Value) throws -> Value? {
        guard interpreter.requiredArguments(of: function) == 2, let data = try optionalDataset(0) else {
            return nil
        }
        return .object(try DatasetValue(try MappedDataset(data.dataset, function, interpreter)))
    }

    /// The samples of a data set for which a function of the sample, or of (image, mask), is true; nil for other
    /// collections.
    func filteredDataset(_ function: Value) throws -> Value? {
        guard let data = try optionalDataset(0) else { return nil }
        let takesTwo = interpreter.requiredArguments(of: function) == 2
        var kept: [Int] = []
        for index in 0..<data.dataset.count {
            try interpreter.checkInterrupt()
            let sample = try data.sample(index)
            let given =
                takesTwo
                ? [sample["image"], sample["mask"]].compactMap { $0 } : [Value.object(sample)]
            if try interpreter.truth(interpreter.call(function, given)) { kept.append(index) }
        }
        return .object(try DatasetValue(try Subset(data.dataset, kept)))
    }
}
