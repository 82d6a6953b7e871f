// Mask files to class numbers by one rule. What belongs to no class is an error with position, number of
// pixels and nearest class, unless the rule says what becomes of it.

import CKernels
import SegSystem
import SegTensor

extension MaskRule {
    /// Reads a mask. An error of kind `value` for colours or values of no class.
    public func readMask(_ path: String) throws -> MaskImage {
        try readMask(bytes: PictureFile.contents(path), name: path)
    }

    /// The same from the bytes of a file.
    public func readMask(bytes: [UInt8], name: String) throws -> MaskImage {
        let pixels = try MaskPixels(bytes: bytes, name: name)
        // JPEG pictures are decoded upright.
        let orientation = pixels.isJPEG ? .upright : PNGImage.orientation(of: bytes)
        return try classes(pixels, name).turned(orientation)
    }

    private func classes(_ pixels: MaskPixels, _ name: String) throws -> MaskImage {
        if pixels.isJPEG, hasNearMarks { throw savedAsJPEG(pixels, name) }
        guard pixels.kind == .color else { return try numbers(pixels, name) }
        if source == .color { return try colors(pixels, name) }
        return try channelValues(pixels, name)
    }

    // MARK: Files of colours

    private func colors(_ pixels: MaskPixels, _ name: String) throws -> MaskImage {
        if let used = pixels.usedColors(), used.keys.allSatisfy({ $0 % 0x010101 == 0 }) {
            try checkNumbers(used.keys.map { Int($0 & 255) }.sorted(), name) { level in
                classOfColor[ClassPalette.Color(code: UInt32(level) * 0x010101)] != nil
            }
        }
        if strays == .nearest {
            let known = classOfColor.sorted { ($0.value, $0.key.code) < ($1.value, $1.key.code) }
            return MaskImage(width: pixels.width, height: pixels.height) { target in
                image_nearest_colors(
                    pixels.bytes, pixels.channels, pixels.count, target, known.map(\.key.code),
                    known.map(\.value), known.count)
            }
        }
        var count = 0
        var first = 0
        let mask = MaskImage(width: pixels.width, height: pixels.height) { target in
            count = image_decode_colors(
                pixels.bytes, pixels.channels, pixels.count, target, hashKeys, hashValues,
                UInt32(hashKeys.count - 1), MaskImage.ignored, &first)
        }
        guard count > 0, strays == .refused else { return mask }
        let used = pixels.usedColors(limit: 1 << 20) ?? [:]
        let others = used.map { (ClassPalette.Color(code: $0.key), $0.value) }.filter {
            classOfColor[$0.0] == nil
        }
        throw strayColors(others, pixels, name) { pixels.color(at: $0) }
    }

    /// The values in a file of RGB: equal channels, or one channel that is used.
    private func channelValues(_ pixels: MaskPixels, _ name: String) throws -> MaskImage {
        let step = pixels.channels
        let offset = channel == .blue ? 2 : channel == .green ? 1 : 0
        let bytes = pixels.bytes
        let isOdd = { (pixel: Int) in
            let at = pixel * step
            return channel == .gray
                ? bytes[at] != bytes[at + 1] || bytes[at] != bytes[at + 2]
                : (0..<3).contains { $0 != offset && bytes[at + $0] != 0 }
        }
        let used = pixels.usedColors(limit: 1 << 20) ?? [:]
        let odd = used.keys.filter { code in
            let color = ClassPalette.Color(code: code)
            let parts = [color.red, color.green, color.blue]
            return channel == .gray
                ? Set(parts).count > 1 : (0..<3).contains { $0 != offset && parts[$0] != 0 }
        }
        guard odd.isEmpty || strays != .refused else {
            let at = pixels.firstPixel(where: isOdd)
            throw TensorError(
                .value,
                "\(name) has colours, such as (\(pixels.color(at: at))) at \(place(of: at, pixels)), but the masks of this data set are read by \(source == .index ? "index" : "value")",
                help: otherRules
                    ?? (table.hasColors
                        ? Self.mixed
                        : "give each class its colour: \(maker)(…, classes=(Road=[128, 64, 128], …))"))
        }
        var clear = step == 4 ? (0..<pixels.count).map { bytes[4 * $0 + 3] == 0 } : nil
        if !odd.isEmpty {
            let base = clear ?? [Bool](repeating: false, count: pixels.count)
            clear = (0..<pixels.count).map { base[$0] || isOdd($0) }
        }
        let values = (0..<pixels.count).map { bytes[$0 * step + offset] }
        return try numbers(
            MaskPixels(
                width: pixels.width, height: pixels.height, values: values, isTransparent: clear,
                isJPEG: pixels.isJPEG), name)
    }

