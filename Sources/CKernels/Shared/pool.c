// The thread pool. A new generation in `state` announces a region. Workers that
// notice it in time join and take indices from atomic counters; the caller waits
// only for those that joined. Idle workers spin briefly, yield for a while, then
// sleep on a futex.
//
// It stands here instead of a library because layers are short: a region of two tasks of 1.3 us took 2.0 us, with OpenMP
// 3.4 and with libdispatch 3.0; eight tasks of 5.3 us took 22 us, 24 and 43 (Benchmarks/pool/run.sh on two cores of a Xeon
// with AMX).

#define _GNU_SOURCE

#include "pool.h"

#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/// A worker that sleeps between two layers costs the next one its waking, which takes as long as a short layer.
enum { MAX_THREADS = 256, SPINS = 3000, YIELDS = 20, SCRATCH_SLOTS = 8 };

/// Low 16 bits of the state: the number of workers that joined. The next bit: joining is
/// open. High 32 bits: the generation, which idle workers wait for. It is stored nowhere
/// else: from a second copy a worker could read an old value and join a region twice.
#define OPEN ((uint64_t)1 << 16)
#define JOINED ((uint64_t)0xffff)

static struct {
    void (*body)(void *, long);
    void *context;
    long tasks;
    long helpers;
    bool (*stop)(void *);
    void *stop_context;
    atomic_bool stopped;
    _Alignas(64) _Atomic uint64_t state;
    _Alignas(64) atomic_long left;
    _Alignas(64) atomic_long sleepers;
    atomic_int busy;
} pool;

/// The next task of each thread's share, an equal part of the region.
static struct {
    _Alignas(64) atomic_long next;
} shares[MAX_THREADS];

static atomic_long wanted_threads = 0;
static long started_workers = 0;

/// The function that can stop the regions of this thread, and whether it did.
static _Thread_local struct {
    bool (*stop)(void *);
    void *context;
    bool stopped;
} watch;

void pool_watch(bool (*stop)(void *context), void *context) {
    watch.stop = stop;
    watch.context = context;
    watch.stopped = false;
}

bool pool_is_watched(void) { return watch.stop != NULL; }

bool pool_was_stopped(void) { return watch.stopped; }

/// Whether this thread is a worker inside a region.
static _Thread_local bool in_region = false;

/// Whether this thread has not asked `stop` in this tick of the system's clock, which is some milliseconds. Tasks may
/// take microseconds, and a `stop` that counts references costs more than that when all threads ask.
static bool may_ask(void) {
    static _Thread_local struct timespec asked;
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
    if (now.tv_nsec == asked.tv_nsec && now.tv_sec == asked.tv_sec) return false;
    asked = now;
    return true;
}

bool pool_should_stop(void) {
    if (watch.stop != NULL) {
        if (!watch.stopped && watch.stop(watch.context)) watch.stopped = true;
        return watch.stopped;
    }
    if (!in_region || pool.stop == NULL) return false;
    if (atomic_load_explicit(&pool.stopped, memory_order_relaxed)) return true;
    if (!pool.stop(pool.stop_context)) return false;
    atomic_store_explicit(&pool.stopped, true, memory_order_relaxed);
    return true;
}

_Thread_local long pool_work = 0;

bool pool_asks(void) {
    if (pool_should_stop()) return true;
    pool_work = 0;
    return false;
}

void pool_clear(void *memory, long bytes) {
    const long part = POOL_WORK;
    for (long done = 0; done < bytes; done += part) {
        const long now = bytes - done < part ? bytes - done : part;
        if (pool_stops(now)) return;
        memset((char *)memory + done, 0, (size_t)now);
    }
}

