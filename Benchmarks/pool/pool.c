// Microseconds for a region of tasks by seg's pool, by OpenMP and by libdispatch (Swift's concurrentPerform), for tasks as
// short as those of LRASPP's small layers: the median of many regions, one after the other.

#include <dispatch/dispatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "pool.h"

enum { REGIONS = 4001 };

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return 1e6 * (double)t.tv_sec + 1e-3 * (double)t.tv_nsec;
}

static volatile float results[64];

/// A chain of `steps` multiply-adds, of 2 or 3 ns each.
static void body(void *context, long index) {
    const long steps = *(const long *)context;
    float sum = 1.0f;
    for (long i = 0; i < steps; i++) {
        sum = sum * 0.999f + 0.001f;
        __asm__ volatile("" : "+x"(sum));
    }
    results[index % 64] = sum;
}

static void by_pool(long tasks, long steps) { pool_run(tasks, body, &steps); }

static void by_openmp(long tasks, long steps) {
#pragma omp parallel for schedule(static, 1) num_threads(2)
    for (long i = 0; i < tasks; i++) body(&steps, i);
}

static void body_of_dispatch(void *context, size_t index) { body(context, (long)index); }

static void by_dispatch(long tasks, long steps) {
    dispatch_apply_f((size_t)tasks, dispatch_get_global_queue(DISPATCH_QUEUE_PRIORITY_DEFAULT, 0), &steps, body_of_dispatch);
}

static int ascending(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median_of(void (*run)(long, long), long tasks, long steps) {
    static double times[REGIONS];
    for (long i = 0; i < REGIONS; i++) {
        const double start = now();
        run(tasks, steps);
        times[i] = now() - start;
    }
    qsort(times, REGIONS, sizeof *times, ascending);
    return times[REGIONS / 2];
}

static void one_thread(long tasks, long steps) {
    for (long i = 0; i < tasks; i++) body(&steps, i);
}

int main(void) {
    pool_set_threads(2);
    printf("%5s %12s %12s %12s %12s\n", "tasks", "one thread", "seg's pool", "OpenMP", "libdispatch");
    const long tasks[] = {2, 8, 8, 32}, steps[] = {500, 250, 2000, 2000};
    for (int i = 0; i < 4; i++) {
        printf("%5ld", tasks[i]);
        void (*const ways[])(long, long) = {one_thread, by_pool, by_openmp, by_dispatch};
        for (int w = 0; w < 4; w++) printf(" %12.2f", median_of(ways[w], tasks[i], steps[i]));
        printf("\n");
    }
    return 0;
}
