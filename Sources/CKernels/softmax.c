// Softmax and log-softmax over a contiguous last axis, forward and backward.
// The exponentials are float32, their sums too where the axis is short enough to
// lose nothing (16 sums side by side).

#include <math.h>

#include "clones.h"
#include "functions.h"
#include "pool.h"
#include "reduce.h"

enum { LANES = 16, ROWS_ELEMENTS = 16384 };

/// The lanes' sum, in a fixed order.
INLINE float sum_of_lanes(float *lanes) {
    for (int width = LANES / 2; width > 0; width /= 2)
        for (int l = 0; l < width; l++) lanes[l] += lanes[l + width];
    return lanes[0];
}

INLINE float largest(const float *a, long n) {
    float lanes[LANES];
    for (int l = 0; l < LANES; l++) lanes[l] = -INFINITY;
    long i = 0;
    for (; i + LANES <= n; i += LANES)
        for (int l = 0; l < LANES; l++) lanes[l] = a[i + l] > lanes[l] ? a[i + l] : lanes[l];
    for (int l = 0; i < n; i++, l++) lanes[l] = a[i] > lanes[l] ? a[i] : lanes[l];
    for (int width = LANES / 2; width > 0; width /= 2)
        for (int l = 0; l < width; l++) lanes[l] = lanes[l + width] > lanes[l] ? lanes[l + width] : lanes[l];
    return lanes[0];
}

CLONES static void softmax_rows(long logarithm, const float *a, float *out, long rows, long n) {
    for (long r = 0; r < rows; r++, a += n, out += n) {
        const float top = largest(a, n);
        float lanes[LANES] = {0};
        long i = 0;
        if (logarithm) {
            for (; i + LANES <= n; i += LANES)
                for (int l = 0; l < LANES; l++) lanes[l] += exp_f32(a[i + l] - top);
            for (int l = 0; i < n; i++, l++) lanes[l] += exp_f32(a[i] - top);
            const float offset = logf(sum_of_lanes(lanes));
            INDEPENDENT for (long c = 0; c < n; c++) out[c] = (a[c] - top) - offset;
        } else {
            for (; i + LANES <= n; i += LANES)
                for (int l = 0; l < LANES; l++) {
                    const float e = exp_f32(a[i + l] - top);
                    out[i + l] = e;
                    lanes[l] += e;
                }
            for (int l = 0; i < n; i++, l++) {
                const float e = exp_f32(a[i] - top);
                out[i] = e;
                lanes[l] += e;
            }
            const float factor = 1.0f / sum_of_lanes(lanes);
            INDEPENDENT for (long c = 0; c < n; c++) out[c] *= factor;
        }
    }
}

CLONES static void softmax_gradient_rows(
    long logarithm, const float *gradient, const float *result, float *out, long rows, long n) {
    for (long r = 0; r < rows; r++, gradient += n, result += n, out += n) {
        float lanes[LANES] = {0};
        long i = 0;
        if (logarithm) {
            for (; i + LANES <= n; i += LANES)
                for (int l = 0; l < LANES; l++) lanes[l] += gradient[i + l];
            for (int l = 0; i < n; i++, l++) lanes[l] += gradient[i];
            const float sum = sum_of_lanes(lanes);
            INDEPENDENT for (long c = 0; c < n; c++)
                out[c] = mul_add(-exp_f32(result[c]), sum, gradient[c]);
        } else {
            for (; i + LANES <= n; i += LANES)
                for (int l = 0; l < LANES; l++) lanes[l] = mul_add(gradient[i + l], result[i + l], lanes[l]);
            for (int l = 0; i < n; i++, l++) lanes[l] = mul_add(gradient[i], result[i], lanes[l]);
            const float sum = sum_of_lanes(lanes);
            INDEPENDENT for (long c = 0; c < n; c++) out[c] = (gradient[c] - sum) * result[c];
        }
    }
}

typedef struct {
    long logarithm;
    const float *a, *result;
    float *out;
    long rows, channels, rows_a_task;
} softmax_job;

static void forward_task(void *context, long index) {
    const softmax_job *j = context;
    const long first = index * j->rows_a_task, rows = min_long(j->rows_a_task, j->rows - first);
    softmax_rows(j->logarithm, j->a + first * j->channels, j->out + first * j->channels, rows, j->channels);
}

static void backward_task(void *context, long index) {
    const softmax_job *j = context;
    const long first = index * j->rows_a_task, rows = min_long(j->rows_a_task, j->rows - first);
    const long offset = first * j->channels;
    softmax_gradient_rows(
        j->logarithm, j->a + offset, j->result + offset, j->out + offset, rows, j->channels);
}

void softmax_forward_f32(long logarithm, const float *a, float *out, long rows, long channels) {
    if (rows <= 0 || channels <= 0) return;
    softmax_job j = {logarithm, a, NULL, out, rows, channels, max_long(1, ROWS_ELEMENTS / channels)};
    pool_run(parts_of(rows, j.rows_a_task), forward_task, &j);
}

void softmax_backward_f32(
    long logarithm, const float *gradient, const float *result, float *out, long rows, long channels) {
    if (rows <= 0 || channels <= 0) return;
    softmax_job j = {logarithm, gradient, result, out, rows, channels, max_long(1, ROWS_ELEMENTS / channels)};
    pool_run(parts_of(rows, j.rows_a_task), backward_task, &j);
}