static void pause_briefly(void) {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

/// Takes tasks of this thread's share, then of the others'. Maps whose layers follow each other are cut alike, so that most of
/// what a task reads is in the cache of the processor that wrote it.
static void take_tasks(long self) {
    void (*body)(void *, long) = pool.body;
    void *context = pool.context;
    const long tasks = pool.tasks;
    bool (*stop)(void *) = pool.stop;
    const long threads = pool.helpers + 1;
    for (long turn = 0; turn < threads; turn++) {
        const long share = (self + turn) % threads, last = tasks * (share + 1) / threads;
        for (;;) {
            if (stop != NULL) {
                if (atomic_load_explicit(&pool.stopped, memory_order_relaxed)) return;
                if (may_ask() && stop(pool.stop_context)) {
                    atomic_store_explicit(&pool.stopped, true, memory_order_relaxed);
                    return;
                }
            }
            const long index = atomic_fetch_add_explicit(&shares[share].next, 1, memory_order_relaxed);
            if (index >= last) break;
            body(context, index);
        }
    }
}

static uint32_t generation_of(uint64_t state) { return (uint32_t)(state >> 32); }

/// The half of the state that holds the generation, for futex.
static uint32_t *generation_word(void) {
    return (uint32_t *)&pool.state + (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? 1 : 0);
}

/// Waits for a generation other than `seen`; returns the state.
static uint64_t wait_for_generation_after(uint32_t seen) {
    uint64_t state;
    for (int i = 0; i < SPINS + YIELDS; i++) {
        state = atomic_load_explicit(&pool.state, memory_order_acquire);
        if (generation_of(state) != seen) return state;
        if (i < SPINS) {
            pause_briefly();
        } else {
            sched_yield();
        }
    }
    atomic_fetch_add(&pool.sleepers, 1);
    while (generation_of(state = atomic_load(&pool.state)) == seen)
        syscall(SYS_futex, generation_word(), FUTEX_WAIT_PRIVATE, seen, NULL, NULL, 0);
    atomic_fetch_sub(&pool.sleepers, 1);
    return state;
}

static void *work(void *argument) {
    const long index = (long)(intptr_t)argument;
    uint32_t seen = 0;
    for (;;) {
        uint64_t state = wait_for_generation_after(seen);
        seen = generation_of(state);
        while (state & OPEN) {
            // The state belongs to the region: if the exchange succeeds, the region is still open, so its
            // description cannot change before this worker has left.
            if (atomic_compare_exchange_weak(&pool.state, &state, state + 1)) {
                in_region = true;
                if (index < pool.helpers) take_tasks(index + 1);
                in_region = false;
                atomic_fetch_add_explicit(&pool.left, 1, memory_order_release);
                break;
            }
            seen = generation_of(state);
        }
    }
    return NULL;
}

/// Starts workers until there are `count`; fewer if the system refuses.
static void start_workers(long count) {
    if (started_workers >= count) return;
    sigset_t all, before;
    sigfillset(&all);
    // Signals are left to the caller's thread.
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    while (started_workers < count) {
        pthread_t thread;
        if (pthread_create(&thread, &attributes, work, (void *)(intptr_t)started_workers) != 0) break;
        started_workers++;
    }
    pthread_attr_destroy(&attributes);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

/// The processors on which the process may run, as a launcher or `taskset` has bound it.
static long usable_processors(void) {
    // More processors than a set of this size has: the system refuses to fill it.
    cpu_set_t usable;
    if (sched_getaffinity(0, sizeof usable, &usable) == 0) return CPU_COUNT(&usable);
    return sysconf(_SC_NPROCESSORS_ONLN);
}

void pool_set_threads(long threads) {
    if (threads < 1) threads = usable_processors();
    if (threads < 1) threads = 1;
    if (threads > MAX_THREADS) threads = MAX_THREADS;
    atomic_store(&wanted_threads, threads);
}

long pool_threads(void) {
    if (atomic_load_explicit(&wanted_threads, memory_order_relaxed) == 0) pool_set_threads(0);
    return atomic_load_explicit(&wanted_threads, memory_order_relaxed);
}

void pool_run(long tasks, void (*body)(void *context, long index), void *context) {
    const long threads = pool_threads();
    if (tasks <= 1 || threads == 1 || atomic_exchange(&pool.busy, 1) != 0) {
        for (long index = 0; index < tasks; index++) {
            if (watch.stop != NULL && (watch.stopped || (may_ask() && watch.stop(watch.context)))) {
                watch.stopped = true;
                return;
            }
            body(context, index);
        }
        return;
    }
    start_workers(threads - 1);
    pool.body = body;
    pool.context = context;
    pool.tasks = tasks;
    pool.helpers = threads - 1;
    pool.stop = watch.stop;
    pool.stop_context = watch.context;
    atomic_store_explicit(&pool.stopped, watch.stopped, memory_order_relaxed);
    for (long i = 0; i < threads; i++)
        atomic_store_explicit(&shares[i].next, tasks * i / threads, memory_order_relaxed);
    atomic_store_explicit(&pool.left, 0, memory_order_relaxed);
    const uint32_t generation = generation_of(atomic_load_explicit(&pool.state, memory_order_relaxed)) + 1;
    atomic_store(&pool.state, ((uint64_t)generation << 32) | OPEN);
    if (atomic_load(&pool.sleepers) > 0) {
        const long wanted = tasks - 1 < started_workers ? tasks - 1 : started_workers;
        syscall(SYS_futex, generation_word(), FUTEX_WAKE_PRIVATE, (int)wanted, NULL, NULL, 0);
    }
    take_tasks(0);
    const uint64_t joined = atomic_fetch_and(&pool.state, ~OPEN) & JOINED;
    for (long waits = 0; (uint64_t)atomic_load_explicit(&pool.left, memory_order_acquire) != joined; waits++) {
        if (waits < 2000) {
            pause_briefly();
        } else {
            sched_yield();
        }
    }
    if (atomic_load_explicit(&pool.stopped, memory_order_relaxed)) watch.stopped = true;
    atomic_store(&pool.busy, 0);
}

struct scratch {
    void *memory[SCRATCH_SLOTS];
    long bytes[SCRATCH_SLOTS];
};

static pthread_key_t scratch_key;
static pthread_once_t scratch_once = PTHREAD_ONCE_INIT;
static _Thread_local struct scratch *thread_scratch;

static void free_scratch(void *argument) {
    struct scratch *scratch = argument;
    for (int slot = 0; slot < SCRATCH_SLOTS; slot++) free(scratch->memory[slot]);
    free(scratch);
}

static void make_scratch_key(void) { pthread_key_create(&scratch_key, free_scratch); }

/// Less is not asked for.
enum { LARGE_SCRATCH = 64 << 20 };

static bool (*_Atomic has_room_for_scratch)(long bytes);

void pool_ask_for_scratch(bool (*has_room)(long bytes)) { has_room_for_scratch = has_room; }

void *pool_scratch(long slot, long bytes) {
    if (slot < 0 || slot >= SCRATCH_SLOTS || bytes < 0) return NULL;
    if (thread_scratch == NULL) {
        pthread_once(&scratch_once, make_scratch_key);
        thread_scratch = calloc(1, sizeof(struct scratch));
        if (thread_scratch == NULL) return NULL;
        pthread_setspecific(scratch_key, thread_scratch);
    }
    if (thread_scratch->bytes[slot] < bytes || thread_scratch->memory[slot] == NULL) {
        const long rounded = (bytes + 4095) / 4096 * 4096 + 4096;
        free(thread_scratch->memory[slot]);
        thread_scratch->memory[slot] = NULL;
        thread_scratch->bytes[slot] = 0;
        bool (*has_room)(long) = has_room_for_scratch;
        if (rounded >= LARGE_SCRATCH && has_room != NULL && !has_room(rounded)) return NULL;
        thread_scratch->memory[slot] = aligned_alloc(64, (size_t)rounded);
        if (thread_scratch->memory[slot] == NULL) return NULL;
        thread_scratch->bytes[slot] = rounded;
    }
    return thread_scratch->memory[slot];
}
