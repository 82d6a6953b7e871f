// The interface between values and the C kernels for elementwise work: which kernel is used for which type,
// and when an operand's memory can be overwritten.

import CKernels

/// Elementwise work on values; the operands already have the same type.
enum Elementwise {
    /// Arithmetic by the kernel number `op`, both operands of `type`, giving `type`.
    static func binary(_ op: Int, _ loop: BroadcastLoop, into out: TensorData) {
        let a = loop.operands[0]
        let b = loop.operands[1]
        let (stepA, stepB, rowA, rowB) = (loop.step(0), loop.step(1), loop.rowStep(0), loop.rowStep(1))
        if out.dtype == .float32 {
            let (x, y, z) = (a.floats, b.floats, out.floats)
            let byChannel = loop.isDense(0) && stepB == 1 && rowB == 0
            let byChannelReversed = loop.isDense(1) && stepA == 1 && rowA == 0
            let byRow = loop.isDense(0) && stepB == 0 && rowB == 1
            let byRowReversed = loop.isDense(1) && stepA == 0 && rowA == 1
            loop.run { block in
                let (p, q, r) = (x + block.a, y + block.b, z + block.out)
                if block.rows > 1, byChannel {
                    ew_binary_rows_f32(op, p, q, 0, r, block.rows, block.n)
                } else if block.rows > 1, byChannelReversed {
                    ew_binary_rows_f32(op, q, p, 1, r, block.rows, block.n)
                } else if block.rows > 1, byRow {
                    ew_binary_columns_f32(op, p, q, 0, r, block.rows, block.n)
                } else if block.rows > 1, byRowReversed {
                    ew_binary_columns_f32(op, q, p, 1, r, block.rows, block.n)
                } else {
                    for row in 0..<block.rows {
                        ew_binary_f32(
                            op, p + row * rowA, stepA, q + row * rowB, stepB, r + row * block.n, block.n)
                    }
                }
            }
            return
        }
        func rows<T: Element>(
            _ type: T.Type,
            _ kernel: (Int, UnsafePointer<T>, Int, UnsafePointer<T>, Int, UnsafeMutablePointer<T>, Int) ->
                Void
        ) {
            let (x, y, z) = (a.elements(T.self), b.elements(T.self), out.elements(T.self))
            loop.run { block in
                for row in 0..<block.rows {
                    kernel(
                        op, x + (block.a + row * rowA), stepA, y + (block.b + row * rowB), stepB,
                        z + (block.out + row * block.n), block.n)
                }
            }
        }
        switch out.dtype {
        case .float32: break
        case .float64: rows(Double.self, ew_binary_f64)
        case .int64: rows(Int64.self, ew_binary_i64)
        case .int32: rows(Int32.self, ew_binary_i32)
        case .uint8, .bool: rows(UInt8.self, ew_binary_u8)
        }
    }

    /// A comparison by the kernel number `op`, giving bool.
    static func compare(_ op: Int, _ loop: BroadcastLoop, into out: TensorData) {
        func rows<T: Element>(
            _ type: T.Type,
            _ kernel: (Int, UnsafePointer<T>, Int, UnsafePointer<T>, Int, UnsafeMutablePointer<UInt8>, Int) ->
                Void
        ) {
            let (x, y) = (loop.operands[0].elements(T.self), loop.operands[1].elements(T.self))
            let z = out.elements(UInt8.self)
            let (stepA, stepB, rowA, rowB) = (loop.step(0), loop.step(1), loop.rowStep(0), loop.rowStep(1))
            loop.run { block in
                for row in 0..<block.rows {
                    kernel(
                        op, x + (block.a + row * rowA), stepA, y + (block.b + row * rowB), stepB,
                        z + (block.out + row * block.n), block.n)
                }
            }
        }
        switch loop.operands[0].dtype {
        case .float32: rows(Float.self, ew_compare_f32)
        case .float64: rows(Double.self, ew_compare_f64)
        case .int64: rows(Int64.self, ew_compare_i64)
        case .int32: rows(Int32.self, ew_compare_i32)
        case .uint8, .bool: rows(UInt8.self, ew_compare_u8)
        }
    }

