// The thread pool, which distributes tiles, and scratch memory per thread.
//
// The kernels define what a tile is and how large it is; this must not depend on
// the number of threads.

#ifndef SEG_POOL_H
#define SEG_POOL_H

#include <stdbool.h>

/// Sets how many threads work on a region, including the calling one. For values
/// below 1 it is the number of processors.
void pool_set_threads(long threads);

/// The number of threads that work on a region.
long pool_threads(void);

/// Calls `body(context, index)` for each index in 0..<tasks and returns when
/// all calls have ended. A nested call, and a call from a second thread while a
/// region is running, runs inline on its own thread.
void pool_run(long tasks, void (*body)(void *context, long index), void *context);

/// Lets `stop(context)` end the regions that this thread starts from now on: once it returns true, no
/// further task begins. The result of such a region is then incomplete. `stop` may be called on any
/// thread of the pool, by each once in some milliseconds. NULL removes it.
void pool_watch(bool (*stop)(void *context), void *context);

/// Whether the region whose task runs on this thread, or one about to be started, should end; for
/// long tasks. A task that then returns early leaves its region incomplete.
bool pool_should_stop(void);

/// Additions or the like after which a long task asks whether it should stop: about a millisecond.
enum { POOL_WORK = 1 << 20 };

/// Of those, what this thread has done since it asked.
extern _Thread_local long pool_work;

/// `pool_should_stop`, after which the next `pool_stops` of this thread asks too if it is to stop, so that a caller whose
/// callee returned early does so as well.
bool pool_asks(void);

/// Whether a task should return early, which has done so much work since the last call. It costs little beside a loop of
/// some ten steps; keep it out of shorter ones.
static inline bool pool_stops(long work) { return (pool_work += work) >= POOL_WORK && pool_asks(); }

/// Sets so many bytes to zero, or some of them if the task should stop.
void pool_clear(void *memory, long bytes);

/// Whether a function can stop the regions of this thread.
bool pool_is_watched(void);

/// Whether a region of this thread ended early since the last call of `pool_watch`.
bool pool_was_stopped(void);

/// Scratch memory of this thread, 64-byte aligned, valid until the next request
/// of the same slot by the same thread. Its contents are undefined. Slots 0 to 3
/// belong to the kernels of this library, slots 4 to 7 to others. Returns NULL if there is no memory.
void *pool_scratch(long slot, long bytes);

/// Lets `has_room(bytes)` refuse scratch memory that is as large as pictures, not tiles.
void pool_ask_for_scratch(bool (*has_room)(long bytes));

#endif
