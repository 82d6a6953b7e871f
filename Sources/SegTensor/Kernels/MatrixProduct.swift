// Matrix products on OpenBLAS, one thread a tile, tiles of a fixed size handed
// out by the own pool: faster than OpenBLAS's threads, and equal to the bit for
// any number of them.

import COpenBLAS
import CKernels

/// Row-major matrix products.
enum MatrixProduct {
    /// Makes OpenBLAS use the calling thread alone; the own pool hands out the tiles.
    private static let singleThreaded: Void = openblas_set_num_threads(1)

    /// Tells OpenBLAS to keep to the calling thread; every caller of cblas asks first.
    static func prepare() { _ = singleThreaded }

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
    ) {
        guard m > 0, n > 0 else { return }
        prepare()
        let (rows, columns) = grid(m, n)
        Parallel.run(rows.count * columns.count) { tile in
            let row = tile / columns.count * rows.size
            let column = tile % columns.count * columns.size
            let height = min(rows.size, m - row)
            let width = min(columns.size, n - column)
            guard height > 0, width > 0 else { return }
            cblas_sgemm(
                CblasRowMajor, transposeA ? CblasTrans : CblasNoTrans, transposeB ? CblasTrans : CblasNoTrans,
                blasint(height), blasint(width), blasint(k), alpha,
                a + (transposeA ? row : row * lda), blasint(lda),
                b + (transposeB ? column * ldb : column), blasint(ldb), beta,
                c + row * ldc + column, blasint(ldc))
        }
    }

    /// As `sgemm`, in float64.
    static func dgemm(
        transposeA: Bool = false, transposeB: Bool = false, m: Int, n: Int, k: Int, alpha: Double = 1,
        a: UnsafePointer<Double>, lda: Int, b: UnsafePointer<Double>, ldb: Int, beta: Double = 0,
        c: UnsafeMutablePointer<Double>, ldc: Int
    ) {
        guard m > 0, n > 0 else { return }
        prepare()
        let (rows, columns) = grid(m, n)
        Parallel.run(rows.count * columns.count) { tile in
            let row = tile / columns.count * rows.size
            let column = tile % columns.count * columns.size
            let height = min(rows.size, m - row)
            let width = min(columns.size, n - column)
            guard height > 0, width > 0 else { return }
            cblas_dgemm(
                CblasRowMajor, transposeA ? CblasTrans : CblasNoTrans, transposeB ? CblasTrans : CblasNoTrans,
                blasint(height), blasint(width), blasint(k), alpha,
                a + (transposeA ? row : row * lda), blasint(lda),
                b + (transposeB ? column * ldb : column), blasint(ldb), beta,
                c + row * ldc + column, blasint(ldc))
        }
    }
}
