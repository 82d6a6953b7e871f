// The loop of elementwise work: operands of different shapes are read in step with the result, divided into
// blocks for the thread pool. A block is `rows` rows of `n` elements; the caller processes it.

/// How up to three operands are read to fill a contiguous result.
struct BroadcastLoop {
    /// The order of the result in memory.
    let layout: Layout
    /// The operands, in the order of `strides`.
    private(set) var operands: [TensorData] = []
    /// Sizes of the axes, slowest first, merged where possible; at least two.
    private var sizes: [Int] = []
    /// Strides of each operand on those axes, in elements.
    private var strides: [[Int]] = []

    /// Elements per task of the pool.
    static let grain = 16384

    /// One block: offsets of the three operands and the result, the number of rows, and elements per row.
    struct Block {
        var a: Int
        var b: Int
        var c: Int
        var out: Int
        var rows: Int
        var n: Int
    }

    /// - Throws: if an operand must be copied into another order and there is no memory for it.
    init(_ data: [TensorData], shape: [Int]) throws {
        let size = Shape.count(shape)
        let lastly =
            shape.count == 4
            && data.contains { $0.layout == .channelsLast && !$0.isEitherLayout && $0.count * 2 > size }
        let onlyLast =
            shape.count == 4 && !data.isEmpty
            && data.allSatisfy { $0.layout == .channelsLast || $0.count == 1 || $0.isEitherLayout }
            && data.contains { $0.layout == .channelsLast }
        self.layout = lastly || onlyLast ? .channelsLast : .rowMajor
        let target = layout == .channelsLast ? [shape[0], shape[2], shape[3], shape[1]] : shape
        var all: [[Int]] = []
        for one in data {
            let (operand, own) = try BroadcastLoop.laid(one, layout)
            operands.append(operand)
            all.append(Shape.broadcastStrides(own, to: target))
        }
        merge(target, all)
    }

    /// An operand in the order of the result, and its shape in that order.
    private static func laid(_ data: TensorData, _ layout: Layout) throws -> (TensorData, [Int]) {
        guard layout == .channelsLast else { return (try data.rowMajor(), data.shape) }
        if data.layout == .channelsLast { return (data, data.memoryShape) }
        let lead = [Int](repeating: 1, count: 4 - data.shape.count)
        let padded = data.reshaped(lead + data.shape)
        if padded.shape[1] == 1 || padded.shape[2] * padded.shape[3] == 1 {
            return (padded, [padded.shape[0], padded.shape[2], padded.shape[3], padded.shape[1]])
        }
        let result = try TensorData(shape: padded.shape, dtype: padded.dtype, layout: .channelsLast)
        LayoutChange.toChannelsLast(padded, into: result)
        return (result, result.memoryShape)
    }

    private mutating func merge(_ target: [Int], _ all: [[Int]]) {
        for axis in target.indices where target[axis] != 1 {
            let merges =
                !sizes.isEmpty
                && all.indices.allSatisfy {
                    strides[$0][sizes.count - 1] == all[$0][axis] * target[axis]
                }
            if merges {
                sizes[sizes.count - 1] *= target[axis]
                for operand in all.indices { strides[operand][sizes.count - 1] = all[operand][axis] }
            } else {
                sizes.append(target[axis])
                if strides.isEmpty { strides = all.map { _ in [] } }
                for operand in all.indices { strides[operand].append(all[operand][axis]) }
            }
        }
        if strides.isEmpty { strides = all.map { _ in [] } }
        while sizes.count < 2 {
            sizes.insert(1, at: 0)
            for operand in strides.indices { strides[operand].insert(0, at: 0) }
        }
    }

    /// The step of an operand from one element to the next, 0 or 1.
    func step(_ operand: Int) -> Int { strides[operand][sizes.count - 1] }
    /// The step of an operand from one row to the next.
    func rowStep(_ operand: Int) -> Int { strides[operand][sizes.count - 2] }
    /// Whether the rows of an operand follow each other as the result's do.
    func isDense(_ operand: Int) -> Bool {
        step(operand) == 1 && (rowStep(operand) == sizes[sizes.count - 1] || sizes[sizes.count - 2] == 1)
    }

    /// Calls `body` for blocks that together cover the result, on several threads.
    func run(_ body: (Block) -> Void) {
        let n = sizes[sizes.count - 1]
        let rows = sizes[sizes.count - 2]
        let outer = sizes.dropLast(2).reduce(1, *)
        if n == 0 || rows == 0 || outer == 0 { return }
        let grain = BroadcastLoop.grain
        if rows == 1, outer == 1 {
            let blocks = (n + grain - 1) / grain
            let steps = (0..<3).map { $0 < strides.count ? step($0) : 0 }
            Parallel.run(blocks) { index in
                let start = index * grain
                body(
                    Block(
                        a: start * steps[0], b: start * steps[1], c: start * steps[2], out: start, rows: 1,
                        n: min(grain, n - start)))
            }
            return
        }
        let rowsInBlock = min(max(grain / n, 1), rows)
        let blocksInOuter = (rows + rowsInBlock - 1) / rowsInBlock
        let group = max(grain / (rows * n), 1)
        let tasks = (outer * blocksInOuter + group - 1) / group
        Parallel.run(tasks) { task in
            let start = task * group
            for index in start..<min(start + group, outer * blocksInOuter) {
                let row = index % blocksInOuter * rowsInBlock
                var block = place(index / blocksInOuter)
                block.out = (index / blocksInOuter * rows + row) * n
                block.rows = min(rowsInBlock, rows - row)
                block.n = n
                if !strides.isEmpty { block.a += row * rowStep(0) }
                if strides.count > 1 { block.b += row * rowStep(1) }
                if strides.count > 2 { block.c += row * rowStep(2) }
                body(block)
            }
        }
    }

    private func place(_ index: Int) -> Block {
        var block = Block(a: 0, b: 0, c: 0, out: 0, rows: 0, n: 0)
        var rest = index
        var axis = sizes.count - 3
        while axis >= 0 {
            let (quotient, position) = rest.quotientAndRemainder(dividingBy: sizes[axis])
            if !strides.isEmpty { block.a += position * strides[0][axis] }
            if strides.count > 1 { block.b += position * strides[1][axis] }
            if strides.count > 2 { block.c += position * strides[2][axis] }
            rest = quotient
            axis -= 1
        }
        return block
    }
}
