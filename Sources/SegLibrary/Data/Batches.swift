// Batches of samples. While one is used, helper threads make the pictures of the next.

import SegImaging
import SegRuntime
import SegSystem
import SegTensor

/// A batch that nobody has computed yet.
struct PreparedBatch {
    /// Those that were asked for, and how many of them it has.
    let indices: [Int]
    let used: Int
    let epoch: Int
    let value: Value
    let pictures: AheadGroup
    let masks: AheadGroup
}

/// A record of a batch: images [N, 3, H, W] float32, masks [N, H, W], names, count. Pictures of another size are an
/// error, or with `ofOneSize` begin another batch.
private func made(_ data: DatasetValue, _ indices: [Int], epoch: Int, ofOneSize: Bool) throws -> PreparedBatch
{
    guard !indices.isEmpty else { throw TensorError(.value, "a batch needs at least one sample") }
    let dataset = try data.dataset.inEpoch(epoch)
    let (pictures, groups) = (AheadGroup(), AheadGroup())
    var images: [Tensor] = []
    var masks: [Tensor] = []
    var names: [Value] = []
    var used: [Int] = []
    for index in indices {
        var frame = try dataset.checkedFrame(index)
        // Tensors of a script are computed on its own thread.
        if !dataset.runsScript { frame = frame.ahead(pictures: pictures, masks: groups) }
        var image = try frame.imageTensor()
        if ofOneSize, let first = images.first, first.shape != image.shape { break }
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
        used.append(index)
    }
    let value = Value.object(
        RecordObject([
            ("images", .tensor(try Tensor.stack(images))),
            ("masks", .tensor(try Tensor.stack(masks), categories: data.labels)),
            ("names", .list(names)), ("count", .number(Double(used.count))),
        ]))
    return PreparedBatch(
        indices: indices, used: used.count, epoch: epoch, value: value, pictures: pictures, masks: groups)
}

extension DatasetValue {
    /// A batch; `then` is the one that follows it, whose pictures are made while this one is used. Frames that a
    /// script makes are not made ahead: the script would notice the order.
    func batch(_ indices: [Int], epoch: Int = 0, then next: [Int]? = nil) throws -> Value {
        try batch(indices, epoch: epoch, then: next, ofOneSize: false).value
    }

    /// The same, with the number of samples that it has; fewer where `ofOneSize` ends it.
    func batch(_ indices: [Int], epoch: Int, then next: [Int]?, ofOneSize: Bool) throws -> (
        value: Value, count: Int
    ) {
        let now: PreparedBatch
        if let upcoming, upcoming.indices == indices, upcoming.epoch == epoch {
            now = upcoming
        } else {
            now = try made(self, indices, epoch: epoch, ofOneSize: ofOneSize)
        }
        upcoming = nil
        if let next, !next.isEmpty, !dataset.runsScript, now.used == indices.count,
            let made = try? made(self, next, epoch: epoch, ofOneSize: ofOneSize)
        {
            now.pictures.follow(with: made.pictures)
            now.masks.follow(with: made.masks)
            upcoming = made
        }
        return (now.value, now.used)
    }
}

/// The result of `batches`: a loop over it creates one batch after the other.
final class BatchesValue: ForeignValue {
    let data: DatasetValue
    let order: [Int]
    let size: Int
    /// Whether a batch ends where the size of the pictures changes.
    let ofOneSize: Bool

    init(_ data: DatasetValue, order: [Int], size: Int, ofOneSize: Bool = false) {
        self.data = data
        self.order = order
        self.size = size
        self.ofOneSize = ofOneSize
        super.init()
    }

    override var typeName: String { "batches" }
    override var held: [Value] { data.dataset.runsScript ? [.object(data)] : [] }
    override func copied(holding held: [Value]) -> ForeignValue {
        guard let data = held.first?.foreign(DatasetValue.self) else { return self }
        return BatchesValue(data, order: order, size: size, ofOneSize: ofOneSize)
    }
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
            let made = try data.batch(
                Array(order[start..<end]), epoch: epoch,
                then: Array(order[end..<min(end + size, order.count)]), ofOneSize: ofOneSize)
            start += made.count
            return made.value
        }
    }
}
