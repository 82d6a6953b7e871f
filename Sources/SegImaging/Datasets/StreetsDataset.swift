// The data set of drawn street scenes. A frame is drawn when it is needed.

import Glibc
import SegTensor
import Synchronization

/// Drawn driving scenes (`streets`).
public struct StreetsDataset: Dataset {
    public let count: Int
    public let scene: StreetScene
    public let palette = ClassPalette.camVid

    public init(count: Int, height: Int, width: Int, seed: UInt64) {
        self.count = count
        scene = StreetScene(seed: seed, height: height, width: width)
    }

    public var about: String { "drawn street scenes, seed \(scene.seed)" }

    public func name(_ index: Int) -> String { "street\(scene.seed)_\(index)" }
    public func size(_ index: Int) -> (height: Int, width: Int) { (scene.height, scene.width) }
    public func origin(_ index: Int) -> FrameOrigin {
        FrameOrigin(sequence: "streets \(scene.seed)", position: index)
    }

    public func frame(_ index: Int) throws -> Frame {
        var builder = DigestBuilder()
        builder.add("streets 1")
        for number in [Double(scene.seed), Double(scene.height), Double(scene.width), Double(index)] {
            builder.add(number)
        }
        let image = builder.finish()
        builder.add("mask")
        // Picture and mask come from one drawing: the one that is read first keeps the other.
        let drawing = Drawing(scene: scene, index: index)
        return Frame(
            name: name(index), height: scene.height, width: scene.width,
            imageDigest: image,
            maskDigest: builder.finish(), image: { try drawing.image() }, mask: { try drawing.mask() })
    }

    private final class Drawing: @unchecked Sendable {
        let scene: StreetScene
        let index: Int
        private typealias Kept = (rgb: [UInt8]?, mask: [UInt8]?)
        private let kept = Mutex<Kept>((nil, nil))

        init(scene: StreetScene, index: Int) {
            self.scene = scene
            self.index = index
        }

        func image() throws -> RGBImage {
            let bytes = try withKept { kept -> [UInt8] in
                if let bytes = kept.rgb {
                    kept.rgb = nil
                    return bytes
                }
                let drawn = try draw()
                kept.mask = drawn.mask
                return drawn.rgb
            }
            return try RGBImage(width: scene.width, height: scene.height, bytes: bytes)
        }

        func mask() throws -> MaskImage {
            let bytes = try withKept { kept -> [UInt8] in
                if let bytes = kept.mask {
                    kept.mask = nil
                    return bytes
                }
                let drawn = try draw()
                kept.rgb = drawn.rgb
                return drawn.mask
            }
            return try MaskImage(width: scene.width, height: scene.height, bytes: bytes)
        }

        private func draw() throws -> (rgb: [UInt8], mask: [UInt8]) {
            let context = EvaluationContext.current
            guard let drawn = scene.frame(index, interrupted: { context.interrupted?() == true }) else {
                throw TensorError(.interrupt, "interrupted")
            }
            return drawn
        }

        /// A helper thread may be drawing; an interrupt ends the wait for it.
        private func withKept(_ body: (inout Kept) throws -> [UInt8]) throws -> [UInt8] {
            while true {
                if let bytes = try kept.withLockIfAvailable({ kept in try body(&kept) }) { return bytes }
                try EvaluationContext.current.checkInterrupt()
                usleep(200)
            }
        }
    }
}
