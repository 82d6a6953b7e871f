// Mask files to class indices. A colour or index that belongs to no class is an error with position,
// number of pixels and nearest class; a colour is never replaced by the nearest class silently.

import CKernels
import SegSystem
import SegTensor

extension ClassPalette {
    /// Reads a mask. RGB files are decoded by exact colour; gray files contain class indices. A palette PNG
    /// is decoded by colour if all its used colours are classes, else its indices are class indices. The
    /// value 255 in an index mask stays `MaskImage.ignored`.
    public func readMask(_ path: String) throws -> MaskImage {
        try readMask(bytes: FileReader.contents(of: path), name: path)
    }

    /// The same from the bytes of a file.
    public func readMask(bytes: [UInt8], name: String) throws -> MaskImage {
        let info = try PNGImage.header(bytes, name)
        guard info.color_type == 0 || info.color_type == 3 else {
            return try decode(PNGImage.read(bytes: bytes, name: name), file: name)
        }
        guard info.bit_depth <= 8 else {
            throw TensorError(
                .value, "\(name) is a mask of 16 bits per pixel; seg reads at most 8 bits")
        }
        let (mask, used) = try PNGImage.readIndices(bytes: bytes, name: name)
        if !used.isEmpty, let byColor = remapped(mask, used) { return byColor }
        return try checked(mask, file: name)
    }

    /// Decodes colours to classes. A colour of no class is an error of kind `value`.
    public func decode(_ image: RGBImage, file: String) throws -> MaskImage {
        let table = colorTable()
        var count = 0
        var first = 0
        let mask = MaskImage(width: image.width, height: image.height) { target in
            count = image_decode_colors(
                image.bytes, image.width * image.height, target, table.keys, table.values,
                UInt32(table.keys.count - 1), MaskImage.ignored, &first)
        }
        guard count == 0 else { throw strayColors(image, file, count, first) }
        return mask
    }

    /// An open-addressing hash table of four times the size needed, so that there are few collisions.
    private func colorTable() -> (keys: [UInt32], values: [UInt8]) {
        var size: UInt32 = 64
        while Int(size) < 4 * count { size *= 2 }
        var keys = [UInt32](repeating: .max, count: Int(size))
        var values = [UInt8](repeating: 0, count: Int(size))
        for (index, color) in colors.enumerated() {
            var place = image_color_place(color.code, size - 1)
            while keys[Int(place)] != .max { place = (place + 1) & (size - 1) }
            keys[Int(place)] = color.code
            values[Int(place)] = UInt8(index)
        }
        return (keys, values)
    }

    /// A palette PNG decoded by its colours, or nil if it uses one that belongs to no class.
    private func remapped(_ mask: MaskImage, _ used: [Color]) -> MaskImage? {
        var known: [Color: UInt8] = [:]
        for (index, color) in colors.enumerated() { known[color] = UInt8(index) }
        let map = (0..<256).map { $0 < used.count ? known[used[$0]] : nil }
        var plain = [UInt8](repeating: 0, count: 256)
        for (index, class_) in map.enumerated() { plain[index] = class_ ?? 0 }
        for (index, isThere) in present(mask).enumerated() where isThere && map[index] == nil { return nil }
        return MaskImage(width: mask.width, height: mask.height) { target in
            for (at, index) in mask.bytes.enumerated() { target[at] = plain[Int(index)] }
        }
    }

    private func present(_ mask: MaskImage) -> [Bool] {
        var present = [Bool](repeating: false, count: 256)
        mask.bytes.withUnsafeBufferPointer { bytes in
            present.withUnsafeMutableBufferPointer { for byte in bytes { $0[Int(byte)] = true } }
        }
        return present
    }

    /// Checks that all values of an index mask are classes or ignored.
    private func checked(_ mask: MaskImage, file: String) throws -> MaskImage {
        let isStray = { (value: UInt8) in Int(value) >= count && value != MaskImage.ignored }
        guard present(mask).indices.contains(where: { present(mask)[$0] && isStray(UInt8($0)) }) else {
            return mask
        }
        let first = mask.bytes.firstIndex(where: isStray) ?? 0
        let number = mask.bytes.count(where: isStray)
        throw TensorError(
            .value,
            "\(file): \(Self.pixels(number)) \(number == 1 ? "has" : "have") a class index of \(count) or more, the first is \(mask.bytes[first]) at x=\(first % mask.width), y=\(first / mask.width); there are \(count) classes",
            help: "an index mask numbers the classes from 0; 255 marks pixels without a class")
    }

    private func strayColors(_ image: RGBImage, _ file: String, _ count: Int, _ first: Int) -> TensorError {
        let color = image[first % image.width, first / image.width]
        let near = nearest(to: color)
        // Several such colours usually mean a blurred mask or the wrong palette: say how many there are.
        let known = Set(colors)
        var others: Set<Color> = []
        for pixel in first..<image.width * image.height {
            let other = image[pixel % image.width, pixel / image.width]
            if !known.contains(other) { others.insert(other) }
        }
        let kinds =
            others.count > 1
            ? " (\(others.count) such colours in all; was the mask scaled smoothly or saved as JPEG?)" : ""
        return TensorError(
            .value,
            "\(file): \(Self.pixels(count)) \(count == 1 ? "has" : "have") a colour that belongs to no class; the first is (\(color)) at x=\(first % image.width), y=\(first / image.width)\(kinds)",
            help: "the nearest class is \(names[near]) (\(colors[near]))")
    }

    private static func pixels(_ count: Int) -> String { count == 1 ? "1 pixel" : "\(count) pixels" }
}
