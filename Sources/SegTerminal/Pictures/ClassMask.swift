// A mask of classes for display: its colours and names, which classes it contains, overlays on a picture,
// and its letters if there is no colour.

/// A class index for each pixel, with the names and colours of the classes.
public struct ClassMask: Sendable {
    public struct Entry: Sendable, Hashable {
        public var name: String
        public var color: RGB

        public init(_ name: String, _ color: RGB) {
            self.name = name
            self.color = color
        }
    }

    public let width: Int
    public let height: Int
    public let indices: [Int]
    public let classes: [Entry]

    /// nil unless there are exactly width × height indices. An index outside `classes` is shown in black as
    /// "other".
    public init?(width: Int, height: Int, indices: [Int], classes: [Entry]) {
        guard width > 0, height > 0, width <= 1 << 24, height <= 1 << 24, width * height == indices.count
        else { return nil }
        self.width = width
        self.height = height
        self.indices = indices
        self.classes = classes
    }

    static let other = Entry("other", .black)

    func entry(_ index: Int) -> Entry {
        index >= 0 && index < classes.count ? classes[index] : ClassMask.other
    }

    /// The mask in the colours of its classes.
    public func pixels() -> Pixels {
        var result = Pixels(width: width, height: height, fill: .black)
        guard result.bytes.count == indices.count * 3 else { return result }
        for (place, index) in indices.enumerated() where index >= 0 && index < classes.count {
            let color = classes[index].color
            result.bytes[place * 3] = color.red
            result.bytes[place * 3 + 1] = color.green
            result.bytes[place * 3 + 2] = color.blue
        }
        return result
    }

    /// `picture` tinted with the classes' colours; a mask of another size is resized to it.
    public func overlaid(on picture: Pixels, opacity: Double = 0.5) -> Pixels {
        let mask = self.resized(width: picture.width, height: picture.height)
        var result = picture
        let share = Float(opacity.held(within: 0...1))
        for (place, index) in mask.indices.enumerated() where index >= 0 && index < classes.count {
            let color = classes[index].color
            let tint = (Float(color.red), Float(color.green), Float(color.blue))
            func mix(_ offset: Int, _ value: Float) {
                let old = Float(result.bytes[place * 3 + offset])
                result.bytes[place * 3 + offset] = UInt8(min(max(old + (value - old) * share + 0.5, 0), 255))
            }
            mix(0, tint.0)
            mix(1, tint.1)
            mix(2, tint.2)
        }
        return result
    }

    /// The mask at another size. Each new pixel is the class that fills most of the area it covers; classes
    /// are never mixed.
    func resized(width newWidth: Int, height newHeight: Int) -> ClassMask {
        let newWidth = newWidth.held(within: 1...16_384)
        let newHeight = newHeight.held(within: 1...16_384)
        if newWidth == width && newHeight == height { return self }
        var result = [Int](repeating: 0, count: newWidth * newHeight)
        var counts = [Int](repeating: 0, count: classes.count + 1)
        for y in 0..<newHeight {
            let top = y * height / newHeight
            let bottom = max((y + 1) * height / newHeight, top + 1)
            for x in 0..<newWidth {
                let left = x * width / newWidth
                let right = max((x + 1) * width / newWidth, left + 1)
                var best = -1
                for row in top..<bottom {
                    for column in left..<right {
                        let index = indices[row * width + column]
                        let slot = index >= 0 && index < classes.count ? index : classes.count
                        counts[slot] += 1
                        if best < 0 || counts[slot] > counts[best] { best = slot }
                    }
                }
                result[y * newWidth + x] = best
                for row in top..<bottom {
                    for column in left..<right {
                        let index = indices[row * width + column]
                        counts[index >= 0 && index < classes.count ? index : classes.count] = 0
                    }
                }
            }
        }
        return ClassMask(width: newWidth, height: newHeight, indices: result, classes: classes) ?? self
    }

    /// Pixels per class; the last count is of indices outside the classes.
    func counts() -> [Int] {
        var counts = [Int](repeating: 0, count: classes.count + 1)
        for index in indices { counts[index >= 0 && index < classes.count ? index : classes.count] += 1 }
        return counts
    }

    /// A letter for each class, all different as long as there are enough letters: if possible one of its
    /// name, the initial first, or the digit that is its name. Earlier classes choose first.
    static func letters(for classes: [Entry]) -> [Character] {
        var used: Set<Character> = ["?", " "]
        let spare = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789#@%&$+*=")
        return classes.map { entry -> Character in
            if entry == other { return "?" }
            let scalars = entry.name.unicodeScalars
            let own = scalars.filter { $0.isASCII && ($0.properties.isAlphabetic || scalars.count == 1) }
                .map { Character($0) }
            let candidates =
                own.prefix(1).flatMap { [Character($0.uppercased()), Character($0.lowercased())] }
                + own.filter { $0.isUppercase } + own + own.map { Character($0.uppercased()) } + spare
            let letter = candidates.first { !used.contains($0) } ?? "?"
            used.insert(letter)
            return letter
        }
    }
}
