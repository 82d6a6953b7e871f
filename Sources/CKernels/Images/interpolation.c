// Bilinear and nearest resizing, channels last, with PyTorch's coordinates.
// The bilinear forward pass goes along x first, into a row
// buffer, then along y. The backward pass goes in reverse order and gathers by input
// rows, so that no two tasks write to the same place. Rows longer than MOST_COLUMNS are cut.

#include "interpolation.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "levels.h"
#include "interpolation_axis.h"
#include "pool.h"

/// Of a row, what is computed at a time: at most so many columns, and so many elements where a pixel has fewer.
enum { ROWS_PER_TASK = 8, MOST_COLUMNS = 1 << 14, MOST_ELEMENTS = 1 << 18 };

typedef struct {
    resize_geometry g;
    const void *input;
    void *out;
    long element_bytes;
    sample_axis y, x;
    /// The columns of a piece of a row, and the pieces.
    long columns, pieces;
    /// The samples of all columns, if these are one piece; else each task makes those of its own.
    axis_sample *samples;
    _Atomic int failed;
} resize_job;

/// The distance of two output pixels in input pixels. An axis that keeps its size keeps its pixels.
INLINE float step_of(float step, long in, long out) {
    return step > 0.0f && in != out ? step : (float)in / (float)out;
}

/// How positions along an axis are found.
INLINE sample_axis axis_of(long in, long out, int on_corners, float step) {
    const float scale = !on_corners ? step_of(step, in, out) : out > 1 ? (float)(in - 1) / (float)(out - 1) : 0.0f;
    return (sample_axis){in, out, on_corners, scale};
}

INLINE axis_sample sample_at(const sample_axis *axis, long i) {
    // In statements of their own, the product and the difference are not fused, as they are not in PyTorch.
    const float centre = ((float)i + 0.5f) * axis->scale;
    const float source = axis->on_corners ? (float)i * axis->scale : fmaxf(centre - 0.5f, 0.0f);
    const long first = min_long((long)source, axis->in - 1);
    const float fraction = axis->in == axis->out ? 0.0f : source - (float)first;
    return (axis_sample){first, min_long(first + 1, axis->in - 1), 1.0f - fraction, fraction};
}

void axis_samples(long in, long out, int on_corners, float step, axis_sample *samples) {
    const sample_axis axis = axis_of(in, out, on_corners, step);
    for (long i = 0; i < out; i++) samples[i] = sample_at(&axis, i);
}

/// A piece of the rows: its first column, and their number. Returns the samples of its columns, or NULL if there is no
/// memory.
static const axis_sample *piece_samples(const resize_job *j, long piece, long *first, long *columns) {
    *first = piece * j->columns;
    *columns = min_long(j->columns, j->g.out_width - *first);
    if (j->samples != NULL) return j->samples;
    axis_sample *samples = pool_scratch(1, *columns * (long)sizeof(axis_sample));
    for (long i = 0; samples != NULL && i < *columns; i++) samples[i] = sample_at(&j->x, *first + i);
    return samples;
}

/// Resizes one row along x.
LEVELS(static, void, stretch_row,
    (const float *restrict row, const axis_sample *x, long out_width, long channels, float *restrict out),
    (row, x, out_width, channels, out)) {
    for (long i = 0; i < out_width; i++, out += channels) {
        const float *a = row + x[i].first * channels, *b = row + x[i].second * channels;
        const float wa = x[i].first_weight, wb = x[i].second_weight;
        CHANNELS for (long c = 0; c < channels; c++) out[c] = mul_add(b[c], wb, a[c] * wa);
    }
}

LEVELS(static, void, blend_rows,
    (const float *restrict a, const float *restrict b, float wa, float wb, float *restrict out, long n),
    (a, b, wa, wb, out, n)) {
    for (long i = 0; i < n; i++) out[i] = mul_add(b[i], wb, a[i] * wa);
}

