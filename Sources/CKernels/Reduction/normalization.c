// Batch normalisation over [rows, channels]. Sums run over fixed chunks of rows in
// float64, and the chunks are added in order: the result is accurate for large means
// and does not depend on the number of threads.

#include "normalization.h"

#include <math.h>
#include <stddef.h>
#include <stdlib.h>

#include "convolution.h"
#include "convolution_finish.h"
#include "levels.h"
#include "pool.h"

enum { CHUNK_ELEMENTS = 65536, BLOCK_ELEMENTS = 16384, MOST_CHUNKS = 256, ROWS = 32 };

/// Eight doubles, and eight floats as such.
typedef double double8 __attribute__((vector_size(64), aligned(8)));
#define DOUBLES(from) __builtin_convertvector(*(const float8 *)(from), double8)

/// Rows per chunk of sums; depends on the shape alone.
static long chunk_rows(long rows, long channels) {
    const long wanted = max_long(1, CHUNK_ELEMENTS / max_long(1, channels));
    return max_long(wanted, parts_of(rows, MOST_CHUNKS));
}

void norm_fold_f32(
    const float *mean, const float *variance, const float *gamma, const float *beta, float epsilon,
    float *scale, float *shift, long channels) {
    for (long c = 0; c < channels; c++) {
        const double inverse = 1.0 / __builtin_elementwise_sqrt((double)variance[c] + (double)epsilon);
        const double s = gamma == NULL ? inverse : inverse * (double)gamma[c];
        scale[c] = (float)s;
        shift[c] = (float)((beta == NULL ? 0.0 : (double)beta[c]) - (double)mean[c] * s);
    }
}

/// One job for all the passes over rows.
typedef struct {
    const float *x, *gradient, *residual;
    const norm_follower *follower;
    const float *mean, *a, *b, *d;
    float *out;
    double *first, *second;
    long rows, channels, rows_per_task;
} norm_job;

LEVELS(static, void, scale_shift_rows,
    (const float *x, const float *restrict scale, const float *restrict shift, float *out, long rows,
     long channels),
    (x, scale, shift, out, rows, channels)) {
    for (long r = 0; r < rows; r++, x += channels, out += channels) {
        CHANNELS for (long c = 0; c < channels; c++) out[c] = mul_add(x[c], scale[c], shift[c]);
    }
}

static void scale_shift_task(void *context, long index) {
    const norm_job *j = context;
    const long row = index * j->rows_per_task;
    scale_shift_rows(
        j->x + row * j->channels, j->a, j->b, j->out + row * j->channels,
        min_long(j->rows_per_task, j->rows - row), j->channels);
}

void norm_scale_shift_f32(
    const float *x, const float *scale, const float *shift, float *out, long rows, long channels) {
    if (rows <= 0 || channels <= 0) return;
    norm_job j = {.x = x, .a = scale, .b = shift, .out = out, .rows = rows, .channels = channels};
    j.rows_per_task = max_long(1, BLOCK_ELEMENTS / channels);
    pool_run(parts_of(rows, j.rows_per_task), scale_shift_task, &j);
}

LEVELS(static, void, moments_of_rows,
    (const float *restrict x, long rows, long channels, double *restrict sum, double *restrict squares),
    (x, rows, channels, sum, squares)) {
    for (long c = 0; c < channels; c++) sum[c] = squares[c] = 0;
    for (long first = 0; first < rows; first += ROWS) {
        const long last = min_long(first + ROWS, rows);
        for (long c = 0; c + 8 <= channels; c += 8) {
            double8 s = *(double8 *)(sum + c), q = *(double8 *)(squares + c);
            for (long r = first; r < last; r++) {
                __builtin_prefetch(x + (r + ROWS) * channels + c);
                const double8 value = DOUBLES(x + r * channels + c);
                s += value;
                q += value * value;
            }
            *(double8 *)(sum + c) = s;
            *(double8 *)(squares + c) = q;
        }
        for (long r = first; r < last; r++) {
            for (long c = channels / 8 * 8; c < channels; c++) {
                const double value = (double)x[r * channels + c];
                sum[c] += value;
                squares[c] += value * value;
            }
        }
    }
}

