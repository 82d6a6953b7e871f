// Index of the first extreme along an axis; a NaN counts as the extreme.

#include "levels.h"
#include "pool.h"
#include "reduce.h"

enum { LANES = 16, BLOCK = 256, ROWS_ELEMENTS = 16384 };

#define BETTER(minimum, x, y) ((minimum) ? (x) < (y) : (x) > (y))

#define ARGUMENT(NAME, T)                                                                         \
    /* First the extreme, then its index: both loops are vectorised. */                           \
    INLINE int64_t arg_of_run_##NAME(int minimum, const T *a, long n) { \
        long start = 0;                                                                           \
        T best[LANES];                                                                            \
        for (int l = 0; l < LANES; l++) best[l] = a[0];                                           \
        for (; start + LANES <= n; start += LANES)                                                \
            for (int l = 0; l < LANES; l++)                                                       \
                best[l] = BETTER(minimum, a[start + l], best[l]) || a[start + l] != a[start + l]  \
                              ? a[start + l] : best[l];                                           \
        T extreme = a[0];                                                                         \
        int unordered = 0;                                                                        \
        for (int l = 0; l < LANES; l++) { \
            unordered |= best[l] != best[l];                                                      \
            extreme = BETTER(minimum, best[l], extreme) ? best[l] : extreme;                      \
        }                                                                                         \
        for (long i = start; i < n; i++) { \
            unordered |= a[i] != a[i];                                                            \
            extreme = BETTER(minimum, a[i], extreme) ? a[i] : extreme;                            \
        }                                                                                         \
        if (unordered || extreme != extreme) { \
            for (long i = 0; i < n; i++)                                                          \
                if (a[i] != a[i]) return i;                                                       \
        }                                                                                         \
        for (long i = 0; i < n; i++)                                                              \
            if (a[i] == extreme) return i;                                                        \
        return 0;                                                                                 \
    }                                                                                             \
    LEVELS(static, void, arg_rows_##NAME, \
        (int minimum, const T *a, long rows, long n, int64_t *out), \
        (minimum, a, rows, n, out)) { \
        if (minimum) { \
            for (long r = 0; r < rows; r++) out[r] = arg_of_run_##NAME(1, a + r * n, n);          \
        } else {                                                                                  \
            for (long r = 0; r < rows; r++) out[r] = arg_of_run_##NAME(0, a + r * n, n);          \
        }                                                                                         \
    }                                                                                             \
    LEVELS(static, void, arg_columns_##NAME, \
        (int minimum, const T *restrict a, long n, long stride, long width, int64_t *restrict out), \
        (minimum, a, n, stride, width, out)) { \
        T best[BLOCK];                                                                            \
        for (long c = 0; c < width; c++) best[c] = a[c], out[c] = 0;                              \
        for (long i = 1; i < n && !pool_stops(width); i++) { \
            const T *row = a + i * stride;                                                        \
            for (long c = 0; c < width; c++) { \
                const T x = row[c], y = best[c];                                                  \
                const int wins = (y == y) & (BETTER(minimum, x, y) | (x != x));                   \
                best[c] = wins ? x : y;                                                           \
                out[c] = wins ? i : out[c];                                                       \
            }                                                                                     \
        }                                                                                         \
    }                                                                                             \
    typedef struct {                                                                              \
        int minimum;                                                                              \
        const T *a;                                                                               \
        long outer, axis, inner, rows;                                                            \
        int64_t *out;                                                                             \
    } arg_job_##NAME;                                                                             \
    static void arg_rows_task_##NAME(void *context, long index) { \
        const arg_job_##NAME *j = context;                                                        \
        const long first = index * j->rows;                                                       \
        arg_rows_##NAME(                                                                          \
            j->minimum, j->a + first * j->axis, min_long(j->rows, j->outer - first), j->axis,     \
            j->out + first);                                                                      \
    }                                                                                             \
    static void arg_columns_task_##NAME(void *context, long index) { \
        const arg_job_##NAME *j = context;                                                        \
        const long blocks = parts_of(j->inner, BLOCK);                                            \
        const long o = index / blocks, column = index % blocks * BLOCK;                           \
        arg_columns_##NAME(                                                                       \
            j->minimum, j->a + o * j->axis * j->inner + column, j->axis, j->inner,                \
            min_long(BLOCK, j->inner - column), j->out + o * j->inner + column);                  \
    }                                                                                             \
    void reduce_arg_##NAME(                                                                       \
        long minimum, const T *a, long outer, long axis, long inner, int64_t *out) { \
        if (outer <= 0 || axis <= 0 || inner <= 0) return;                                        \
        arg_job_##NAME j = {minimum != 0, a, outer, axis, inner, max_long(1, ROWS_ELEMENTS / axis), out}; \
        if (inner == 1) { \
            pool_run(parts_of(outer, j.rows), arg_rows_task_##NAME, &j);                          \
        } else {                                                                                  \
            pool_run(outer * parts_of(inner, BLOCK), arg_columns_task_##NAME, &j);                \
        }                                                                                         \
    }

ARGUMENT(f32, float)
ARGUMENT(f64, double)
ARGUMENT(i64, int64_t)
ARGUMENT(i32, int32_t)
ARGUMENT(u8, uint8_t)
