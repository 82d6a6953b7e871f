// Resizing: pictures with Pillow's antialiased bilinear filter, masks to the nearest pixel, both equal to
// Pillow to the bit. torchvision resizes PIL pictures the same way. The tensor operation `interpolate`
// resizes feature maps.

import CKernels
import SegTensor

extension RGBImage {
    /// Bilinear with antialiasing: a triangle over as many source pixels as an output pixel covers, first
    /// along rows, then along columns, rounded to 8 bits after each, as in Pillow. (For extreme changes of
    /// aspect Pillow resizes the columns first; values then differ by at most one level.)
    public func resized(width newWidth: Int, height newHeight: Int) throws -> RGBImage {
        _ = try PictureSize.pixels(newWidth, newHeight)
        // The picture between the two passes has a third size, which must be allowed too.
        _ = try PictureSize.pixels(newWidth, height)
        var image = self
        if newWidth != width {
            let filter = TriangleFilter(from: width, to: newWidth)
            image = try RGBImage(width: newWidth, height: height) { target in
                try bytes.withUnsafeBufferPointer { source in
                    guard let source = source.baseAddress else { return }
                    try inParts(height, work: 3 * max(width, newWidth)) { part in
                        image_resize_rows_rgb(
                            source + part.lowerBound * width * 3, width, part.count,
                            target + part.lowerBound * newWidth * 3, newWidth, filter.starts, filter.counts,
                            filter.weights, filter.taps)
                    }
                }
            }
        }
        if newHeight != height {
            let filter = TriangleFilter(from: height, to: newHeight)
            let (source, row, taps) = (image.bytes, newWidth * 3, filter.taps)
            image = try RGBImage(width: newWidth, height: newHeight) { target in
                try inParts(newHeight, work: row * taps) { part in
                    image_resize_columns(
                        source, row, target + part.lowerBound * row, part.count, Array(filter.starts[part]),
                        Array(filter.counts[part]),
                        Array(filter.weights[part.lowerBound * taps..<part.upperBound * taps]), taps)
                }
            }
        }
        return image
    }

    /// Calls `body` with parts of the rows, each of which is so much work; an interrupt may take effect between two.
    private func inParts(_ rows: Int, work: Int, _ body: (Range<Int>) -> Void) throws {
        // Of four rows each, which are resized at once.
        let size = max(1, (1 << 22) / work) * 4
        for start in stride(from: 0, to: rows, by: size) {
            try EvaluationContext.current.checkInterrupt()
            body(start..<min(start + size, rows))
        }
    }
}

extension MaskImage {
    /// The nearest pixel: source column `floor((x + 0.5) * width / newWidth)`, as Pillow's NEAREST.
    public func resized(width newWidth: Int, height newHeight: Int) throws -> MaskImage {
        _ = try PictureSize.pixels(newWidth, newHeight)
        let columns = Self.nearest(from: width, to: newWidth)
        let rows = Self.nearest(from: height, to: newHeight)
        return bytes.withUnsafeBufferPointer { source in
            columns.withUnsafeBufferPointer { columns in
                MaskImage(width: newWidth, height: newHeight) { target in
                    var at = 0
                    for row in rows {
                        let start = row * width
                        for column in columns {
                            target[at] = source[start + column]
                            at += 1
                        }
                    }
                }
            }
        }
    }

    private static func nearest(from size: Int, to newSize: Int) -> [Int] {
        // Pillow adds the scale up from pixel to pixel. Where the sum is at the border between two pixels,
        // its rounding decides; this loop must round in the same way.
        let scale = Double(size) / Double(newSize)
        var position = scale * 0.5
        return (0..<newSize).map { _ in
            defer { position += scale }
            return min(Int(position), size - 1)
        }
    }
}

/// The size that makes the shorter side `shorter` and keeps the aspect ratio; the longer side is truncated
/// to a whole number, as in torchvision (720 x 960 with 520 becomes 520 x 693).
public func resizedSize(shorter: Int, width: Int, height: Int) throws -> (width: Int, height: Int) {
    _ = try PictureSize.pixels(width, height)
    guard shorter > 0, shorter <= PictureSize.sideLimit else {
        throw TensorError(.value, "a picture cannot have a shorter side of \(shorter) pixels")
    }
    let size =
        width <= height ? (shorter, shorter * height / width) : (shorter * width / height, shorter)
    _ = try PictureSize.pixels(size.0, size.1)
    return size
}

/// The weights of a triangle filter along one axis, in units of 2^-22.
private struct TriangleFilter {
    let taps: Int
    var starts: [Int32] = []
    var counts: [Int32] = []
    var weights: [Int32]

    init(from size: Int, to newSize: Int) {
        let scale = Double(size) / Double(newSize)
        // Enlarging interpolates between neighbours; shrinking needs a wider triangle.
        let support = max(scale, 1)
        taps = Int(support.rounded(.up)) * 2 + 1
        weights = [Int32](repeating: 0, count: newSize * taps)
        var row = [Double](repeating: 0, count: taps)
        for x in 0..<newSize {
            let center = (Double(x) + 0.5) * scale
            let start = max(Int(center - support + 0.5), 0)
            let end = min(Int(center + support + 0.5), size)
            var sum = 0.0
            for tap in 0..<end - start {
                row[tap] = max(0, 1 - abs((Double(tap + start) - center + 0.5) / support))
                sum += row[tap]
            }
            for tap in 0..<end - start {
                weights[x * taps + tap] = Int32(row[tap] / sum * Double(1 << 22) + 0.5)
            }
            starts.append(Int32(start))
            counts.append(Int32(end - start))
        }
    }
}
