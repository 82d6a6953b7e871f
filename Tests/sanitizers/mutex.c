// The slow paths of Swift's `Mutex`, for ThreadSanitizer: Swift's own are in a library that it does not see into, so
// that each contended lock would be reported as a race. The fast paths are inlined where a mutex is used, and seen.
// Linked into a program, these take the place of the library's.

#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>

// The handle is the first member of a mutex: the number of the thread that holds it, or 0.
typedef _Atomic uint32_t handle;

__attribute__((swiftcall)) void mutex_lock_slow(uint32_t thread, __attribute__((swift_context)) handle *lock)
    __asm__("$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF");
__attribute__((swiftcall)) _Bool mutex_try_lock_slow(__attribute__((swift_context)) handle *lock)
    __asm__("$s15Synchronization12_MutexHandleV12_tryLockSlowSbyF");
__attribute__((swiftcall)) void mutex_unlock_slow(__attribute__((swift_context)) handle *lock)
    __asm__("$s15Synchronization12_MutexHandleV11_unlockSlowyyF");

__attribute__((swiftcall)) void mutex_lock_slow(uint32_t thread, __attribute__((swift_context)) handle *lock) {
    for (;;) {
        uint32_t expected = 0;
        if (atomic_compare_exchange_weak_explicit(lock, &expected, thread, memory_order_acquire,
                                                  memory_order_relaxed))
            return;
        sched_yield();
    }
}

__attribute__((swiftcall)) _Bool mutex_try_lock_slow(__attribute__((swift_context)) handle *lock) {
    (void)lock;
    return 0;
}

// Nobody waits in the kernel, so this is not reached.
__attribute__((swiftcall)) void mutex_unlock_slow(__attribute__((swift_context)) handle *lock) {
    atomic_store_explicit(lock, 0, memory_order_release);
}