static void bilinear_task(void *context, long index) {
    resize_job *j = context;
    const resize_geometry *g = &j->g;
    const long bands = parts_of(g->out_height, ROWS_PER_TASK);
    const long band = index / j->pieces % bands, sample = index / j->pieces / bands, top = band * ROWS_PER_TASK;
    long left, columns;
    const axis_sample *x = piece_samples(j, index % j->pieces, &left, &columns);
    const long row_floats = g->out_width * g->channels, in_row = g->in_width * g->channels;
    const long count = columns * g->channels;
    const float *input = (const float *)j->input + sample * g->in_height * in_row;
    float *out = (float *)j->out + sample * g->out_height * row_floats + left * g->channels;
    float *rows = pool_scratch(0, 2 * count * (long)sizeof(float));
    if (rows == NULL || x == NULL) {
        j->failed = 1;
        return;
    }
    float *buffers[2] = {rows, rows + count};
    long held[2] = {-1, -1};
    for (long y = top; y < min_long(top + ROWS_PER_TASK, g->out_height) && !pool_stops(count); y++) {
        const axis_sample at = sample_at(&j->y, y);
        const long wanted[2] = {at.first, at.second};
        const float *stretched[2] = {NULL, NULL};
        for (int k = 0; k < 2; k++) {
            int slot = held[0] == wanted[k] ? 0 : held[1] == wanted[k] ? 1 : -1;
            if (slot < 0) {
                // The second row must not overwrite the first.
                slot = k == 1 && stretched[0] == buffers[0] ? 1 : k == 1 ? 0 : held[0] == wanted[1] ? 1 : 0;
                stretch_row(input + wanted[k] * in_row, x, columns, g->channels, buffers[slot]);
                held[slot] = wanted[k];
            }
            stretched[k] = buffers[slot];
        }
        blend_rows(stretched[0], stretched[1], at.first_weight, at.second_weight, out + y * row_floats, count);
    }
}

/// Adds the gradient of an output row to its input row.
LEVELS(static, void, gather_row,
    (const float *restrict row, const axis_sample *x, long out_width, long channels, float *restrict out),
    (row, x, out_width, channels, out)) {
    for (long i = 0; i < out_width; i++, row += channels) {
        float *a = out + x[i].first * channels, *b = out + x[i].second * channels;
        const float wa = x[i].first_weight, wb = x[i].second_weight;
        CHANNELS for (long c = 0; c < channels; c++) a[c] = mul_add(row[c], wa, a[c]);
        if (wb != 0.0f) {
            CHANNELS for (long c = 0; c < channels; c++) b[c] = mul_add(row[c], wb, b[c]);
        }
    }
}

LEVELS(static, void, add_weighted,
    (const float *restrict row, float weight, float *restrict total, long n),
    (row, weight, total, n)) {
    for (long i = 0; i < n; i++) total[i] = mul_add(row[i], weight, total[i]);
}

/// The gradient of a piece of an input row, from output row `low` on; false if there is no memory.
static bool gradient_piece(const resize_job *j, const float *gradient, long y, long low, long piece, float *out) {
    const resize_geometry *g = &j->g;
    long left, columns;
    const axis_sample *x = piece_samples(j, piece, &left, &columns);
    const long row_floats = g->out_width * g->channels, count = columns * g->channels;
    float *total = pool_scratch(0, count * (long)sizeof(float));
    if (total == NULL || x == NULL) return false;
    memset(total, 0, (size_t)count * sizeof(float));
    gradient += left * g->channels;
    int any = 0;
    for (long o = low; o < g->out_height && !pool_stops(count); o++) {
        const axis_sample at = sample_at(&j->y, o);
        if (at.first > y) break;
        const float weight = (at.first == y ? at.first_weight : 0.0f) + (at.second == y ? at.second_weight : 0.0f);
        if (weight == 0.0f) continue;
        any = 1;
        add_weighted(gradient + o * row_floats, weight, total, count);
    }
    if (any) gather_row(total, x, columns, g->channels, out);
    return true;
}