    // MARK: Files of numbers

    /// The class of a number of a file; nil if it belongs to none.
    private func classOf(_ number: Int, _ pixels: MaskPixels) -> UInt8? {
        switch source {
        case .color:
            return pixels.color(of: number).flatMap { classOfColor[$0] }
                ?? (pixels.isVoid(number) ? MaskImage.ignored : nil)
        case .index: return classOfValue[value(of: number, pixels)]
        case .value:
            guard pixels.kind == .palette, let color = pixels.color(of: number) else {
                return classOfValue[value(of: number, pixels)]
            }
            guard color.red == color.green, color.red == color.blue else { return nil }
            return classOfValue[Int(color.red)]
        }
    }

    /// What a number of a file is to a table of values. In a file of less than 8 bits one that is no class is a level of light
    /// where the classes are levels, so that white is 255.
    private func value(of number: Int, _ pixels: MaskPixels) -> Int {
        table.hasLevels && classOfValue[number] == nil ? pixels.level(number) : number
    }

    private func numbers(_ pixels: MaskPixels, _ name: String) throws -> MaskImage {
        let used = pixels.usedNumbers()
        if source == .index, pixels.kind == .palette { try checkPalette(pixels, used.keys.sorted(), name) }
        if source == .color, pixels.kind.isGray {
            try checkNumbers(used.keys.sorted(), name) { classOf($0, pixels) != nil }
        }
        var table = [UInt8](repeating: MaskImage.ignored, count: pixels.wide.isEmpty ? 256 : 65_536)
        var others: [(number: Int, pixels: Int)] = []
        for (number, count) in used {
            if let found = classOf(number, pixels) {
                table[number] = found
            } else if strays == .nearest {
                table[number] = nearest(number, pixels)
            } else {
                others.append((number, count))
            }
        }
        if strays == .refused, !others.isEmpty { throw strayNumbers(others, pixels, name) }
        return MaskImage(width: pixels.width, height: pixels.height) { target in
            if pixels.wide.isEmpty {
                image_map_bytes(pixels.bytes, 1, pixels.count, target, table)
            } else {
                for (pixel, value) in pixels.wide.enumerated() { target[pixel] = table[Int(value)] }
            }
            guard let clear = pixels.isTransparent else { return }
            for pixel in 0..<pixels.count where clear[pixel] { target[pixel] = MaskImage.ignored }
        }
    }

    private func nearest(_ number: Int, _ pixels: MaskPixels) -> UInt8 {
        if source == .color {
            return pixels.color(of: number).map { nearest(to: $0).number } ?? MaskImage.ignored
        }
        let value = value(of: number, pixels)
        let known = classOfValue.min { (abs($0.key - value), $0.key) < (abs($1.key - value), $1.key) }
        return known?.value ?? MaskImage.ignored
    }

    private func nearest(to color: ClassPalette.Color) -> (color: ClassPalette.Color, number: UInt8) {
        let known = classOfColor.min {
            ($0.key.distance(to: color), $0.value, $0.key.code)
                < ($1.key.distance(to: color), $1.value, $1.key.code)
        }
        return known.map { ($0.key, $0.value) } ?? (color, MaskImage.ignored)
    }

    /// Palettes that contradict each other are an error, but for grays in order, which are no colours of classes.
    private func checkPalette(_ pixels: MaskPixels, _ used: [Int], _ name: String) throws {
        guard !used.allSatisfy({ pixels.color(of: $0)?.code == UInt32($0) * 0x010101 }) else { return }
        for number in used {
            if let known = indexColors[number], let color = pixels.color(of: number), color != known {
                throw Self.otherPalette(name, number, color, than: (known, nil), maker: maker)
            }
        }
    }

    /// Numbers of classes beside masks of colours are an error, also where strays are allowed: the nearest colour of all of
    /// them is black.
    private func checkNumbers(_ used: [Int], _ name: String, isOfClass: (Int) -> Bool) throws {
        // 0 looks like black, 255 is void.
        let unlike = used.filter { $0 != 0 && $0 != 255 }
        guard unlike.count > 1, !hasGraysOnly,
            unlike.allSatisfy({ classOfValue[$0] != nil && !isOfClass($0) })
        else { return }
        throw TensorError(
            .value,
            "\(name) holds numbers (\(listText(used.map { "\($0)" }, most: 8))), which are the grays of no class, but the masks of this data set are read by colour",
            help: otherRules ?? Self.mixed)
    }

