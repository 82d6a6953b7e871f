// The kinds of changes that augment makes, and what each does to a frame. Picture and mask share the geometric
// draw; masks are copied or take the nearest pixel, so that no label appears that was not there.

import SegSystem
import SegTensor

/// One kind of change, with the range that its draws come from and its probability.
public struct Augmentation: Sendable, Equatable {
    public enum Change: Sendable, Equatable {
        /// Flipped left to right.
        case horizontalFlip
        /// Flipped upside down.
        case verticalFlip
        /// Rotated counterclockwise by so many degrees; corners become void.
        case rotation(ClosedRange<Double>)
        /// Resized by a factor; a part of the original size is taken, at a drawn place, unless a crop follows.
        case scale(ClosedRange<Double>)
        /// A part of this size, at a drawn place; one that has one of the classes, where the frame has one.
        case crop(height: Int, width: Int, classes: [String])
        /// Moved along both axes, each by a share of the side; the uncovered border becomes void.
        case shift(ClosedRange<Double>)
        /// Factors; 1 leaves the picture unchanged.
        case brightness(ClosedRange<Double>)
        case contrast(ClosedRange<Double>)
        case saturation(ClosedRange<Double>)
        /// Shares of the colour circle.
        case hue(ClosedRange<Double>)
        /// Normal noise with this standard deviation, in 0…1.
        case noise(ClosedRange<Double>)
        /// A Gaussian blur of this standard deviation in pixels.
        case blur(ClosedRange<Double>)
        /// A black, void rectangle whose sides are this share of the picture's.
        case cutout(ClosedRange<Double>)
    }

    public let change: Change
    public let probability: Double

    public init(_ change: Change, probability: Double? = nil) {
        self.change = change
        self.probability = probability ?? Self.usual(change)
    }

    /// A flip is made in half of the copies, everything else in all.
    private static func usual(_ change: Change) -> Double {
        switch change {
        case .horizontalFlip, .verticalFlip: 0.5
        default: 1
        }
    }

    public var name: String {
        switch change {
        case .horizontalFlip: "hflip"
        case .verticalFlip: "vflip"
        case .rotation: "rotate"
        case .scale: "scale"
        case .crop: "crop"
        case .shift: "shift"
        case .brightness: "brightness"
        case .contrast: "contrast"
        case .saturation: "saturation"
        case .hue: "hue"
        case .noise: "noise"
        case .blur: "blur"
        case .cutout: "cutout"
        }
    }

    /// The range of the draws; nil for changes without one.
    public var range: ClosedRange<Double>? {
        switch change {
        case .horizontalFlip, .verticalFlip, .crop: nil
        case .rotation(let range), .scale(let range), .shift(let range), .brightness(let range),
            .contrast(let range), .saturation(let range), .hue(let range), .noise(let range),
            .blur(let range), .cutout(let range):
            range
        }
    }

    /// Whether a single number stands for a range about zero.
    private var isAboutZero: Bool {
        switch change {
        case .rotation, .shift, .hue: true
        default: false
        }
    }

    public var text: String {
        var parts: [String] = []
        if let range {
            let (low, high) = (Tensor.text(of: range.lowerBound), Tensor.text(of: range.upperBound))
            let isOne = isAboutZero ? range.lowerBound == -range.upperBound : low == high
            parts.append(isOne ? high : "\(low)...\(high)")
        }
        if case .crop(let height, let width, let classes) = change {
            parts.append(height == width ? "\(height)" : "[\(height), \(width)]")
            let names = classes.map { "\"\($0)\"" }.joined(separator: ", ")
            if !classes.isEmpty { parts.append("has=" + (classes.count == 1 ? names : "[\(names)]")) }
        }
        if probability != Self.usual(change) { parts.append("p=\(Tensor.text(of: probability))") }
        return "\(name)(\(parts.joined(separator: ", ")))"
    }