static void moments_task(void *context, long index) {
    const norm_job *j = context;
    const long row = index * j->rows_per_task;
    moments_of_rows(
        j->x + row * j->channels, min_long(j->rows_per_task, j->rows - row), j->channels,
        j->first + index * j->channels, j->second + index * j->channels);
}

// The gradients of activations, as EW_RELU_GRAD and the others give them: of eight upstream values `u`, by the
// activation's input `y`.
#define UNCHANGED_GRADIENT(u, y) ((void)(y), (u))
#define RELU_GRADIENT(u, y) EITHER((y) > splat8(0.0f), u, splat8(0.0f))
#define RELU6_GRADIENT(u, y) EITHER(((y) > splat8(0.0f)) & ((y) < splat8(6.0f)), u, splat8(0.0f))
#define HARDSIGMOID_GRADIENT(u, y) EITHER(((y) > splat8(-3.0f)) & ((y) < splat8(3.0f)), (u) / splat8(6.0f), splat8(0.0f))
#define HARDSWISH_GRADIENT(u, y)                                                                                        \
    EITHER((y) <= splat8(-3.0f), splat8(0.0f),                                                                    \
           EITHER((y) < splat8(3.0f), (u) * ((y) / splat8(3.0f) + splat8(0.5f)), u))

/// BODY with the activation that follows, or its gradient, outside of all loops.
#define BY_ACTIVATION(follower, BODY, OF)                                                                         \
    switch ((follower) == NULL ? ACTIVATION_NONE : (follower)->activation) {                                      \
        case ACTIVATION_RELU: BODY(RELU##OF) break;                                                               \
        case ACTIVATION_RELU6: BODY(RELU6##OF) break;                                                             \
        case ACTIVATION_HARDSWISH: BODY(HARDSWISH##OF) break;                                                     \
        case ACTIVATION_HARDSIGMOID: BODY(HARDSIGMOID##OF) break;                                                 \
        default: BODY(UNCHANGED##OF) break;                                                                       \
    }

/// `count` of eight floats by channel; 0 where there is no follower.
INLINE float8 eight_of(const float *from, long channel, long count) {
    if (from == NULL) return splat8(0.0f);
    if (count == 8) return *(const float8 *)(from + channel);
    float8 v = splat8(0.0f);
    for (long i = 0; i < count; i++) v[i] = from[channel + i];
    return v;
}

INLINE void store_eight(float8 v, float *to, long count) {
    if (count == 8) {
        *(float8 *)to = v;
    } else {
        for (long i = 0; i < count; i++) to[i] = v[i];
    }
}

/// Sums of dy and of dy * (x - mean) of eight channels, of which the last may have fewer.
#define GRADIENT_SUMS(GRADIENT)                                                                                   \
    for (long first = 0; first < rows; first += ROWS) {                                                           \
        const long last = min_long(first + ROWS, rows);                                                           \
        for (long c = 0; c + 8 <= channels; c += 8) {                                                             \
            double8 s = *(double8 *)(sum + c), q = *(double8 *)(product + c);                                     \
            const float8 middle = *(const float8 *)(mean + c);                                                    \
            const float8 a = eight_of(scale, c, 8), b = eight_of(shift, c, 8);                                    \
            for (long r = first; r < last; r++) {                                                                 \
                __builtin_prefetch(x + (r + ROWS) * channels + c);                                                \
                __builtin_prefetch(gradient + (r + ROWS) * channels + c);                                         \
                const float8 value = *(const float8 *)(x + r * channels + c);                                     \
                const float8 upstream = *(const float8 *)(gradient + r * channels + c);                           \
                const float8 y = MUL_ADD8(value, a, b), from = value - middle;                                    \
                const double8 dy = __builtin_convertvector(GRADIENT(upstream, y), double8);                       \
                s += dy;                                                                                          \
                q += dy * __builtin_convertvector(from, double8);                                                 \
            }                                                                                                     \
            *(double8 *)(sum + c) = s;                                                                            \
            *(double8 *)(product + c) = q;                                                                        \
        }                                                                                                         \
        const long c = channels / 8 * 8, rest = channels - c;                                                     \
        for (long r = first; r < last && rest > 0; r++) {                                                         \
            const float8 value = eight_of(x + r * channels, c, rest);                                             \
            const float8 upstream = eight_of(gradient + r * channels, c, rest);                                   \
            const float8 y = MUL_ADD8(value, eight_of(scale, c, rest), eight_of(shift, c, rest));                 \
            const float8 dy = GRADIENT(upstream, y);                                                              \
            for (long i = 0; i < rest; i++) {                                                                     \
                sum[c + i] += (double)dy[i];                                                                      \
                product[c + i] += (double)dy[i] * (double)(value[i] - mean[c + i]);                               \
            }                                                                                                     \
        }                                                                                                         \
    }

/// The mean is subtracted before the product, so that a large mean loses no digits.
LEVELS(static, void, gradient_sums_of_rows,
    (const norm_follower *follower, const float *restrict gradient, const float *restrict x, const float *restrict mean,
     long rows, long channels, double *restrict sum, double *restrict product),
    (follower, gradient, x, mean, rows, channels, sum, product)) {
    const float *scale = follower == NULL ? NULL : follower->scale, *shift = follower == NULL ? NULL : follower->shift;
    for (long c = 0; c < channels; c++) sum[c] = product[c] = 0;
    BY_ACTIVATION(follower, GRADIENT_SUMS, _GRADIENT)
}

static void gradient_sums_task(void *context, long index) {
    const norm_job *j = context;
    const long row = index * j->rows_per_task;
    gradient_sums_of_rows(
        j->follower, j->gradient + row * j->channels, j->x + row * j->channels, j->mean,
        min_long(j->rows_per_task, j->rows - row), j->channels, j->first + index * j->channels,
        j->second + index * j->channels);
}

#define FOLLOWED(ACTIVATION)                                                                                      \
    for (long r = 0; r < rows; r++, x += channels, out += channels) {                                             \
        for (long c = 0; c < channels; c += 8) {                                                                  \
            const long count = min_long(8, channels - c);                                                         \
            const float8 value = eight_of(x, c, count);                                                           \
            float8 y = MUL_ADD8(value, eight_of(scale, c, count), eight_of(shift, c, count));                     \
            if (residual != NULL) y = y + eight_of(residual + r * channels, c, count);                            \
            store_eight(ACTIVATION(y), out + c, count);                                                           \
        }                                                                                                         \
    }

LEVELS(static, void, followed_rows,
    (const norm_follower *follower, const float *x, const float *residual, float *out, long rows, long channels),
    (follower, x, residual, out, rows, channels)) {
    const float *scale = follower->scale, *shift = follower->shift;
    BY_ACTIVATION(follower, FOLLOWED, _OF)
}

static void followed_task(void *context, long index) {
    const norm_job *j = context;
    const long row = index * j->rows_per_task, at = row * j->channels;
    followed_rows(
        j->follower, j->x + at, j->residual == NULL ? NULL : j->residual + at, j->out + at,
        min_long(j->rows_per_task, j->rows - row), j->channels);
}

void norm_followed_f32(
    const norm_follower *follower, const float *x, const float *residual, float *out, long rows, long channels) {
    if (rows <= 0 || channels <= 0) return;
    norm_job j = {.follower = follower, .x = x, .residual = residual, .out = out, .rows = rows, .channels = channels};
    j.rows_per_task = max_long(1, BLOCK_ELEMENTS / channels);
    pool_run(parts_of(rows, j.rows_per_task), followed_task, &j);
}

#define INPUT_GRADIENT(GRADIENT)                                                                                  \
    for (long r = 0; r < rows; r++, gradient += channels, x += channels, out += channels) {                       \
        for (long c = 0; c < channels; c += 8) {                                                                  \
            const long count = min_long(8, channels - c);                                                         \
            const float8 value = eight_of(x, c, count), upstream = eight_of(gradient, c, count);                  \
            const float8 y = MUL_ADD8(value, eight_of(scale, c, count), eight_of(shift, c, count));               \
            const float8 product = GRADIENT(upstream, y) * eight_of(a, c, count);                                 \
            const float8 rest = MUL_ADD8(value, eight_of(b, c, count), eight_of(d, c, count));                    \
            store_eight(product + rest, out + c, count);                                                          \
        }                                                                                                         \
    }

LEVELS(static, void, input_gradient_rows,
    (const norm_follower *follower, const float *gradient, const float *x, const float *a, const float *b, const float *d,
     float *out, long rows, long channels),
    (follower, gradient, x, a, b, d, out, rows, channels)) {
    const float *scale = follower == NULL ? NULL : follower->scale, *shift = follower == NULL ? NULL : follower->shift;
    BY_ACTIVATION(follower, INPUT_GRADIENT, _GRADIENT)
}

static void input_gradient_task(void *context, long index) {
    const norm_job *j = context;
    const long row = index * j->rows_per_task, at = row * j->channels;
    input_gradient_rows(
        j->follower, j->gradient + at, j->x + at, j->a, j->b, j->d, j->out + at,
        min_long(j->rows_per_task, j->rows - row), j->channels);
}

void norm_input_gradient_f32(
    const norm_follower *follower, const float *gradient, const float *x, const float *a, const float *b, const float *d,
    float *out, long rows, long channels) {
    if (rows <= 0 || channels <= 0) return;
    norm_job j = {.follower = follower, .gradient = gradient, .x = x, .a = a, .b = b, .d = d, .out = out,
                  .rows = rows, .channels = channels};
    j.rows_per_task = max_long(1, BLOCK_ELEMENTS / channels);
    pool_run(parts_of(rows, j.rows_per_task), input_gradient_task, &j);
}

/// Runs a pass that gives two sums per channel and chunk; adds the chunks in order into first[0..<channels] and
/// second[...]. Returns 0, and the caller frees `j->first`; or -1.
static int run_sums(norm_job *j, void (*task)(void *, long)) {
    j->rows_per_task = chunk_rows(j->rows, j->channels);
    const long chunks = parts_of(j->rows, j->rows_per_task);
    j->first = malloc((size_t)(2 * chunks * j->channels) * sizeof(double));
    if (j->first == NULL) return -1;
    j->second = j->first + chunks * j->channels;
    pool_run(chunks, task, j);
    for (long chunk = 1; chunk < chunks; chunk++) {
        for (long c = 0; c < j->channels; c++) {
            j->first[c] += j->first[chunk * j->channels + c];
            j->second[c] += j->second[chunk * j->channels + c];
        }
    }
    return 0;
}

int norm_statistics_f32(const float *x, float *mean, float *variance, long rows, long channels) {
    if (rows <= 0 || channels <= 0) return 0;
    norm_job j = {.x = x, .rows = rows, .channels = channels};
    if (run_sums(&j, moments_task) != 0) return -1;
    for (long c = 0; c < channels; c++) {
        const double m = j.first[c] / (double)rows;
        const double v = j.second[c] / (double)rows - m * m;
        mean[c] = (float)m;
        variance[c] = (float)(v < 0 ? 0 : v);
    }
    free(j.first);
    return 0;
}

int norm_gradient_sums_f32(
    const norm_follower *follower, const float *gradient, const float *x, const float *mean, const float *inverse_std,
    float *product, float *sum, long rows, long channels) {
    if (rows <= 0 || channels <= 0) return 0;
    norm_job j = {.follower = follower, .x = x, .gradient = gradient, .mean = mean, .rows = rows, .channels = channels};
    if (run_sums(&j, gradient_sums_task) != 0) return -1;
    for (long c = 0; c < channels; c++) {
        product[c] = (float)(j.second[c] * (double)inverse_std[c]);
        sum[c] = (float)j.first[c];
    }
    free(j.first);
    return 0;
}
