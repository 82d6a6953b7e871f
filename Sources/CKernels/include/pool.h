// The pool of threads that hands out tiles, and scratch memory by thread.
//
// What is done in a tile, and how large it is, belongs to the kernels: tiles
// must not depend on the number of threads.

#ifndef SEG_POOL_H
#define SEG_POOL_H

#include <stdbool.h>

/// Sets how many threads work on a region, the calling one included. Values
/// below 1 mean as many as the machine has.
void pool_set_threads(long threads);

/// The number of threads that work on a region.
long pool_threads(void);

/// Calls `body(context, index)` for each index in 0..<tasks and returns when
/// all are done. A nested call, and a call from a second thread while a region
/// is under way, runs inline on its own thread.
void pool_run(long tasks, void (*body)(void *context, long index), void *context);

/// Lets `stop(context)` end the regions that this thread starts from now on: once it gives true, no
/// further task begins. What such a region was to make is then incomplete. May be called on any
/// thread of the pool. NULL ends the watch.
void pool_watch(bool (*stop)(void *context), void *context);

/// Whether the region whose task runs on this thread, or one about to be started, is to end; for tasks
/// that take long. A task that then returns early leaves its region incomplete.
bool pool_should_stop(void);

/// Whether a region of this thread was ended early since the last call of `pool_watch`.
bool pool_was_stopped(void);

/// Scratch memory of this thread, 64-byte aligned, valid until the next request
/// of the same slot by the same thread. Its contents are undefined. Slots 0 to 3
/// belong to the kernels of this library, slots 4 to 7 to others. Gives NULL where memory is lacking.
void *pool_scratch(long slot, long bytes);

#endif