    /// The frame changed by draws of a key. `classes` are the numbers of the classes that a crop looks for.
    func applied(to frame: Frame, key: RandomKey, classes: [UInt8]) throws -> Frame {
        let draw = try Tensor.rand([1], key: key, dtype: .float64).item()
        switch change {
        case .horizontalFlip:
            if draw >= probability { return frame }
            return frame.changed(
                "hflip", image: { $0.flippedHorizontally() }, mask: { $0.flippedHorizontally() })
        case .verticalFlip:
            if draw >= probability { return frame }
            return frame.changed("vflip", image: { $0.flippedVertically() }, mask: { $0.flippedVertically() })
        default: break
        }
        if probability < 1, key.uniform(0) >= probability { return frame }
        let drawn = range.map { $0.lowerBound + draw * ($0.upperBound - $0.lowerBound) } ?? draw
        switch change {
        case .horizontalFlip, .verticalFlip: return frame
        case .rotation:
            return frame.changed(
                "rotate", [drawn], image: { try $0.rotated(degrees: drawn) },
                mask: { try $0.rotated(degrees: drawn, fill: MaskImage.ignored) })
        case .scale:
            return try frame.resized(
                .exact(
                    height: max(1, Int((drawn * Double(frame.height)).rounded())),
                    width: max(1, Int((drawn * Double(frame.width)).rounded()))))
        case .crop(let height, let width, _):
            return frame.cropped(height: height, width: width, having: classes, key: key)
        case .shift:
            let other = key.uniform(1)
            let (low, high) = (range?.lowerBound ?? 0, range?.upperBound ?? 0)
            let down = Int(((low + other * (high - low)) * Double(frame.height)).rounded())
            let right = Int((drawn * Double(frame.width)).rounded())
            return frame.window(
                PictureWindow(top: -down, left: -right, height: frame.height, width: frame.width))
        case .brightness: return frame.changed("brightness", [drawn], image: { try $0.brightness(drawn) })
        case .contrast: return frame.changed("contrast", [drawn], image: { try $0.contrast(drawn) })
        case .saturation: return frame.changed("saturation", [drawn], image: { try $0.saturation(drawn) })
        case .hue: return frame.changed("hue", [drawn], image: { try $0.hue(drawn) })
        case .blur: return frame.changed("blur", [drawn], image: { try $0.blurred(sigma: drawn) })
        case .noise:
            return frame.changed(
                "noise", [drawn, Double(key.seed), Double(key.stream)],
                image: { picture in
                    let noise = try Tensor.randn([picture.bytes.count], key: key).value()
                    return try picture.noisy(
                        sigma: drawn,
                        noise: Array(UnsafeBufferPointer(start: noise.floats, count: noise.count)))
                })
        case .cutout:
            let height = max(1, Int((drawn * Double(frame.height)).rounded()))
            let width = max(1, Int((drawn * Double(frame.width)).rounded()))
            let hole = PictureWindow(
                top: Self.place(key.uniform(1), of: height, in: frame.height),
                left: Self.place(key.uniform(2), of: width, in: frame.width), height: height, width: width)
            return frame.changed(
                "cutout", [hole.top, hole.left, height, width].map { Double($0) },
                image: { $0.withHole(hole) }, mask: { $0.withHole(hole) })
        }
    }

    /// The start of a part of a side: anywhere inside; where the part is longer, anywhere around.
    fileprivate static func place(_ draw: Double, of part: Int, in side: Int) -> Int {
        let (low, high) = (min(0, side - part), max(0, side - part))
        return low + min(Int(draw * Double(high - low + 1)), high - low)
    }
}

extension Frame {
    /// A part of the frame at a drawn place; one that shows a pixel of one of the classes, if there is any.
    func cropped(height newHeight: Int, width newWidth: Int, having classes: [UInt8], key: RandomKey)
        -> Frame
    {
        let (height, width) = (height, width)
        let anywhere = PictureWindow(
            top: Augmentation.place(key.uniform(1), of: newHeight, in: height),
            left: Augmentation.place(key.uniform(2), of: newWidth, in: width), height: newHeight,
            width: newWidth)
        guard !classes.isEmpty else { return window(anywhere) }
        let own = mask
        let place = { @Sendable () throws -> PictureWindow in
            let mask = try own()
            var wanted = [Bool](repeating: false, count: 256)
            for number in classes { wanted[Int(number)] = true }
            let count = mask.bytes.reduce(0) { $0 + (wanted[Int($1)] ? 1 : 0) }
            guard count > 0 else { return anywhere }
            var left = min(Int(key.uniform(3) * Double(count)), count - 1)
            let pixel =
                mask.bytes.firstIndex { value in
                    guard wanted[Int(value)] else { return false }
                    left -= 1
                    return left < 0
                } ?? 0
            // The starts of the parts that contain the pixel, as far as these are inside.
            func start(_ draw: Double, _ at: Int, _ part: Int, _ side: Int) -> Int {
                let low = max(at - part + 1, min(0, side - part))
                let high = min(at, max(0, side - part))
                return low + min(Int(draw * Double(high - low + 1)), high - low)
            }
            return PictureWindow(
                top: start(key.uniform(1), pixel / width, newHeight, height),
                left: start(key.uniform(2), pixel % width, newWidth, width), height: newHeight,
                width: newWidth)
        }
        var digest = DigestBuilder()
        digest.add(maskDigest)
        let seen = digest.finish()
        return changed(
            "crop",
            [
                Double(bitPattern: seen.high), Double(bitPattern: seen.low), Double(newHeight),
                Double(newWidth),
            ]
                + [Double(bitPattern: key.seed), Double(bitPattern: key.stream)] + classes.map { Double($0) },
            height: newHeight, width: newWidth, image: { try $0.window(try place()) },
            mask: { try $0.window(try place()) })
    }
}
