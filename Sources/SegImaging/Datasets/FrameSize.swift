// Sizes of frames. Pictures are resized smoothly with antialiasing, masks to the
// nearest pixel.

import SegSystem
import SegTensor

/// The size that frames are resized to.
public enum FrameSize: Sendable {
    case exact(height: Int, width: Int)
    /// The shorter side has this length; the aspect ratio is kept, as in torchvision's preset.
    case shorter(Int)

    func size(height: Int, width: Int) throws -> (height: Int, width: Int) {
        switch self {
        case .exact(let height, let width): return (height, width)
        case .shorter(let length):
            let size = try resizedSize(shorter: length, width: width, height: height)
            return (size.height, size.width)
        }
    }

    var text: String {
        switch self {
        case .exact(let height, let width): "resized to " + sizeText(height: height, width: width)
        case .shorter(let length): "resized to \(length) on the shorter side"
        }
    }
}

extension Frame {
    func resized(_ size: FrameSize) throws -> Frame {
        let new = try size.size(height: height, width: width)
        if new == (height, width) { return self }
        return changed(
            "resize", [Double(new.height), Double(new.width)], height: new.height, width: new.width,
            image: { try $0.resized(width: new.width, height: new.height) },
            mask: { try $0.resized(width: new.width, height: new.height) })
    }
}
