// Flips and rotations. The same matrix moves image and mask; the picture is interpolated, the mask takes
// the nearest pixel, so that classes are never mixed. Augmentation draws the angles.

@preconcurrency import Glibc
import CKernels
import SegTensor

extension RGBImage {
    /// Left becomes right.
    public func flippedHorizontally() -> RGBImage {
        RGBImage(width: width, height: height) { image_flip_rows_rgb(bytes, width, height, $0) }
    }

    /// Top becomes bottom.
    public func flippedVertically() -> RGBImage {
        RGBImage(width: width, height: height) { reverseRows(bytes, width * 3, height, into: $0) }
    }

    /// Rotates counterclockwise about the centre, bilinear; areas from outside the picture are black. The
    /// size stays the same. Values differ by at most one level from Pillow's.
    public func rotated(degrees: Double) throws -> RGBImage {
        switch try Turn(degrees, isSquare: width == height) {
        case .none: return self
        case .half: return flippedHorizontally().flippedVertically()
        case .quarter(let clockwise):
            return RGBImage(width: width, height: height) { target in
                turnSquare(bytes, width, clockwise: clockwise, pixel: 3, into: target)
            }
        case .free(let radians):
            let matrix = rotationMatrix(radians, width, height)
            return RGBImage(width: width, height: height) {
                image_affine_rgb(bytes, width, height, $0, matrix)
            }
        }
    }
}

extension MaskImage {
    /// Left becomes right.
    public func flippedHorizontally() -> MaskImage {
        MaskImage(width: width, height: height) { image_flip_rows_mask(bytes, width, height, $0) }
    }

    /// Top becomes bottom.
    public func flippedVertically() -> MaskImage {
        MaskImage(width: width, height: height) { reverseRows(bytes, width, height, into: $0) }
    }

    /// Rotates counterclockwise about the centre, nearest pixel; areas from outside get `fill` (Void).
    public func rotated(degrees: Double, fill: UInt8) throws -> MaskImage {
        switch try Turn(degrees, isSquare: width == height) {
        case .none: return self
        case .half: return flippedHorizontally().flippedVertically()
        case .quarter(let clockwise):
            return MaskImage(width: width, height: height) { target in
                turnSquare(bytes, width, clockwise: clockwise, pixel: 1, into: target)
            }
        case .free(let radians):
            let matrix = rotationMatrix(radians, width, height)
            return MaskImage(width: width, height: height) {
                image_affine_mask(bytes, width, height, $0, matrix, fill)
            }
        }
    }
}

/// Multiples of a quarter turn are exact copies.
private enum Turn {
    case none, half
    case quarter(clockwise: Bool)
    case free(Double)

    init(_ degrees: Double, isSquare: Bool) throws {
        guard degrees.isFinite else {
            throw TensorError(.value, "a picture cannot be rotated by \(degrees) degrees")
        }
        var angle = fmod(degrees, 360)
        if angle < 0 { angle += 360 }
        switch angle {
        case 0, 360: self = .none
        case 180: self = .half
        case 90 where isSquare: self = .quarter(clockwise: false)
        case 270 where isSquare: self = .quarter(clockwise: true)
        default: self = .free(angle * .pi / 180)
        }
    }
}

/// From output positions to source positions: the inverse rotation about the centre.
private func rotationMatrix(_ radians: Double, _ width: Int, _ height: Int) -> [Double] {
    let cosine = cos(radians)
    let sine = sin(radians)
    let x = Double(width) / 2
    let y = Double(height) / 2
    return [cosine, -sine, x - cosine * x + sine * y, sine, cosine, y - sine * x - cosine * y]
}

private func reverseRows(
    _ source: [UInt8], _ row: Int, _ height: Int, into target: UnsafeMutablePointer<UInt8>
) {
    source.withUnsafeBufferPointer { source in
        guard let base = source.baseAddress else { return }
        for y in 0..<height { (target + y * row).update(from: base + (height - 1 - y) * row, count: row) }
    }
}

private func turnSquare(
    _ source: [UInt8], _ side: Int, clockwise: Bool, pixel: Int, into target: UnsafeMutablePointer<UInt8>
) {
    source.withUnsafeBufferPointer { source in
        for y in 0..<side {
            for x in 0..<side {
                let from = clockwise ? (side - 1 - x) * side + y : x * side + side - 1 - y
                for byte in 0..<pixel { target[(y * side + x) * pixel + byte] = source[from * pixel + byte] }
            }
        }
    }
}
