// Swift's interface to the thread pool of CKernels: a closure run once per index. The caller divides work
// into tiles, which must not depend on the number of threads.

import CKernels

/// Work distributed over the thread pool.
public enum Parallel {
    /// The number of threads that work on a region, including the calling one. Results do not depend on it.
    public static var threads: Int {
        get { pool_threads() }
        set { pool_set_threads(newValue) }
    }

    /// Calls `body` with ranges that cover `0..<count`, one after the other on this thread: for work that
    /// cannot be divided.
    /// - Throws: an interrupt between two ranges.
    static func pieces(_ count: Int, of size: Int = 1 << 18, _ body: (Range<Int>) throws -> Void) throws {
        if count <= size { return try body(0..<max(count, 0)) }
        var start = 0
        while start < count {
            try checkStop()
            let end = count - start > size ? start + size : count
            try body(start..<end)
            start = end
        }
    }

    /// Throws if the running operation, or the script, is to stop.
    static func checkStop() throws {
        if pool_should_stop() { throw TensorError(.interrupt, "interrupted") }
        try EvaluationContext.current.checkInterrupt()
    }

    /// Calls `body` once for each index in `0..<count`, on several threads, and returns when
    /// all calls have returned. Nested calls run inline.
    public static func run(_ count: Int, _ body: (Int) -> Void) {
        if count <= 0 { return }
        withoutActuallyEscaping(body) { body in
            // The box outlives the region: pool_run returns only when every task has.
            var box = TaskBox(body: body)
            withUnsafeMutablePointer(to: &box) { pointer in
                pool_run(
                    count,
                    { context, index in
                        context?.assumingMemoryBound(to: TaskBox.self).pointee.body(index)
                    }, pointer)
            }
        }
    }
}

/// A closure at an address that C can use.
private struct TaskBox {
    let body: (Int) -> Void
}
