// Swift's way to the pool of threads in CKernels: a closure run once for each
// index. How work is cut into tiles, never by the number of threads, is the
// caller's affair.

import CKernels

/// Work spread over the pool of threads.
public enum Parallel {
    /// How many threads work on a region, the calling one included. Results do not depend on it.
    public static var threads: Int {
        get { pool_threads() }
        set { pool_set_threads(newValue) }
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

/// A closure in a place that C can point at.
private struct TaskBox {
    let body: (Int) -> Void
}
