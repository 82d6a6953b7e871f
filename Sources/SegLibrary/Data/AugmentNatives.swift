// Changed copies of samples: `augment`, and the changes that it makes.

import SegImaging
import SegRuntime
import SegSystem
import SegTensor

/// One kind of augmentation, as `rotate(15)` returns it.
final class AugmentationValue: ForeignValue {
    let augmentation: Augmentation
    init(_ augmentation: Augmentation) {
        self.augmentation = augmentation
        super.init()
    }
    override var typeName: String { "augmentation" }
    override func saved(_ interpreter: Interpreter) -> (kind: String, parts: Value)? { savedParts() }
    override func line(_ interpreter: Interpreter) -> String { augmentation.text }
}

extension Arguments {
    fileprivate func augmentations(_ place: Int) throws -> [Augmentation] {
        func one(_ value: Value) throws -> Augmentation {
            guard let found = value.foreign(AugmentationValue.self) else {
                throw wrong(
                    place, "hflip(), rotate(15) and the like, one or a list",
                    help: interpreter.isCallable(value) ? "an augmentation is made by a call: hflip()" : nil)
            }
            return found.augmentation
        }
        if case .object(let list as ListObject) = values[place] { return try list.items.map(one) }
        return [try one(values[place])]
    }

    /// A range of draws within bounds; a number stands for itself, or for a range about zero.
    fileprivate func draws(
        _ place: Int, _ what: String, in bounds: ClosedRange<Double>, example: String,
        about zero: Bool = false
    ) throws -> ClosedRange<Double> {
        let drawn: (low: Double, high: Double)
        if case .object(let range as RangeObject) = values[place] {
            guard let end = range.end, end >= range.start else {
                throw wrong(place, "a range of \(what) such as \(example)")
            }
            drawn = (range.start, end)
        } else {
            guard let number = try interpreter.number(from: values[place]) else {
                throw wrong(place, "a number, or a range of \(what) such as \(example)")
            }
            guard !zero || number >= 0 else {
                throw bad(place, "must be 0 or more: it is drawn in either direction")
            }
            drawn = zero ? (-number, number) : (number, number)
        }
        guard drawn.low <= drawn.high, bounds.contains(drawn.low), bounds.contains(drawn.high) else {
            let (low, high) = (
                zero ? 0 : bounds.lowerBound, bounds.upperBound
            )
            let given =
                drawn.low == drawn.high || zero && drawn.low == -drawn.high
                ? Tensor.text(of: drawn.high)
                : "\(Tensor.text(of: drawn.low))...\(Tensor.text(of: drawn.high))"
            throw bad(
                place, "must be from \(Tensor.text(of: low)) to \(Tensor.text(of: high)), not \(given)")
        }
        return drawn.low...drawn.high
    }

    /// A change with the probability `p=`.
    fileprivate func change(_ change: Augmentation.Change, p place: Int) throws -> Value {
        guard !isNil(place) else { return .object(AugmentationValue(Augmentation(change))) }
        let probability = try number(place)
        guard (0...1).contains(probability) else {
            throw bad(
                place, "is a probability, a number from 0 to 1, not \(Tensor.text(of: probability))")
        }
        return .object(AugmentationValue(Augmentation(change, probability: probability)))
    }

    /// Names of classes, one or a list.
    fileprivate func classNames(_ place: Int) throws -> [String] {
        if isNil(place) { return [] }
        if let name = values[place].asString { return [name] }
        let items = values[place].asList?.items ?? []
        let names = items.compactMap(\.asString)
        guard !names.isEmpty, names.count == items.count else {
            throw wrong(place, "the name of a class, or a list of them", help: "crop(256, has=\"Bicyclist\")")
        }
        return names
    }

    fileprivate func factors(_ place: Int) throws -> ClosedRange<Double> {
        guard values[place].asRange != nil else { throw wrong(place, "a range of factors such as 0.5...1.5") }
        return try draws(place, "factors", in: 0...1000, example: "0.5...1.5")
    }
}

