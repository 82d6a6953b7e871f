// Matrix products, batched: float32 and float64 by OpenBLAS in tiles, integers by a plain loop.

import CKernels
import SegSystem

extension Tensor {
    /// The matrix product, as NumPy's matmul: vectors count as a row on the left, a column on the right;
    /// axes before the last two broadcast.
    public static func matmul(_ a: Tensor, _ b: Tensor) throws -> Tensor {
        guard a.rank > 0, b.rank > 0 else {
            throw TensorError(
                .shape,
                "matmul needs vectors or matrices, got shapes \(Shape.text(a.shape)) and \(Shape.text(b.shape))",
                help: "multiply by a number with *", notes: [Shape.text(a.shape), Shape.text(b.shape)])
        }
        let inner = (a.shape[a.rank - 1], b.shape[max(b.rank - 2, 0)])
        guard inner.0 == inner.1 else {
            throw TensorError(
                .shape,
                "matmul: shapes \(Shape.text(a.shape)) and \(Shape.text(b.shape)) do not fit: \(plural(inner.0, "column")), but \(plural(inner.1, "row"))",
                notes: [Shape.text(a.shape), Shape.text(b.shape)])
        }
        if let columns = a.labels[a.rank - 1], let rows = b.labels[max(b.rank - 2, 0)], columns != rows {
            throw AxisLabels.difference(columns, rows, "the labels of the axes that matmul sums over")
        }
        let x = a.rank == 1 ? try a.unsqueeze(0) : a
        let y = b.rank == 1 ? try b.unsqueeze(1) : b
        let common = DType.promoted(a.dtype, b.dtype)
        let type = common == .bool ? .int64 : common
        let product = try make(MatmulOperation(), [x.to(type), y.to(type)])
        switch (a.rank, b.rank) {
        case (1, 1): return try product.reshape([])
        case (1, _): return try product.squeeze(axes: [product.rank - 2])
        case (_, 1): return try product.squeeze(axes: [product.rank - 1])
        default: return product
        }
    }
}

/// op(a) op(b) on the last two axes, where op is the identity or the transposition.
struct MatmulOperation: Operation {
    var name: String { "matmul" }
    var transposesFirst = false
    var transposesSecond = false

    func infer(_ inputs: [Signature]) throws -> Signature {
        let (a, b) = (inputs[0], inputs[1])
        let batch = try Shape.broadcast(Array(a.shape.dropLast(2)), Array(b.shape.dropLast(2)))
        let row = a.rank - (transposesFirst ? 1 : 2)
        let column = b.rank - (transposesSecond ? 2 : 1)
        var result = Signature(batch + [a.shape[row], b.shape[column]], a.dtype)
        result.labels[result.rank - 2] = a.labels[row]
        result.labels[result.rank - 1] = b.labels[column]
        return result
    }

    func evaluate(_ inputs: inout [TensorData], _ result: Signature, _ context: EvaluationContext) throws
        -> TensorData
    {
        let (a, b) = (try inputs[0].rowMajor(), try inputs[1].rowMajor())
        let out = try TensorData(shape: result.shape, dtype: result.dtype, for: name)
        let (m, n) = (result.shape[result.rank - 2], result.shape[result.rank - 1])
        let k = a.shape[a.shape.count - (transposesFirst ? 2 : 1)]
        if out.count == 0 { return out }
        if k == 0 {
            Elementwise.fill(out, 0)
            return out
        }
        let batch = Array(result.shape.dropLast(2))
        let (lda, ldb) = (a.shape[a.shape.count - 1], b.shape[b.shape.count - 1])
        let stepsA = Shape.broadcastStrides(Array(a.shape.dropLast(2)), to: batch)
        let stepsB = Shape.broadcastStrides(Array(b.shape.dropLast(2)), to: batch)
        let strides = Shape.strides(batch)
        for index in 0..<Shape.count(batch) {
            if index & 0xff == 0, pool_should_stop() { throw TensorError(.interrupt, "interrupted") }
            var (atA, atB, rest) = (0, 0, index)
            for axis in batch.indices {
                atA += rest / strides[axis] * stepsA[axis]
                atB += rest / strides[axis] * stepsB[axis]
                rest %= strides[axis]
            }
            let (offsetA, offsetB, offset) = (atA * m * k, atB * k * n, index * m * n)
            switch result.dtype {
            case .float32:
                try MatrixProduct.sgemm(
                    transposeA: transposesFirst, transposeB: transposesSecond, m: m, n: n, k: k,
                    a: a.floats + offsetA, lda: lda, b: b.floats + offsetB, ldb: ldb, c: out.floats + offset,
                    ldc: n)
            case .float64:
                try MatrixProduct.dgemm(
                    transposeA: transposesFirst, transposeB: transposesSecond, m: m, n: n, k: k,
                    a: a.elements() + offsetA, lda: lda, b: b.elements() + offsetB, ldb: ldb,
                    c: out.elements() + offset, ldc: n)
            default:
                func run<T: Element>(_ type: T.Type) throws {
                    let (p, q) = (a.elements(T.self) + offsetA, b.elements(T.self) + offsetB)
                    let r = out.elements(T.self) + offset
                    let (rowA, columnA) = transposesFirst ? (1, lda) : (lda, 1)
                    let (rowB, columnB) = transposesSecond ? (1, ldb) : (ldb, 1)
                    for i in 0..<m {
                        for j in 0..<n {
                            if (i &* n &+ j) & 0xff == 0, pool_should_stop() {
                                throw TensorError(.interrupt, "interrupted")
                            }
                            var sum = T(converting: 0)
                            for l in 0..<k {
                                sum = T.adding(
                                    sum, T.multiplying(p[i * rowA + l * columnA], q[l * rowB + j * columnB]))
                            }
                            r[i * n + j] = sum
                        }
                    }
                }
                try result.dtype.withElement { try run($0) }
            }
        }
        return out
    }

    func multiplyAdds(_ inputs: [Signature], _ result: Signature) -> Int {
        result.count * inputs[0].shape[inputs[0].rank - (transposesFirst ? 2 : 1)]
    }

    func gradient(_ g: Backward) throws -> [Tensor?] {
        let (a, b) = (try g.inputs[0].relabelled([:]), try g.inputs[1].relabelled([:]))
        let u = try g.upstream.relabelled([:])
        func product(_ x: Tensor, _ turnsX: Bool, _ y: Tensor, _ turnsY: Bool, like target: Tensor) throws
            -> Tensor
        {
            try Tensor.make(MatmulOperation(transposesFirst: turnsX, transposesSecond: turnsY), [x, y])
                .summed(to: target.shape)
        }
        let (s, t) = (transposesFirst, transposesSecond)
        return [
            g.needs[0]
                ? (s ? try product(b, t, u, true, like: a) : try product(u, false, b, !t, like: a)) : nil,
            g.needs[1]
                ? (t ? try product(u, true, a, s, like: b) : try product(a, !s, u, false, like: b)) : nil,
        ]
    }
}