    // MARK: Errors

    /// The error for a file whose palette has another colour at an index.
    static func otherPalette(
        _ name: String, _ number: Int, _ color: ClassPalette.Color,
        than first: (color: ClassPalette.Color, file: String?)?, maker: String
    ) -> TensorError {
        TensorError(
            .value,
            "\(name) has another palette: index \(number) is (\(color))"
                + (first.map { ", in \($0.file ?? "the masks looked at first") it is (\($0.color))" } ?? ""),
            help:
                "if the indices are the classes all the same, write \(maker)(…, by=\"index\"); if the colours are, give them: classes=(Road=[128, 64, 128], …)"
        )
    }

    private func strayNumbers(
        _ others: [(number: Int, pixels: Int)], _ pixels: MaskPixels, _ name: String
    ) -> TensorError {
        if source == .color {
            let colors = others.compactMap { other in
                pixels.color(of: other.number).map { ($0, other.pixels) }
            }
            if colors.count == others.count {
                return strayColors(colors, pixels, name) { pixels.color(of: pixels.number($0)) ?? .black }
            }
        }
        let sorted = others.sorted { $0.number < $1.number }
        if source == .color, pixels.kind == .palette,
            let beyond = sorted.first(where: { $0.number >= pixels.palette.count })
        {
            let at = pixels.firstPixel { pixels.number($0) == beyond.number }
            return TensorError(
                .value,
                "\(name): \(Self.share(beyond.pixels, pixels)) the index \(beyond.number), the first at \(place(of: at, pixels)), but the palette of the file has \(plural(pixels.palette.count, "colour")): the index has no colour",
                help: otherRules
                    ?? "write the file again with a colour for each index; \(maker)(…, strays=\"void\") leaves these pixels out"
            )
        }
        if source == .value, pixels.kind == .palette,
            let color = sorted.lazy.compactMap({ pixels.color(of: $0.number) }).first(where: {
                $0.red != $0.green || $0.red != $0.blue
            })
        {
            return TensorError(
                .value,
                "\(name) has a palette of colours, such as (\(color)), which have no gray value, but the masks of this data set are read by value",
                help: otherRules)
        }
        let strays = Set(sorted.map(\.number))
        let at = pixels.firstPixel { strays.contains(pixels.number($0)) }
        let total = others.reduce(0) { $0 + $1.pixels }
        let list = listText(sorted.map { "\($0.number)" }, most: 8)
        let what = pixels.kind == .palette ? "palette index" : "value"
        let why =
            table.hasOwnValues
            ? "the classes have the values \(listText(table.classes.map { "\($0.value)" }, most: 8))"
            : "there are \(table.entries.count) classes, numbered from 0 to \(table.entries.count - 1)"
        // Values between those of classes are no void that the masks' makers meant.
        let isSmeared = pixels.isJPEG || others.count > 8 || table.hasLevels
        let isRun = zip(sorted, sorted.dropFirst(2)).contains { $1.number == $0.number + 2 }
        let areLevels =
            !table.hasOwnValues && sorted.count > 1 && sorted[0].number >= 32
            && zip(sorted, sorted.dropFirst()).allSatisfy { $1.number - $0.number >= 32 }
        let levels =
            "if they are levels of gray, give the levels: classes=(Background=0, Object=255), strays=\"nearest\""
        var message =
            "\(name): \(Self.share(total, pixels)) a \(what) that belongs to no class (\(list)), the first is \(pixels.number(at)) at \(place(of: at, pixels)); \(why)"
        let help: String
        if table.hasLevels, isSmeared {
            let far =
                others.map { other in
                    table.entries.map { abs($0.value - value(of: other.number, pixels)) }.min() ?? 0
                }.max() ?? 0
            message +=
                "; the values are at most \(far) from that of a class (was the mask scaled smoothly or saved as JPEG?)"
            help =
                "\(maker)(…, strays=\"nearest\") takes the class of the nearest value, strays=\"void\" leaves these pixels out"
        } else if isSmeared {
            help =
                "255 is void; \(maker)(…, strays=\"void\") makes all other values void. If the mask was scaled smoothly or saved as JPEG, values between two classes are those of a third: use the masks as they were before"
                + (table.hasOwnValues ? "" : ", or, \(levels)")
        } else {
            help =
                "255 is void; make others void with \(maker)(…, void=\(others.count == 1 ? list : "[\(list)]")), or all with strays=\"void\""
                + (isRun && !table.hasOwnValues
                    ? ". If smoothing or JPEG made them, use the masks as they were before, or, \(levels)"
                    : areLevels ? "; or, \(levels)" : "")
        }
        return TensorError(.value, message, help: help)
    }