let augmentNatives: [Native] = [
    Native(
        "augment(data, changes, copies=nil, seed=0)",
        "The samples and, after them, a changed copy of each, drawn anew in every epoch. copies=n makes n copies "
            + "of each that stay the same pictures. Changes are made in order: hflip(), rotate(15), crop(256) and "
            + "others, one or a list. With a crop the samples themselves, of another size, are left out.",
        examples: [
            "print(len(augment(streets(count=3, size=32), [hflip(), rotate(5)], copies=2)))  # expect: 9",
            "print(len(augment(streets(count=3, size=32), crop(16))))  # expect: 3",
        ]
    ) { call in
        let changes = try call.augmentations(1)
        guard !changes.isEmpty else {
            throw call.bad(
                1, "is an empty list: there is nothing to change",
                help: "augment(data, [hflip(), rotate(15)])")
        }
        return .object(
            try DatasetValue(
                try AugmentedDataset(
                    try call.dataset(0).dataset, changes, copies: call.isNil(2) ? nil : try call.integer(2),
                    seed: UInt64(bitPattern: Int64(try call.integer(3))))))
    },
    Native(
        "hflip(p=nil)", "Swaps left and right, in half of the copies, or with probability p.",
        examples: ["print(hflip(), hflip(p=0.2))  # expect: hflip() hflip(p=0.2)"]
    ) { call in try call.change(.horizontalFlip, p: 0) },
    Native(
        "vflip(p=nil)", "Swaps top and bottom, in half of the copies, or with probability p.",
        examples: ["print(vflip())  # expect: vflip()"]
    ) { call in try call.change(.verticalFlip, p: 0) },
    Native(
        "rotate(degrees, p=nil)",
        "Rotates by up to so many degrees in either direction, or by a range; corners become void.",
        examples: ["print(rotate(15), rotate(0...90))  # expect: rotate(15) rotate(0...90)"]
    ) { call in
        try call.change(
            .rotation(try call.draws(0, "degrees", in: -180...180, example: "-5...20", about: true)), p: 1)
    },
    Native(
        "scale(factors, p=nil)",
        "Enlarges or shrinks by a random factor. Where no crop follows, the old size is cut out or filled with void.",
        examples: ["print(scale(0.5...2))  # expect: scale(0.5...2)"]
    ) { call in
        try call.change(.scale(try call.draws(0, "factors", in: 0.01...100, example: "0.5...2")), p: 1)
    },
    Native(
        "crop(data=nil, size=nil, has=nil)",
        "A part of a size at a random place. With has= it shows a pixel of one of these classes, where the "
            + "picture has any. The size is a number or [h, w]. crop(data, size) is the data cut to the middle.",
        examples: [
            "print(crop(256, has=\"Bicyclist\"))  # expect: crop(256, has=\"Bicyclist\")",
            "print(crop(streets(count=1, size=32), [16, 24])[0].mask.shape)  # expect: [16, 24]",
        ]
    ) { call in
        if let data = try call.optionalDataset(0) {
            guard call.isNil(2) else {
                throw call.bad(
                    2, "is for the change of augment; crop(data, size) cuts to the middle",
                    help: "augment(data, crop(256, has=\"Bicyclist\"))")
            }
            guard !call.isNil(1) else {
                throw Failure(.call, "crop needs a size: crop(data, 256) or crop(data, [h, w])")
            }
            let (height, width) = try call.pair(1)
            return .object(
                try DatasetValue(try ChangedDataset(data.dataset, .cropped(height: height, width: width))))
        }
        let place = call.isNil(0) ? 1 : 0
        guard !call.isNil(place), place == 1 || call.isNil(1) else {
            throw Failure(.call, "crop needs one size: crop(256) or crop([h, w]), or crop(data, size)")
        }
        // The size, whose place is that of the data where it is given alone.
        let size = try? call.pair(place)
        guard let (height, width) = size, (1...65_536).contains(height), (1...65_536).contains(width) else {
            throw Failure(
                size == nil ? .type : .value,
                "crop: size is \(call.interpreter.short(call[place])); it is a whole number from 1 to 65,536, or two of them, [h, w]",
                argument: place)
        }
        return .object(
            AugmentationValue(
                Augmentation(.crop(height: height, width: width, classes: try call.classNames(2)))))
    },
    Native(
        "shift(share, p=nil)",
        "Moves along both axes by up to a share of the side; the uncovered border becomes void.",
        examples: ["print(shift(0.1))  # expect: shift(0.1)"]
    ) { call in
        try call.change(
            .shift(try call.draws(0, "shares", in: -1...1, example: "0...0.2", about: true)), p: 1)
    },
    Native(
        "brightness(factors, p=nil)", "Scales the brightness by a random factor from a range.",
        examples: ["print(brightness(0.7...1.3))  # expect: brightness(0.7...1.3)"]
    ) { call in try call.change(.brightness(try call.factors(0)), p: 1) },
    Native(
        "contrast(factors, p=nil)",
        "Moves all values from the mean gray by a random factor from a range; 0 is gray.",
        examples: ["print(contrast(0.7...1.3))  # expect: contrast(0.7...1.3)"]
    ) { call in try call.change(.contrast(try call.factors(0)), p: 1) },
    Native(
        "saturation(factors, p=nil)", "Scales the saturation by a random factor from a range; 0 is gray.",
        examples: ["print(saturation(0.5...1.5))  # expect: saturation(0.5...1.5)"]
    ) { call in try call.change(.saturation(try call.factors(0)), p: 1) },
    Native(
        "hue(share, p=nil)",
        "Turns the hue by up to a share of the colour circle in either direction, or by a range.",
        examples: ["print(hue(0.05))  # expect: hue(0.05)"]
    ) { call in
        try call.change(
            .hue(try call.draws(0, "shares", in: -0.5...0.5, example: "-0.1...0.1", about: true)), p: 1)
    },
    Native(
        "noise(deviation, p=nil)",
        "Adds normal noise; the deviation, a number or a range, is a fraction of the whole range of brightness.",
        examples: ["print(noise(0.05))  # expect: noise(0.05)"]
    ) { call in
        try call.change(.noise(try call.draws(0, "deviations", in: 0...10, example: "0...0.05")), p: 1)
    },
    Native(
        "blur(sigma, p=nil)",
        "Blurs by a Gaussian of a standard deviation in pixels, a number or a range.",
        examples: ["print(blur(0...2, p=0.5))  # expect: blur(0...2, p=0.5)"]
    ) { call in
        try call.change(.blur(try call.draws(0, "deviations", in: 0...100, example: "0...2")), p: 1)
    },
    Native(
        "cutout(share, p=nil)",
        "Makes a random rectangle black, and void in the mask. Its sides are a share of the picture's "
            + "(DeVries & Taylor 2017).",
        examples: ["print(cutout(0.1...0.4))  # expect: cutout(0.1...0.4)"]
    ) { call in
        try call.change(.cutout(try call.draws(0, "shares", in: 0...1, example: "0.1...0.4")), p: 1)
    },
]
