// Matrix products on OpenBLAS, one thread per tile, with tiles of a fixed size distributed by our own thread
// pool: faster than OpenBLAS's threads, and equal to the bit for any number of threads.

import CKernels
import COpenBLAS
import SegSystem

/// Row-major matrix products.
public enum MatrixProduct {
    /// Loads OpenBLAS; every caller calls this first.
    public static func prepare() throws {
        guard let problem = openblas_load() else {
            let missing = openblas_reserve(Int32(clamping: Parallel.threads))
            guard missing > 0 else { return }
            throw TensorError(
                .memory,
                "matrix products on \(Parallel.threads) threads need \(ByteCount.text(missing)) more of address space, which ulimit -v does not leave",
                help: "raise the limit, or use fewer threads with --threads")
        }
        throw TensorError(
            .file, "matrix products need OpenBLAS: \(String(cString: problem))",
            help: "on Debian: apt-get install libopenblas0")
    }

    /// The maximum inner length of a tile, so that no tile takes long and Ctrl-C takes effect.
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
        // At least about four tiles if the result is large enough.
        let rows = parts(m, limit: m >= n ? 256 : 512)
        let columns = parts(n, limit: n > m ? 256 : 512)
        return (rows, columns)
    }

    /// A part of the result, and of the inner length that is summed into it.
    private struct Tile {
        let row: Int
        let column: Int
        let height: Int32
        let width: Int32
        let start: Int
        let inner: Int32
    }

    /// Calls `body` for all tiles of an m × n result; parts of the inner length run in sequence.
    private static func forEachTile(_ m: Int, _ n: Int, _ k: Int, _ body: (Tile) -> Void) {
        let (rows, columns) = grid(m, n)
        for start in stride(from: 0, to: max(1, k), by: depth) {
            Parallel.run(rows.count * columns.count) { index in
                let row = index / columns.count * rows.size
                let column = index % columns.count * columns.size
                let height = min(rows.size, m - row)
                let width = min(columns.size, n - column)
                guard height > 0, width > 0 else { return }
                body(
                    Tile(
                        row: row, column: column, height: Int32(height), width: Int32(width), start: start,
                        inner: Int32(min(depth, k - start))))
            }
        }
    }

    /// c [m, n] = alpha · op(a) · op(b) + beta · c, where op is the identity or the transposition. op(a) is
    /// [m, k] and op(b) is [k, n]; `lda`, `ldb`, `ldc` are the row lengths in memory.
    static func sgemm(
        transposeA: Bool = false, transposeB: Bool = false, m: Int, n: Int, k: Int, alpha: Float = 1,
        a: UnsafePointer<Float>, lda: Int, b: UnsafePointer<Float>, ldb: Int, beta: Float = 0,
        c: UnsafeMutablePointer<Float>, ldc: Int
    ) throws {
        guard m > 0, n > 0 else { return }
        try prepare()
        forEachTile(m, n, k) { tile in
            openblas_sgemm(
                transposeA, transposeB, tile.height, tile.width, tile.inner, alpha,
                a + (transposeA ? tile.start * lda + tile.row : tile.row * lda + tile.start), Int32(lda),
                b + (transposeB ? tile.column * ldb + tile.start : tile.start * ldb + tile.column),
                Int32(ldb),
                tile.start == 0 ? beta : 1, c + tile.row * ldc + tile.column, Int32(ldc))
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
        forEachTile(m, n, k) { tile in
            openblas_dgemm(
                transposeA, transposeB, tile.height, tile.width, tile.inner, alpha,
                a + (transposeA ? tile.start * lda + tile.row : tile.row * lda + tile.start), Int32(lda),
                b + (transposeB ? tile.column * ldb + tile.start : tile.start * ldb + tile.column),
                Int32(ldb),
                tile.start == 0 ? beta : 1, c + tile.row * ldc + tile.column, Int32(ldc))
        }
    }
}
