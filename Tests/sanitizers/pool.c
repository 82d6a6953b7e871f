// Exercises the pool of threads for ThreadSanitizer: regions of every size, nested ones, two callers at once, watches
// that end regions early, scratch memory. Also checks that each task ran once. Prints "ok", or ends with status 1.

#include "pool.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { REGIONS = 4000, MOST_TASKS = 37, INNER = 3 };

typedef struct {
    int hits[MOST_TASKS];
    int inner[MOST_TASKS * INNER];
} counts;

typedef struct {
    counts *counts;
    long outer;
} inner_region;

static void fail(const char *what) {
    fprintf(stderr, "%s\n", what);
    exit(1);
}

static void inner_task(void *context, long index) {
    const inner_region *region = context;
    region->counts->inner[region->outer * INNER + index]++;
}

static void task(void *context, long index) {
    counts *c = context;
    c->hits[index]++;
    inner_region region = {c, index};
    pool_run(INNER, inner_task, &region);
    // Each thread writes to separate scratch memory, of a size that grows and shrinks.
    const long bytes = 64 + index * 300;
    char *scratch = pool_scratch(index % 4, bytes);
    if (scratch == NULL) fail("no scratch memory");
    memset(scratch, (int)index, (size_t)bytes);
}

static void run_regions(void) {
    for (long region = 0; region < REGIONS; region++) {
        counts c = {{0}, {0}};
        const long tasks = region % (MOST_TASKS + 1);
        pool_run(tasks, task, &c);
        for (long i = 0; i < MOST_TASKS; i++) {
            if (c.hits[i] != (i < tasks)) fail("a task did not run once");
            for (long k = 0; k < INNER; k++)
                if (c.inner[i * INNER + k] != (i < tasks)) fail("an inner task did not run once");
        }
    }
}

static void *second_caller(void *argument) {
    run_regions();
    return argument;
}

/// Returns stop after a number of calls.
static bool stops(void *context) { return atomic_fetch_sub((atomic_long *)context, 1) <= 0; }

static void watched_task(void *context, long index) {
    (void)index;
    if (!pool_should_stop()) atomic_fetch_add((atomic_long *)context, 1);
}

static void run_watched(void) {
    for (long patience = 0; patience < 200; patience++) {
        atomic_long left = patience, done = 0;
        pool_watch(stops, &left);
        pool_run(MOST_TASKS, watched_task, &done);
        const bool stopped = pool_was_stopped();
        pool_watch(NULL, NULL);
        if (!stopped && atomic_load(&done) != MOST_TASKS) fail("a region was ended without notice");
        if (stopped && patience > 4 * MOST_TASKS) fail("a region was ended without a stop");
    }
}

int main(void) {
    const long threads[] = {4, 2, 1, 3};
    for (int round = 0; round < 4; round++) {
        pool_set_threads(threads[round]);
        run_regions();
        run_watched();
        pthread_t other;
        if (pthread_create(&other, NULL, second_caller, NULL) != 0) fail("no second thread");
        run_regions();
        run_watched();
        pthread_join(other, NULL);
    }
    puts("ok");
    return 0;
}