static void bilinear_gradient_task(void *context, long index) {
    resize_job *j = context;
    const resize_geometry *g = &j->g;
    const long sample = index / g->in_height, y = index % g->in_height, in_row = g->in_width * g->channels;
    const float *gradient = (const float *)j->input + sample * g->out_height * g->out_width * g->channels;
    float *out = (float *)j->out + index * in_row;
    pool_clear(out, in_row * (long)sizeof(float));
    // The first output row whose second source is this one, by bisection: source rows never decrease.
    long low = 0, high = g->out_height;
    while (low < high) {
        const long middle = (low + high) / 2;
        if (sample_at(&j->y, middle).second < y) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    for (long piece = 0; piece < j->pieces && !pool_stops(j->columns); piece++)
        if (!gradient_piece(j, gradient, y, low, piece, out)) j->failed = 1;
}

/// Cuts rows into pieces.
static void cut_rows(resize_job *j) {
    const long most = max_long(1, min_long(MOST_COLUMNS, MOST_ELEMENTS / j->g.channels));
    j->columns = min_long(most, j->g.out_width);
    j->pieces = parts_of(j->g.out_width, j->columns);
}

/// Prepares the axes. Returns 0 or -1.
static int prepare(resize_job *j) {
    const resize_geometry *g = &j->g;
    cut_rows(j);
    j->y = axis_of(g->in_height, g->out_height, g->on_corners != 0, g->step_y);
    j->x = axis_of(g->in_width, g->out_width, g->on_corners != 0, g->step_x);
    if (j->pieces > 1) return 0;
    j->samples = malloc((size_t)g->out_width * sizeof(axis_sample));
    if (j->samples == NULL) return -1;
    axis_samples(g->in_width, g->out_width, g->on_corners != 0, g->step_x, j->samples);
    return 0;
}

static int is_empty(const resize_geometry *g) {
    return g->batch <= 0 || g->channels <= 0 || g->in_height <= 0 || g->in_width <= 0 || g->out_height <= 0 ||
           g->out_width <= 0;
}

int resize_bilinear_forward(const resize_geometry *g, const float *input, float *output) {
    if (is_empty(g)) return 0;
    resize_job j = {.g = *g, .input = input, .out = output};
    if (prepare(&j) != 0) return -1;
    pool_run(g->batch * parts_of(g->out_height, ROWS_PER_TASK) * j.pieces, bilinear_task, &j);
    free(j.samples);
    return j.failed ? -1 : 0;
}

int resize_bilinear_backward(const resize_geometry *g, const float *output_gradient, float *input_gradient) {
    if (is_empty(g)) return 0;
    resize_job j = {.g = *g, .input = output_gradient, .out = input_gradient};
    if (prepare(&j) != 0) return -1;
    pool_run(g->batch * g->in_height, bilinear_gradient_task, &j);
    free(j.samples);
    return j.failed ? -1 : 0;
}

/// PyTorch's nearest neighbour: the scale is a float, and has no part in twice the size or the same.
INLINE long nearest(long i, float scale, long in, long out) {
    if (out == in) return i;
    if (out == 2 * in) return i / 2;
    return min_long((long)floorf((float)i * scale), in - 1);
}

static void nearest_task(void *context, long index) {
    const resize_job *j = context;
    const resize_geometry *g = &j->g;
    const long line = index / j->pieces, sample = line / g->out_height, y = line % g->out_height;
    const long first = index % j->pieces * j->columns, last = min_long(first + j->columns, g->out_width);
    const long pixel = g->channels * j->element_bytes;
    const float scale_y = step_of(g->step_y, g->in_height, g->out_height);
    const float scale_x = step_of(g->step_x, g->in_width, g->out_width);
    const char *row = (const char *)j->input +
                      (sample * g->in_height + nearest(y, scale_y, g->in_height, g->out_height)) * g->in_width * pixel;
    char *out = (char *)j->out + line * g->out_width * pixel;
    switch (pixel) {
        case 1:
            for (long x = first; x < last; x++) out[x] = row[nearest(x, scale_x, g->in_width, g->out_width)];
            break;
        case 4:
            for (long x = first; x < last; x++)
                memcpy(out + x * 4, row + nearest(x, scale_x, g->in_width, g->out_width) * 4, 4);
            break;
        case 8:
            for (long x = first; x < last; x++)
                memcpy(out + x * 8, row + nearest(x, scale_x, g->in_width, g->out_width) * 8, 8);
            break;
        default:
            for (long x = first; x < last; x++)
                memcpy(out + x * pixel, row + nearest(x, scale_x, g->in_width, g->out_width) * pixel, (size_t)pixel);
    }
}

void resize_nearest_forward(const resize_geometry *g, long element_bytes, const void *input, void *output) {
    if (is_empty(g)) return;
    resize_job j = {.g = *g, .input = input, .out = output, .element_bytes = element_bytes};
    cut_rows(&j);
    pool_run(g->batch * g->out_height * j.pieces, nearest_task, &j);
}

static void nearest_gradient_task(void *context, long index) {
    const resize_job *j = context;
    const resize_geometry *g = &j->g;
    const long in_row = g->in_width * g->channels;
    const float scale_y = step_of(g->step_y, g->in_height, g->out_height);
    const float scale_x = step_of(g->step_x, g->in_width, g->out_width);
    float *out = (float *)j->out + index * g->in_height * in_row;
    const float *row = (const float *)j->input + index * g->out_height * g->out_width * g->channels;
    pool_clear(out, g->in_height * in_row * (long)sizeof(float));
    for (long y = 0; y < g->out_height; y++) {
        float *to = out + nearest(y, scale_y, g->in_height, g->out_height) * in_row;
        for (long first = 0; first < g->out_width; first += j->columns) {
            const long last = min_long(first + j->columns, g->out_width);
            if (pool_stops((last - first) * g->channels)) return;
            for (long x = first; x < last; x++, row += g->channels) {
                float *pixel = to + nearest(x, scale_x, g->in_width, g->out_width) * g->channels;
                CHANNELS for (long c = 0; c < g->channels; c++) pixel[c] += row[c];
            }
        }
    }
}

void resize_nearest_backward(const resize_geometry *g, const float *output_gradient, float *input_gradient) {
    if (is_empty(g)) return;
    resize_job j = {.g = *g, .input = output_gradient, .out = input_gradient};
    cut_rows(&j);
    pool_run(g->batch, nearest_gradient_task, &j);
}
