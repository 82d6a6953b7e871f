// Runs the interpreter on a thread with a stack of half a gigabyte; only its used part takes
// memory. Where the address space is limited, or the private part of it, the stack is an eighth of that.

@preconcurrency import Glibc
import SegSystem

/// What `ulimit -v` and `ulimit -d` allow in bytes; nil if they allow all.
private let allowed = AvailableMemory.addressSpace

/// The stack's size.
let largeStack = min(max((allowed ?? 8 * (512 << 20)) / 8, 16 << 20), 512 << 20)
/// The part of it that the interpreter may use.
let usableStack = largeStack - largeStack / 4

/// What a start takes beyond the stack. Where Swift gets no memory, the process ends with its report of a crash.
private let startBytes = 24 << 20

/// Whether there is room for the stack and a start; it is known to be where nothing is limited.
private var hasRoom: Bool {
    guard allowed != nil else { return true }
    let size = largeStack + startBytes
    let block = mmap(nil, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    guard let block, block != MAP_FAILED else { return false }
    munmap(block, size)
    return true
}

/// Says why the command does not start, and returns its status.
private func withoutMemory() -> Int32 {
    fputs("seg: there is no memory to start; do ulimit -v and ulimit -d leave too little?\n", stderr)
    return 1
}

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
    guard hasRoom else { return withoutMemory() }
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
    guard started == 0 else { return withoutMemory() }
    pthread_join(thread, nil)
    return work.status
}
