// Softmax and log-softmax over a contiguous last axis, forward and backward, on
// vectors of eight; the last few channels of a row are padded to a vector.

#include <math.h>
#include <stddef.h>

#include "levels.h"
#include "pool.h"
#include "reduce.h"
#include "vectors.h"

enum { ROWS_ELEMENTS = 16384, PIECE = 1 << 16 };

/// A loop over the eights of a row, in which a task may stop if the rows are `long_rows`.
#define EACH_EIGHT(c, whole) \
    for (long c = 0; c < (whole) && (!long_rows || c % PIECE != 0 || !pool_stops(PIECE)); c += 8)

/// Up to eight values, padded with `filling`.
INLINE float8 load_some(const float *a, long n, float filling) {
    float8 v = splat8(filling);
    for (long i = 0; i < n; i++) v[i] = a[i];
    return v;
}

INLINE void store_some(float *out, float8 v, long n) {
    for (long i = 0; i < n; i++) out[i] = v[i];
}

#define AT(pointer) (*(const float8 *)(pointer))
#define PUT(pointer) (*(float8 *)(pointer))

INLINE void softmax_of_rows(int long_rows, long logarithm, const float *a, float *out, long rows, long n) {
    const long whole = n / 8 * 8;
    for (long r = 0; r < rows; r++, a += n, out += n) {
        const float8 tail = load_some(a + whole, n - whole, -INFINITY);
        float8 top = tail, sum = splat8(0.0f);
        EACH_EIGHT(c, whole) top = max8(AT(a + c), top);
        top = top_of8(top);
        const float8 last = whole < n ? exp_of_negative8(tail - top) : sum;
        if (logarithm) {
            EACH_EIGHT(c, whole) sum += exp_of_negative8(AT(a + c) - top);
            const float8 offset = splat8(logf(sum_of8(sum + last)[0]));
            EACH_EIGHT(c, whole) PUT(out + c) = (AT(a + c) - top) - offset;
            store_some(out + whole, (tail - top) - offset, n - whole);
        } else {
            EACH_EIGHT(c, whole) {
                const float8 e = exp_of_negative8(AT(a + c) - top);
                PUT(out + c) = e;
                sum += e;
            }
            const float8 factor = splat8(1.0f) / sum_of8(sum + last);
            EACH_EIGHT(c, whole) PUT(out + c) = AT(out + c) * factor;
            store_some(out + whole, last * factor, n - whole);
        }
    }
}

INLINE void softmax_gradient_of_rows(
    int long_rows, long logarithm, const float *gradient, const float *result, float *out, long rows, long n) {
    const long whole = n / 8 * 8;
    for (long r = 0; r < rows; r++, gradient += n, result += n, out += n) {
        const float8 last_gradient = load_some(gradient + whole, n - whole, 0.0f);
        const float8 last_result = load_some(result + whole, n - whole, 0.0f);
        if (logarithm) {
            float8 sum = last_gradient;
            EACH_EIGHT(c, whole) sum += AT(gradient + c);
            sum = sum_of8(sum);
            EACH_EIGHT(c, whole)
                PUT(out + c) = AT(gradient + c) - exp_of_negative8(AT(result + c)) * sum;
            store_some(out + whole, last_gradient - exp_of_negative8(last_result) * sum, n - whole);
        } else {
            float8 sum = last_gradient * last_result;
            EACH_EIGHT(c, whole) sum = MUL_ADD8(AT(gradient + c), AT(result + c), sum);
            sum = sum_of8(sum);
            EACH_EIGHT(c, whole) PUT(out + c) = (AT(gradient + c) - sum) * AT(result + c);
            store_some(out + whole, (last_gradient - sum) * last_result, n - whole);
        }
    }
}

LEVELS(static, void, softmax_rows,
    (long logarithm, const float *a, float *out, long rows, long n),
    (logarithm, a, out, rows, n)) {
    if (n > PIECE) softmax_of_rows(1, logarithm, a, out, rows, n);
    else softmax_of_rows(0, logarithm, a, out, rows, n);
}

LEVELS(static, void, softmax_gradient_rows,
    (long logarithm, const float *gradient, const float *result, float *out, long rows, long n),
    (logarithm, gradient, result, out, rows, n)) {
    if (n > PIECE) softmax_gradient_of_rows(1, logarithm, gradient, result, out, rows, n);
    else softmax_gradient_of_rows(0, logarithm, gradient, result, out, rows, n);
}

typedef struct {
    long logarithm;
    const float *a, *result;
    float *out;
    long rows, channels, rows_per_task;
} softmax_job;

static void forward_task(void *context, long index) {
    const softmax_job *j = context;
    const long first = index * j->rows_per_task, rows = min_long(j->rows_per_task, j->rows - first);
    softmax_rows(j->logarithm, j->a + first * j->channels, j->out + first * j->channels, rows, j->channels);
}

static void backward_task(void *context, long index) {
    const softmax_job *j = context;
    const long first = index * j->rows_per_task, rows = min_long(j->rows_per_task, j->rows - first);
    const long offset = first * j->channels;
    softmax_gradient_rows(
        j->logarithm, j->a + offset, j->result + offset, j->out + offset, rows, j->channels);
}

void softmax_forward_f32(long logarithm, const float *a, float *out, long rows, long channels) {
    if (rows <= 0 || channels <= 0) return;
    softmax_job j = {logarithm, a, NULL, out, rows, channels, max_long(1, ROWS_ELEMENTS / channels)};
    pool_run(parts_of(rows, j.rows_per_task), forward_task, &j);
}

void softmax_backward_f32(
    long logarithm, const float *gradient, const float *result, float *out, long rows, long channels) {
    if (rows <= 0 || channels <= 0) return;
    softmax_job j = {logarithm, gradient, result, out, rows, channels, max_long(1, ROWS_ELEMENTS / channels)};
    pool_run(parts_of(rows, j.rows_per_task), backward_task, &j);
}
