// Matrix products on OpenBLAS, one thread a tile, tiles of a fixed size handed
// out by the own pool: faster than OpenBLAS's threads, and equal to the bit for
// any number of them.

import CKernels
import COpenBLAS

/// Row-major matrix products.
enum MatrixProduct {
    /// Loads OpenBLAS; every caller of it asks first.
    static func prepare() throws {
        guard let problem = openblas_load() else { return }
        throw TensorError(
            .file, "matrix products need OpenBLAS: \(String(cString: problem))",
            help: "on Debian: apt-get install libopenblas0")
    }

    /// Inner lengths are cut here, so that no tile takes long and Ctrl-C is heard.
    private static let depth = 16_384

    /// Tiles of the result: a length is cut into equal parts of at most `limit`.
    static func parts(_ length: Int, limit: Int) -> (count: Int, size: Int) {
        let count = max(1, (length + limit - 1) / limit)
        return (count, (length + count - 1) / count)
    }

    /// The tile grid of an m × n product: tall tiles for tall results, wide ones for wide.
    private static func grid(_ m: Int, _ n: Int) -> (
        rows: (count: Int, size: Int), columns: (count: Int, size: Int)
    ) {
        // At least about four tiles where the result is large enough to be worth it.
        let rows = parts(m, limit: m >= n ? 256 : 512)
        let columns = parts(n, limit: n > m ? 256 : 512)
        return (rows, columns)
    }

    /// c [m, n] = alpha · op(a) · op(b) + beta · c, where op transposes if told. op(a) is [m, k]
    /// and op(b) is [k, n]; `lda`, `ldb`, `ldc` are the row lengths in memory.
    static func sgemm(
        transposeA: Bool = false, transposeB: Bool = false, m: Int, n: Int, k: Int, alpha: Float = 1,
        a: UnsafePointer<Float>, lda: Int, b: UnsafePointer<Float>, ldb: Int, beta: Float = 0,
        c: UnsafeMutablePointer<Float>, ldc: Int
    ) throws {
        guard m > 0, n > 0 else { return }
        try prepare()
        let (rows, columns) = grid(m, n)
        let tiles = rows.count * columns.count
        for start in stride(from: 0, to: max(1, k), by: depth) {
            let inner = min(depth, k - start)
            Parallel.run(tiles) { tile in
                let row = tile / columns.count * rows.size
                let column = tile % columns.count * columns.size
                let height = min(rows.size, m - row)
                let width = min(columns.size, n - column)
                guard height > 0, width > 0 else { return }
                openblas_sgemm(
                    transposeA, transposeB, Int32(height), Int32(width), Int32(inner), alpha,
                    a + (transposeA ? start * lda + row : row * lda + start), Int32(lda),
                    b + (transposeB ? column * ldb + start : start * ldb + column), Int32(ldb),
                    start == 0 ? beta : 1, c + row * ldc + column, Int32(ldc))
            }
        }
    }

    /// As `sgemm`, in float64.
    static func dgemm(
        transposeA: Bool = false, transposeB: Bool = false, m: Int, n: Int, k: Int, alpha: Double = 1,
        a: UnsafePointer<Double>, lda: Int, b: UnsafePointer<Double>, ldb: Int, beta: Double = 0,
        c: UnsafeMutablePointer<Double>, ldc: Int
    ) throws {
        guard m > 0, n > 0 else { return }
        try prepare()
        let (rows, columns) = grid(m, n)
        let tiles = rows.count * columns.count
        for start in stride(from: 0, to: max(1, k), by: depth) {
            let inner = min(depth, k - start)
            Parallel.run(tiles) { tile in
                let row = tile / columns.count * rows.size
                let column = tile % columns.count * columns.size
                let height = min(rows.size, m - row)
                let width = min(columns.size, n - column)
                guard height > 0, width > 0 else { return }
                openblas_dgemm(
                    transposeA, transposeB, Int32(height), Int32(width), Int32(inner), alpha,
                    a + (transposeA ? start * lda + row : row * lda + start), Int32(lda),
                    b + (transposeB ? column * ldb + start : start * ldb + column), Int32(ldb),
                    start == 0 ? beta : 1, c + row * ldc + column, Int32(ldc))
            }
        }
    }
}
