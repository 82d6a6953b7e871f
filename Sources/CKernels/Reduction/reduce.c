// Reductions over an axis. Work is cut into (outer, chunk of the axis, block of
// the inner axis); chunks and blocks depend on the shape alone, and partial
// results are combined in the order of the chunks. Indices of extremes are in
// reduce_arg.c, softmax is in softmax.c.

#include "reduce.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "levels.h"
#include "pool.h"

enum { INNER_BLOCK = 512, CHUNK_ELEMENTS = 65536, MOST_CHUNKS = 64, LANES = 16, COLUMNS = 32 };

/// How an axis is cut; depends on the shape alone.
typedef struct {
    long outer, axis, inner;
    long blocks, chunks, chunk_length;
} reduction_plan;

static reduction_plan plan_reduction(long outer, long axis, long inner) {
    reduction_plan p = {outer, axis, inner, parts_of(inner, INNER_BLOCK), 1, axis};
    const long most = max_long(1, MOST_CHUNKS / max_long(1, outer));
    const long wanted = min_long(axis * inner / CHUNK_ELEMENTS, most);
    if (wanted > 1) {
        p.chunk_length = parts_of(axis, wanted);
        p.chunks = parts_of(axis, p.chunk_length);
    }
    return p;
}

/// Reductions of elements of type T, accumulated in type A; START gives the neutral element.
#define REDUCTION(NAME, T, A, R, IS_FLOAT)                                                        \
    INLINE A start_##NAME(long op, T first) { \
        return op == REDUCE_PROD ? (A)1 : op == REDUCE_MAX || op == REDUCE_MIN ? (A)first : (A)0; \
    }                                                                                             \
    INLINE A join_##NAME(long op, A x, A y) { \
        switch (op) { \
            case REDUCE_PROD: return x * y;                                                       \
            case REDUCE_MAX: return (x > y || x != x) ? x : y;                                    \
            case REDUCE_MIN: return (x < y || x != x) ? x : y;                                    \
            default: return x + y;                                                                \
        }                                                                                         \
    }                                                                                             \
    /* A contiguous run, in LANES sums that are combined in order. */                             \
    INLINE A run_of_##NAME(long op, const T *a, long n) { \
        A lanes[LANES];                                                                           \
        for (int l = 0; l < LANES; l++) lanes[l] = start_##NAME(op, a[0]);                        \
        long i = 0;                                                                               \
        for (; i + LANES <= n; i += LANES)                                                        \
            for (int l = 0; l < LANES; l++)                                                       \
                lanes[l] = join_##NAME(op, lanes[l], (A)a[i + l]);                                \
        for (int l = 0; i < n; i++, l++) lanes[l] = join_##NAME(op, lanes[l], (A)a[i]);           \
        for (int width = LANES / 2; width > 0; width /= 2)                                        \
            for (int l = 0; l < width; l++) lanes[l] = join_##NAME(op, lanes[l], lanes[l + width]); \
        return lanes[0];                                                                          \
    }                                                                                             \
    /* Rows of `width` adjacent elements, each column by itself. */                               \
    INLINE void rows_of_##NAME(                                                                   \
        long op, const T *restrict a, long n, long stride, long width, A *restrict total) { \
        long c = 0;                                                                               \
        for (; c + COLUMNS <= width; c += COLUMNS) { \
            A sums[COLUMNS];                                                                      \
            for (int l = 0; l < COLUMNS; l++) sums[l] = start_##NAME(op, a[c + l]);               \
            for (long i = 0; i < n; i++)                                                          \
                for (int l = 0; l < COLUMNS; l++)                                                 \
                    sums[l] = join_##NAME(op, sums[l], (A)a[i * stride + c + l]);                 \
            for (int l = 0; l < COLUMNS; l++) total[c + l] = sums[l];                             \
        }                                                                                         \
        for (long l = c; l < width; l++) total[l] = start_##NAME(op, a[l]);                       \
        for (long i = 0; i < n; i++)                                                              \
            for (long l = c; l < width; l++)                                                      \
                total[l] = join_##NAME(op, total[l], (A)a[i * stride + l]);                       \
    }                                                                                             \
    LEVELS(static, void, reduce_part_##NAME, \
        (long op, const T *a, long n, long stride, long width, A *total), \
        (op, a, n, stride, width, total)) { \
        if (stride == 1) { \
            switch (op) { \
                case REDUCE_PROD: total[0] = run_of_##NAME(REDUCE_PROD, a, n); break;             \
                case REDUCE_MAX: total[0] = run_of_##NAME(REDUCE_MAX, a, n); break;               \
                case REDUCE_MIN: total[0] = run_of_##NAME(REDUCE_MIN, a, n); break;               \
                default: total[0] = run_of_##NAME(REDUCE_SUM, a, n); break;                       \
            }                                                                                     \
            return;                                                                               \
        }                                                                                         \
        switch (op) { \
            case REDUCE_PROD: rows_of_##NAME(REDUCE_PROD, a, n, stride, width, total); break;     \
            case REDUCE_MAX: rows_of_##NAME(REDUCE_MAX, a, n, stride, width, total); break;       \
            case REDUCE_MIN: rows_of_##NAME(REDUCE_MIN, a, n, stride, width, total); break;       \
            default: rows_of_##NAME(REDUCE_SUM, a, n, stride, width, total); break;               \
        }                                                                                         \
    }                                                                                             \
    typedef struct {                                                                              \
        long op;                                                                                  \
        reduction_plan plan;                                                                      \
        const T *a;                                                                               \
        A *partial;                                                                               \
        R *out;                                                                                   \
    } reduction_##NAME;                                                                           \
    INLINE R finish_##NAME(const reduction_##NAME *r, A total) { \
        return (R)(IS_FLOAT && r->op == REDUCE_MEAN ? total / (A)r->plan.axis : total);           \
    }                                                                                             \
    static void reduce_task_##NAME(void *context, long index) { \
        const reduction_##NAME *r = context;                                                      \
        const reduction_plan p = r->plan;                                                         \
        const long block = index % p.blocks, chunk = index / p.blocks % p.chunks;                 \
        const long o = index / p.blocks / p.chunks;                                               \
        const long column = block * INNER_BLOCK, width = min_long(INNER_BLOCK, p.inner - column); \
        const long first = chunk * p.chunk_length, n = min_long(p.chunk_length, p.axis - first);  \
        A total[INNER_BLOCK];                                                                     \
        reduce_part_##NAME(                                                                       \
            r->op, r->a + (o * p.axis + first) * p.inner + column, n, p.inner, width, total);     \
        if (r->partial != NULL) { \
            memcpy(                                                                               \
                r->partial + (o * p.chunks + chunk) * p.inner + column, total,                    \
                (size_t)width * sizeof(A));                                                       \
        } else {                                                                                  \
            R *out = r->out + o * p.inner + column;                                               \
            for (long c = 0; c < width; c++) out[c] = finish_##NAME(r, total[c]);                 \
        }                                                                                         \
    }                                                                                             \
    /* Many short rows: a task takes several. */                                                  \
    static void reduce_rows_task_##NAME(void *context, long index) { \
        const reduction_##NAME *r = context;                                                      \
        const long first = index * r->plan.chunk_length;                                          \
        const long last = min_long(first + r->plan.chunk_length, r->plan.outer);                  \
        for (long o = first; o < last; o++) { \
            A total;                                                                              \
            reduce_part_##NAME(r->op, r->a + o * r->plan.axis, r->plan.axis, 1, 1, &total);       \
            r->out[o] = finish_##NAME(r, total);                                                  \
        }                                                                                         \
    }                                                                                             \
    void reduce_axis_##NAME(long op, const T *a, long outer, long axis, long inner, R *out) { \
        if (outer <= 0 || inner <= 0) return;                                                     \
        reduction_##NAME r = {op, plan_reduction(outer, axis, inner), a, NULL, out};              \
        if (axis <= 0) { \
            const A nothing = op == REDUCE_PROD ? (A)1 : (A)0;                                    \
            for (long i = 0; i < outer * inner; i++) out[i] = finish_##NAME(&r, nothing);         \
            return;                                                                               \
        }                                                                                         \
        if (inner == 1 && r.plan.chunks == 1 && outer > 1) { \
            r.plan.chunk_length = max_long(1, CHUNK_ELEMENTS / 4 / axis);                         \
            pool_run(parts_of(outer, r.plan.chunk_length), reduce_rows_task_##NAME, &r);          \
            return;                                                                               \
        }                                                                                         \
        const reduction_plan *p = &r.plan;                                                        \
        if (p->chunks > 1) { \
            r.partial = malloc((size_t)(outer * p->chunks * inner) * sizeof(A));                  \
            if (r.partial == NULL) { \
                r.plan.chunks = 1;                                                                \
                r.plan.chunk_length = axis;                                                       \
            }                                                                                     \
        }                                                                                         \
        pool_run(outer * p->chunks * p->blocks, reduce_task_##NAME, &r);                          \
        if (r.partial == NULL) return;                                                            \
        for (long o = 0; o < outer; o++) { \
            A *total = r.partial + o * p->chunks * inner;                                         \
            for (long chunk = 1; chunk < p->chunks; chunk++)                                      \
                for (long c = 0; c < inner; c++)                                                  \
                    total[c] = join_##NAME(op, total[c], total[chunk * inner + c]);               \
            for (long c = 0; c < inner; c++) out[o * inner + c] = finish_##NAME(&r, total[c]);    \
        }                                                                                         \
        free(r.partial);                                                                          \
    }

REDUCTION(f32, float, double, float, 1)
REDUCTION(f64, double, double, double, 1)
REDUCTION(i64, int64_t, int64_t, int64_t, 0)
REDUCTION(i32, int32_t, int64_t, int64_t, 0)
REDUCTION(u8, uint8_t, int64_t, int64_t, 0)