    /// The error for a JPEG file where classes are too near each other for it: its values between two classes are those of a
    /// third, and nothing shows it.
    private func savedAsJPEG(_ pixels: MaskPixels, _ name: String) -> TensorError {
        let used = pixels.usedColors(limit: 1 << 20) ?? [:]
        let others: [Int]
        if source == .color {
            others = used.filter { classOfColor[ClassPalette.Color(code: $0.key)] == nil }.map(\.value)
        } else {
            // Gray is in all channels.
            others = used.filter { classOfValue[Int($0.key & 255)] == nil }.map(\.value)
        }
        let what = source == .color ? "colours" : "values"
        let count = others.reduce(0, +)
        return TensorError(
            .value,
            "\(name) is a JPEG file, which changes \(what), and those of the classes are too near each other to be told apart: \(others.count) of its \(used.count) \(what), with \(count) of \(pixels.count) pixels, belong to no class, and others may be of the wrong one",
            help: source == .color
                ? "use the masks as they were before they were saved as JPEG, as PNG"
                : "use the masks as they were before they were saved as JPEG, as PNG; if they are levels of gray, give the levels: \(maker)(…, classes=(Background=0, Object=255), strays=\"nearest\")"
        )
    }

    private func strayColors(
        _ others: [(color: ClassPalette.Color, pixels: Int)], _ pixels: MaskPixels, _ name: String,
        color: (Int) -> ClassPalette.Color
    ) -> TensorError {
        let known = Set(others.map(\.color))
        let at = pixels.firstPixel { known.contains(color($0)) }
        let total = others.reduce(0) { $0 + $1.pixels }
        let first = color(at)
        let near = nearest(to: first)
        var message =
            "\(name): \(Self.share(total, pixels)) a colour that belongs to no class; the first is (\(first)) at \(place(of: at, pixels))"
        let isMany = others.count > 8
        if others.count > 1 {
            let far = others.map { nearest(to: $0.color).color.largestDifference(to: $0.color) }.max() ?? 0
            message +=
                "; there are \(others.count) such colours, at most \(far) levels from the colour of a class\(pixels.isJPEG ? " (the file is a JPEG, which changes colours)" : isMany ? " (was the mask scaled smoothly or saved as JPEG?)" : "")"
            if !isMany {
                let list = others.sorted { $0.pixels > $1.pixels }.map { "(\($0.color))" }
                message += ": \(list.joined(separator: ", "))"
            }
        }
        let title =
            near.number == MaskImage.ignored ? "void" : palette.names[Int(near.number)]
        let list = others.map { "[\($0.color.red), \($0.color.green), \($0.color.blue)]" }.sorted()
        let voids = isMany || pixels.isJPEG ? "" : " or void=[\(list.joined(separator: ", "))]"
        let alternative = otherRules.map { "\($0); else " } ?? ""
        return TensorError(
            .value, message,
            help:
                "\(alternative)the nearest class is \(title) (\(near.color)); add the colour to the table, or write \(maker)(…, strays=\"nearest\")\(voids.isEmpty ? " or" : ",") strays=\"void\"\(voids)"
        )
    }

    /// The help where no rule reads all masks that were looked at.
    private static let mixed =
        "one rule reads all masks of a data set: if these are of two kinds, colours and numbers, write them in one way, or make a data set of each kind and join them with concat"

    /// The rules besides this one that read the masks; nil if there is none.
    private var otherRules: String? {
        let texts = Source.allCases.filter { $0 != source && readable.contains($0) }.map { source in
            "\(maker)(…, by=\"\(source.rawValue)\") reads all masks by \(source == .color ? "colour" : source == .index ? "palette index" : "value")"
        }
        return texts.isEmpty ? nil : texts.joined(separator: ", ")
    }

    private func place(of pixel: Int, _ pixels: MaskPixels) -> String {
        "x=\(pixel % pixels.width), y=\(pixel / pixels.width)"
    }

    private static func share(_ count: Int, _ pixels: MaskPixels) -> String {
        count == 1 ? "1 pixel of \(pixels.count) has" : "\(count) pixels of \(pixels.count) have"
    }
}
