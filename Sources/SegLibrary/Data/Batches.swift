// Batches of samples. While one is used, helper threads make the pictures of the next.

import SegImaging
import SegRuntime
import SegSystem
import SegTensor

/// A batch that nobody has computed yet.
struct PreparedBatch {
    let indices: [Int]
    let epoch: Int
    let value: Value
    let pictures: AheadGroup
    let masks: AheadGroup
}

/// A record of a batch: images [N, 3, H, W] float32, masks [N, H, W], names, count.
private func made(_ data: DatasetValue, _ indices: [Int], epoch: Int) throws -> PreparedBatch {
    let dataset = try data.dataset.inEpoch(epoch)
    let (pictures, groups) = (AheadGroup(), AheadGroup())
    var images: [Tensor] = []
    var masks: [Tensor] = []
    var names: [Value] = []
    for index in indices {
        var frame = try dataset.checkedFrame(index)
        // Tensors of a script are computed on its own thread.
        if !dataset.runsScript { frame = frame.ahead(pictures: pictures, masks: groups) }
        var image = try frame.imageTensor()
        if let first = images.first, first.shape != image.shape {
            throw TensorError(
                .shape,
                "pictures of \(sizeText(height: first.shape[1], width: first.shape[2])) and of \(sizeText(height: image.shape[1], width: image.shape[2])) do not make a batch",
                help: "resize them to one size: data.resize(520)", notes: [])
        }
        if image.dtype == .uint8 {
            image = try Tensor.apply(.divide, .tensor(try image.to(.float32)), .number(255))
        }
        images.append(image)
        masks.append(try frame.maskTensor())
        names.append(.string(frame.name))
    }
    let value = Value.object(
        RecordObject([
            ("images", .tensor(try Tensor.stack(images))),
            ("masks", .tensor(try Tensor.stack(masks), categories: data.labels)),
            ("names", .list(names)), ("count", .number(Double(indices.count))),
        ]))
    return PreparedBatch(indices: indices, epoch: epoch, value: value, pictures: pictures, masks: groups)
}

extension DatasetValue {
    /// A batch; `then` is the one that follows it, whose pictures are made while this one is used. Frames that a
    /// script makes are not made ahead: the script would notice the order.
    func batch(_ indices: [Int], epoch: Int = 0, then next: [Int]? = nil) throws -> Value {
        let now: PreparedBatch
        if let upcoming, upcoming.indices == indices, upcoming.epoch == epoch {
            now = upcoming
        } else {
            now = try made(self, indices, epoch: epoch)
        }
        upcoming = nil
        if let next, !next.isEmpty, !dataset.runsScript, let made = try? made(self, next, epoch: epoch) {
            now.pictures.follow(with: made.pictures)
            now.masks.follow(with: made.masks)
            upcoming = made
        }
        return now.value
    }
}

/// The result of `batches`: a loop over it creates one batch after the other.
final class BatchesValue: ForeignValue {
    let data: DatasetValue
    let order: [Int]
    let size: Int

    init(_ data: DatasetValue, order: [Int], size: Int) {
        self.data = data
        self.order = order
        self.size = size
        super.init()
    }

    override var typeName: String { "batches" }
    override func saved(_ interpreter: Interpreter) -> (kind: String, parts: Value)? { savedParts() }
    override func line(_ interpreter: Interpreter) -> String {
        "\((order.count + size - 1) / size) batches of \(size)"
    }
    override func count(_ interpreter: Interpreter) -> Int? { (order.count + size - 1) / size }
    override func iterator(_ interpreter: Interpreter) -> (() throws -> Value?)? {
        var start = 0
        let epoch = data.epochs
        if data.dataset.redraws { data.epochs += 1 }
        return { [self] in
            guard start < order.count else { return nil }
            let end = min(start + size, order.count)
            defer { start = end }
            return try data.batch(
                Array(order[start..<end]), epoch: epoch,
                then: Array(order[end..<min(end + size, order.count)]))
        }
    }
}
