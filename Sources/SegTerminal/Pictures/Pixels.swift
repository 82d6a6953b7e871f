// A picture in memory: red, green and blue bytes, row by row, and resizing it to fewer cells or pixels.
// Files are read and written elsewhere.

/// An RGB picture of bytes: height × width × 3.
public struct Pixels: Sendable, Equatable {
    public let width: Int
    public let height: Int
    public internal(set) var bytes: [UInt8]

    /// nil unless there are exactly width × height × 3 bytes.
    public init?(width: Int, height: Int, bytes: [UInt8]) {
        guard width > 0, height > 0, width <= 1 << 24, height <= 1 << 24, width * height * 3 == bytes.count
        else { return nil }
        self.width = width
        self.height = height
        self.bytes = bytes
    }

    /// A picture of one colour; sizes are limited to 1 to 16,384.
    public init(width: Int, height: Int, fill: RGB) {
        self.width = width.held(within: 1...16_384)
        self.height = height.held(within: 1...16_384)
        bytes = Array(repeating: fill.red, count: self.width * self.height * 3)
        if fill.red == fill.green && fill.red == fill.blue { return }
        for index in stride(from: 0, to: bytes.count, by: 3) {
            bytes[index] = fill.red
            bytes[index + 1] = fill.green
            bytes[index + 2] = fill.blue
        }
    }

    /// The colour at a position; black outside.
    func color(x: Int, y: Int) -> RGB {
        guard x >= 0, x < width, y >= 0, y < height else { return .black }
        let index = (y * width + x) * 3
        return RGB(bytes[index], bytes[index + 1], bytes[index + 2])
    }

    /// The picture at another size: each new pixel is the mean of the area that it covers.
    public func resized(width newWidth: Int, height newHeight: Int) -> Pixels {
        let newWidth = newWidth.held(within: 1...16_384)
        let newHeight = newHeight.held(within: 1...16_384)
        if newWidth == width && newHeight == height { return self }
        let across = Pixels.shares(from: width, to: newWidth)
        let down = Pixels.shares(from: height, to: newHeight)
        var result = Pixels(width: newWidth, height: newHeight, fill: .black)
        var row = [Float](repeating: 0, count: width * 3)
        bytes.withUnsafeBufferPointer { source in
            for (y, part) in down.enumerated() {
                for index in row.indices { row[index] = 0 }
                for (offset, weight) in part.weights.enumerated() {
                    let start = (part.first + offset) * width * 3
                    for index in 0..<(width * 3) { row[index] += Float(source[start + index]) * weight }
                }
                for (x, part) in across.enumerated() {
                    var (red, green, blue) = (Float(0), Float(0), Float(0))
                    for (offset, weight) in part.weights.enumerated() {
                        let index = (part.first + offset) * 3
                        red += row[index] * weight
                        green += row[index + 1] * weight
                        blue += row[index + 2] * weight
                    }
                    let index = (y * newWidth + x) * 3
                    // Weights sum to 1: except for rounding, the results are within 0...255.
                    result.bytes[index] = UInt8(min(red + 0.5, 255))
                    result.bytes[index + 1] = UInt8(min(green + 0.5, 255))
                    result.bytes[index + 2] = UInt8(min(blue + 0.5, 255))
                }
            }
        }
        return result
    }

    /// For each new pixel the old ones that it covers, and the fraction of each.
    private static func shares(from old: Int, to new: Int) -> [(first: Int, weights: [Float])] {
        let scale = Double(old) / Double(new)
        return (0..<new).map { index in
            let (low, high) = (Double(index) * scale, Double(index + 1) * scale)
            let first = Int(low, within: 0...(old - 1))
            let last = Int(high.rounded(.up) - 1, within: first...(old - 1))
            let parts = (first...last).map { Float(max(min(high, Double($0 + 1)) - max(low, Double($0)), 0)) }
            let sum = parts.reduce(0, +)
            return (first, sum > 0 ? parts.map { $0 / sum } : parts.map { _ in 1 / Float(parts.count) })
        }
    }

    /// The size, in units that are `aspect` times as high as wide, that fits into a box.
    static func fitted(
        width: Int, height: Int, into columns: Int, _ rows: Int, aspect: Double = 1
    ) -> (width: Int, height: Int) {
        let ratio = Double(max(height, 1)) / Double(max(width, 1)) / aspect
        let columns = max(columns, 1)
        let rows = max(rows, 1)
        let high = Int(rounding: Double(columns) * ratio, within: 1...100_000)
        if high <= rows { return (columns, high) }
        return (Int(rounding: Double(rows) / ratio, within: 1...columns), rows)
    }
}