    /// `and`, or optionally `or`, of two bools.
    static func logical(or: Bool, _ loop: BroadcastLoop, into out: TensorData) {
        let (x, y) = (loop.operands[0].elements(UInt8.self), loop.operands[1].elements(UInt8.self))
        let z = out.elements(UInt8.self)
        let (stepA, stepB, rowA, rowB) = (loop.step(0), loop.step(1), loop.rowStep(0), loop.rowStep(1))
        loop.run { block in
            for row in 0..<block.rows {
                let (p, q) = (x + (block.a + row * rowA), y + (block.b + row * rowB))
                let r = z + (block.out + row * block.n)
                if or {
                    ew_or_bool(p, stepA, q, stepB, r, block.n)
                } else {
                    ew_and_bool(p, stepA, q, stepB, r, block.n)
                }
            }
        }
    }

    /// condition ? a : b; `a` and `b` of the result's type.
    static func select(_ loop: BroadcastLoop, into out: TensorData) {
        let size = out.dtype.size
        let condition = loop.operands[0].elements(UInt8.self)
        let (a, b) = (loop.operands[1].bytes, loop.operands[2].bytes)
        loop.run { block in
            for row in 0..<block.rows {
                ew_select(
                    size, condition + (block.a + row * loop.rowStep(0)), loop.step(0),
                    a + (block.b + row * loop.rowStep(1)) * size, loop.step(1),
                    b + (block.c + row * loop.rowStep(2)) * size, loop.step(2),
                    out.bytes + (block.out + row * block.n) * size, block.n)
            }
        }
    }

    /// A function of one operand that has the result's type and order.
    static func unary(_ op: Int, _ x: TensorData, into out: TensorData) {
        blocks(out.count) { start, n in
            switch out.dtype {
            case .float32: ew_unary_f32(op, x.floats + start, out.floats + start, n)
            case .float64: ew_unary_f64(op, x.elements() + start, out.elements() + start, n)
            case .int64: ew_unary_i64(op, x.elements() + start, out.elements() + start, n)
            case .int32: ew_unary_i32(op, x.elements() + start, out.elements() + start, n)
            case .uint8: ew_unary_u8(op, x.elements() + start, out.elements() + start, n)
            case .bool: ew_not_bool(x.elements(UInt8.self) + start, out.elements(UInt8.self) + start, n)
            }
        }
    }

    static func cast(_ x: TensorData, into out: TensorData) {
        let (from, to) = (x.dtype, out.dtype)
        blocks(out.count) { start, n in
            ew_cast(from.kind, x.bytes + start * from.size, to.kind, out.bytes + start * to.size, n)
        }
    }

    /// Fills with one number.
    static func fill(_ out: TensorData, _ number: Double) {
        withBytes(of: number, as: out.dtype) { value in
            let size = out.dtype.size
            blocks(out.count) { start, n in ew_fill(size, value, out.bytes + start * size, n) }
        }
    }

    /// A value of one element.
    static func constant(_ number: Double, _ dtype: DType) throws -> TensorData {
        let data = try TensorData(shape: [], dtype: dtype)
        withBytes(of: number, as: dtype) { data.bytes.copyMemory(from: $0, byteCount: dtype.size) }
        return data
    }

    private static func withBytes(of number: Double, as dtype: DType, _ body: (UnsafeRawPointer) -> Void) {
        func typed<T: Element>(_ type: T.Type) {
            withUnsafeBytes(of: dtype == .bool ? T(converting: number != 0 ? 1 : 0) : T(converting: number)) {
                if let base = $0.baseAddress { body(base) }
            }
        }
        dtype.withElement { typed($0) }
    }

    /// Calls `body` with start and length of blocks that cover `count` elements, on several threads.
    static func blocks(_ count: Int, _ body: (Int, Int) -> Void) {
        let grain = BroadcastLoop.grain
        Parallel.run((count + grain - 1) / grain) { index in
            let start = index * grain
            body(start, min(grain, count - start))
        }
    }
}

extension Array where Element == TensorData {
    /// Whether a result of this type and shape can overwrite an input's memory.
    mutating func isFree(_ index: Int, for result: Signature) -> Bool {
        guard self[index].shape == result.shape, self[index].dtype.size == result.dtype.size,
            self[index].offset == 0
        else { return false }
        guard isKnownUniquelyReferenced(&self[index].storage) else { return false }
        self[index].storage.dropPackedWeights()
        return true
    }
}
