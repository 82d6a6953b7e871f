// Runs the interpreter on a thread with a stack of half a gigabyte; only its used part takes
// memory. Where the address space is limited, the stack is an eighth of it.

@preconcurrency import Glibc
import SegSystem

/// The stack's size.
let largeStack = min(max((AvailableMemory.addressSpace ?? 8 * (512 << 20)) / 8, 16 << 20), 512 << 20)
/// The part of it that the interpreter may use.
let usableStack = largeStack - largeStack / 4

/// From <malloc.h>, which the Glibc module lacks, with two of its names.
@_silgen_name("mallopt")
private func mallopt(_ name: Int32, _ value: Int32) -> Int32
private let mTrimThreshold: Int32 = -1
private let mTopPad: Int32 = -2
private let mMmapThreshold: Int32 = -3
private let mArenaMax: Int32 = -8

private final class Work: @unchecked Sendable {
    let body: @Sendable () -> Int32
    var status: Int32 = 0
    init(_ body: @escaping @Sendable () -> Int32) { self.body = body }
}

/// Runs the body on a new thread and returns its exit status.
func onLargeStack(_ body: @escaping @Sendable () -> Int32) -> Int32 {
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    defer { pthread_attr_destroy(&attributes) }
    pthread_attr_setstacksize(&attributes, largeStack)
    // One heap for all threads, grown in large steps: the heap of a thread asks the system for
    // every 128 KB.
    _ = mallopt(mArenaMax, 1)
    _ = mallopt(mTopPad, 16 << 20)
    // Pictures are made and released by the thousand: from the heap they cost half as much as from the system,
    // which clears each page anew. Larger blocks are the system's.
    _ = mallopt(mMmapThreshold, 16 << 20)
    _ = mallopt(mTrimThreshold, 64 << 20)
    let work = Work(body)
    var thread = pthread_t()
    let argument = Unmanaged.passRetained(work)
    let started = pthread_create(
        &thread, &attributes,
        { argument in
            guard let argument else { return nil }
            let work = Unmanaged<Work>.fromOpaque(argument).takeUnretainedValue()
            work.status = work.body()
            return nil
        }, argument.toOpaque())
    defer { argument.release() }
    guard started == 0 else {
        fputs("seg: there is no memory for a thread; does ulimit -v leave too little?\n", stderr)
        return 1
    }
    pthread_join(thread, nil)
    return work.status
}
