// The indirect product behind convolutions and their input gradients. A plan lists, for each tap of a destination
// pixel, the source pixel that the tap reads. The gradient of a strided convolution has a plan for each phase of the
// stride; a widely dilated convolution has one for each part of the picture that the same taps reach. A task is a tile of
// destination pixels of one sample. The inner kernels are in convolution_tile.c, packing is in convolution_pack.c.

#include "convolution.h"

#include <stdlib.h>

#include "levels.h"
#include "convolution_bfloat16.h"
#include "convolution_tile.h"
#include "pool.h"

enum { SMALLEST_TILE = 96, LARGEST_TILE = 480, TILE_PRODUCTS = 1 << 20, SUM_LENGTH = 128, PAIR_SUM_LENGTH = 256 };

typedef struct {
    conv_product product;
    conv_plan *plans;
    long plan_count;
    _Atomic int failed;
} conv_job;

static void tile_task(void *context, long index) {
    conv_job *job = context;
    // The last plan that begins at or before this task.
    long low = 0, high = job->plan_count - 1;
    while (low < high) {
        const long middle = (low + high + 1) / 2;
        if (job->plans[middle].first_task <= index) {
            low = middle;
        } else {
            high = middle - 1;
        }
    }
    const conv_plan *plan = &job->plans[low];
    const long local = index - plan->first_task;
    if (conv_tile(&job->product, plan, local / plan->tiles, local % plan->tiles) != 0) job->failed = 1;
}

/// A row or column of a kernel: the source of place n is n * step + add, inside the picture for first..<last.
typedef struct {
    long index, add, first, last;
} axis_tap;

/// Places of the destination along an axis, `dest_step` apart from `dest_first` on, and taps of theirs.
typedef struct {
    long count, dest_first, dest_step, tap_count;
    axis_tap *taps;
} conv_axis;

/// The parts of an axis; the taps of all are in one array.
typedef struct {
    conv_axis *parts;
    axis_tap *taps;
    long count;
} conv_axes;

/// A kernel along one axis, from `dest` to `source` places: the forward pass or, if `is_gradient`, that of its gradient.
typedef struct {
    long kernel, stride, padding, dilation, dest, source;
    int is_gradient, may_cut;
} axis_shape;

/// Widely dilated taps miss much of the picture. So an axis is cut where a tap begins or ends to reach it, if no part is
/// shorter than a kernel's pixels.
enum { CUT_TAPS = 3, MOST_PARTS = 2 * CUT_TAPS + 1, SHORTEST_PART = CONV_HALF };

/// Where an axis is cut, from 0 to its end. Returns the count of parts.
static long find_cuts(const conv_axis *axis, long *cuts) {
    long parts = 1;
    cuts[0] = 0;
    cuts[1] = axis->count;
    for (long t = 0; t < 2 * axis->tap_count && axis->tap_count <= CUT_TAPS; t++) {
        const axis_tap *tap = &axis->taps[t / 2];
        const long place = t % 2 == 0 ? tap->first : tap->last;
        long next = 0;
        while (cuts[next] < place) next++;
        if (cuts[next] == place) continue;
        for (long i = ++parts; i > next; i--) cuts[i] = cuts[i - 1];
        cuts[next] = place;
    }
    for (long p = 0; p < parts; p++) {
        if (cuts[p + 1] - cuts[p] >= SHORTEST_PART) continue;
        cuts[1] = axis->count;
        return 1;
    }
    return parts;
}

/// The places of `axis` from `cut` to `end`, with the taps that reach some of them, which are written to `taps`.
static conv_axis part_of_axis(const conv_axis *axis, long cut, long end, long step, axis_tap *taps) {
    conv_axis part = {end - cut, axis->dest_first + cut * axis->dest_step, axis->dest_step, 0, taps};
    for (long t = 0; t < axis->tap_count; t++) {
        const axis_tap tap = axis->taps[t];
        const long first = max_long(tap.first, cut) - cut, last = min_long(tap.last, end) - cut;
        if (first < last) taps[part.tap_count++] = (axis_tap){tap.index, tap.add + cut * step, first, last};
    }
    return part;
}

/// Returns 0 or -1.
static int make_axes(const axis_shape *s, conv_axes *axes) {
    // If the stride is larger than the picture, there are only as many phases as places.
    const long phases = s->is_gradient ? min_long(s->stride, s->dest) : 1, step = s->is_gradient ? 1 : s->stride;
    axes->parts = malloc((size_t)(phases + MOST_PARTS) * sizeof(conv_axis));
    axes->taps = malloc((size_t)(2 * s->kernel + CUT_TAPS * MOST_PARTS) * sizeof(axis_tap));
    if (axes->parts == NULL || axes->taps == NULL) return -1;
    // The taps of a phase, and behind them those of its parts.
    axis_tap *all = axes->taps, *taps = all + s->kernel;
    for (long phase = 0; phase < phases; phase++) {
        conv_axis axis = {s->dest, phase, 1, 0, all};
        if (s->is_gradient) axis.count = parts_of(s->dest - phase, s->stride), axis.dest_step = s->stride;
        for (long k = 0; k < s->kernel; k++) {
            long add = k * s->dilation - s->padding;
            if (s->is_gradient) {
                add = phase - add;
                if (add % s->stride != 0) continue;
                add /= s->stride;
            }
            axis_tap tap = {k, add, min_long(axis.count, add < 0 ? parts_of(-add, step) : 0), 0};
            if (add < s->source) tap.last = min_long(axis.count, (s->source - 1 - add) / step + 1);
            all[axis.tap_count++] = tap;
        }
        long cuts[MOST_PARTS + 1] = {0, axis.count};
        const long parts = s->may_cut && step == 1 && phases == 1 ? find_cuts(&axis, cuts) : 1;
        for (long p = 0; p < parts; p++) {
            const conv_axis part = part_of_axis(&axis, cuts[p], cuts[p + 1], step, taps);
            axes->parts[axes->count++] = part;
            taps += part.tap_count;
        }
    }
    return 0;
}

/// The most words in a partial sum. After rounding to bfloat16 long sums do not matter.
static long sum_length(const conv_product *product) {
    return product->unit > 0 ? product->unit * PAIR_SUM_LENGTH : SUM_LENGTH;
}

/// Marks where partial sums end, so that none is longer than `length`.
static void end_sums(conv_segment *segments, long count, long length) {
    long filled = 0;
    for (long s = 0; s < count; s++) {
        filled += segments[s].length;
        segments[s].ends_sum = s + 1 == count || filled + segments[s + 1].length > length;
        if (segments[s].ends_sum) filled = 0;
    }
}

/// The runs of channels that a pixel's product consists of, cut into blocks of at most
/// CONV_BLOCK_LENGTH (of pairs, two words each without instructions) so that a panel of weights stays in cache. Returns 0 or -1.
static int make_segments(const conv_product *product, conv_plan *plan) {
    const long unit = max_long(1, product->unit), grain = product->unit > 0 ? bfloat16_grain() : 1;
    const long pieces = parts_of(product->run, sum_length(product));
    const long piece = grain * parts_of(product->run / grain, max_long(1, pieces));
    plan->segments = malloc((size_t)max_long(1, plan->tap_count * pieces) * sizeof(conv_segment));
    plan->block_starts = malloc((size_t)(plan->tap_count * pieces + 2) * sizeof(long));
    if (plan->segments == NULL || plan->block_starts == NULL) return -1;
    long count = 0, blocks = 0, filled = 0;
    plan->block_starts[0] = 0;
    for (long t = 0; t < plan->tap_count; t++) {
        if (pool_stops(pieces)) plan->tap_count = t + 1;
        for (long first = 0; first < product->run; first += piece) {
            const long length = min_long(piece, product->run - first);
            if (filled > 0 && filled + length > unit * CONV_BLOCK_LENGTH) {
                plan->block_starts[++blocks] = count;
                filled = 0;
            }
            plan->segments[count++] =
                (conv_segment){t, first, length, plan->taps[t].index * product->run + first, 0};
            filled += length;
        }
    }
    plan->block_starts[++blocks] = count;
    plan->block_count = blocks;
    end_sums(plan->segments, count, sum_length(product));
    plan->every_run_ends_sum = 1;
    for (long s = 0; s < count; s++) plan->every_run_ends_sum &= plan->segments[s].ends_sum;
    return 0;
}

/// Where the taps of a kernel row are adjacent in memory, the row becomes one run. Returns 0 or -1.
static int make_row_segments(const conv_product *product, conv_plan *plan, const conv_geometry *g) {
    plan->row_segments = NULL;
    plan->row_taps = g->kernel_width;
    const long length = g->kernel_width * product->run, unit = max_long(1, product->unit);
    if (g->kernel_width == 1 || g->dilation_width != 1 || g->groups != 1 || product->run > 16 * unit ||
        plan->block_count != 1)
        return 0;
    plan->row_segments = malloc((size_t)g->kernel_height * sizeof(conv_segment));
    if (plan->row_segments == NULL) return -1;
    for (long ky = 0; ky < g->kernel_height; ky++)
        plan->row_segments[ky] = (conv_segment){ky * g->kernel_width, 0, length, ky * length, 0};
    plan->row_segment_count = g->kernel_height;
    end_sums(plan->row_segments, plan->row_segment_count, sum_length(product));
    return 0;
}

/// Pixels per tile; depends on the layer alone.
static long tile_pixels(long products_per_pixel) {
    const long wanted = TILE_PRODUCTS / max_long(1, products_per_pixel);
    const long rounded = (wanted + CONV_PIXELS - 1) / CONV_PIXELS * CONV_PIXELS;
    return max_long(SMALLEST_TILE, min_long(LARGEST_TILE, rounded));
}

static void free_plans(conv_plan *plans, long count) {
    if (plans == NULL) return;
    for (long p = 0; p < count; p++) {
        free(plans[p].taps);
        free(plans[p].segments);
        free(plans[p].block_starts);
        free(plans[p].row_segments);
    }
    free(plans);
}

/// The plan for a part of each axis. Returns 0 or -1.
static int make_plan(
    const conv_product *product, const conv_geometry *g, const conv_axis *y, const conv_axis *x, conv_plan *plan) {
    plan->grid_height = y->count;
    plan->grid_width = x->count;
    plan->dest_first_y = y->dest_first;
    plan->dest_first_x = x->dest_first;
    plan->dest_step_y = y->dest_step;
    plan->dest_step_x = x->dest_step;
    plan->tap_count = y->tap_count * x->tap_count;
    plan->taps = malloc((size_t)max_long(1, plan->tap_count) * sizeof(conv_tap));
    if (plan->taps == NULL) return -1;
    for (long t = 0; t < plan->tap_count; t++) {
        // The plan of a region that is to stop may end anywhere.
        if (pool_stops(1)) plan->tap_count = t + 1;
        const axis_tap row = y->taps[t / x->tap_count], column = x->taps[t % x->tap_count];
        plan->taps[t] = (conv_tap){
            row.add, column.add, row.index * g->kernel_width + column.index, column.first, column.last};
    }
    return make_segments(product, plan);
}

/// Runs all tiles of all plans. Returns 0 or -1.
static int run_plans(conv_job *job, const conv_geometry *g) {
    conv_product *product = &job->product;
    const long zeros = max_long(product->source_channels, product->run) * g->kernel_width;
    float *zero_run = calloc((size_t)max_long(1, zeros), sizeof(float));
    if (zero_run == NULL) return -1;
    product->zeros = zero_run;
    product->tile = tile_pixels(product->run * g->kernel_height * g->kernel_width * product->width);
    if (product->unit > 0 && kernel_bfloat16_in_use == BFLOAT16_MATRICES)
        product->tile = amx_tile_pixels(product, g->output_height * g->output_width);
    long tasks = 0;
    for (long p = 0; p < job->plan_count; p++) {
        conv_plan *plan = &job->plans[p];
        plan->tiles = parts_of(plan->grid_height * plan->grid_width, product->tile);
        plan->first_task = tasks;
        tasks += plan->tiles * g->batch;
    }
    pool_run(tasks, tile_task, job);
    free(zero_run);
    return job->failed ? -1 : 0;
}

/// Runs the plans for all parts of both axes. Returns 0 or -1.
static int run_axes(conv_job *job, const conv_geometry *g, const axis_shape *y, const axis_shape *x) {
    conv_axes rows = {0}, columns = {0};
    int status = -1;
    if (make_axes(y, &rows) == 0 && make_axes(x, &columns) == 0) {
        job->plan_count = rows.count * columns.count;
        job->plans = calloc((size_t)max_long(1, job->plan_count), sizeof(conv_plan));
        status = job->plans == NULL ? -1 : 0;
        for (long p = 0; p < job->plan_count && status == 0; p++) {
            conv_plan *plan = &job->plans[p];
            status = make_plan(
                &job->product, g, &rows.parts[p / columns.count], &columns.parts[p % columns.count], plan);
            if (status == 0 && !y->is_gradient && plan->tap_count == g->kernel_height * g->kernel_width)
                status = make_row_segments(&job->product, plan, g);
        }
        if (status == 0) status = run_plans(job, g);
        free_plans(job->plans, job->plan_count);
    }
    free(rows.parts);
    free(rows.taps);
    free(columns.parts);
    free(columns.taps);
    return status;
}

/// The forward pass. `unit` and `words` are those of conv_product; with a unit but without `words` the input is rounded
/// already.
static int forward(
    const conv_geometry *g, const float *input, const float *packed, const conv_epilogue *epilogue, float *output,
    long unit, long words) {
    const long run = unit > 0 ? bfloat16_words(g->input_channels) : g->input_channels / g->groups;
    conv_job job = {
        .product = {
            .source = input, .dest = output, .packed = packed, .epilogue = epilogue,
            .groups = g->groups, .unit = unit, .words = words,
            .source_height = g->input_height, .source_width = g->input_width,
            .source_channels = unit > 0 && words == 0 ? run : g->input_channels, .run = run,
            .dest_height = g->output_height, .dest_width = g->output_width,
            .dest_channels = g->output_channels, .width = g->output_channels / g->groups,
            .kernel_taps = g->kernel_height * g->kernel_width,
            .step_y = g->stride_height, .step_x = g->stride_width,
        },
    };
    // AMX takes many pixels at a time, side by side.
    const int may_cut = unit == 0 || kernel_bfloat16_in_use != BFLOAT16_MATRICES;
    const axis_shape y = {g->kernel_height, g->stride_height, g->padding_height, g->dilation_height,
                          g->output_height, g->input_height, 0, may_cut};
    const axis_shape x = {g->kernel_width, g->stride_width, g->padding_width, g->dilation_width,
                          g->output_width, g->input_width, 0, may_cut};
    return run_axes(&job, g, &y, &x);
}

int conv_forward(
    const conv_geometry *g, const float *input, const float *packed, const conv_epilogue *epilogue,
    float *output) {
    return forward(g, input, packed, epilogue, output, 0, 0);
}

typedef struct {
    const float *pixels;
    float *words;
    long count, channels;
} round_job;

enum { ROUND_PIXELS = 32 };

static void round_task(void *context, long index) {
    const round_job *j = context;
    const long words = bfloat16_words(j->channels), first = index * ROUND_PIXELS;
    for (long i = first; i < min_long(first + ROUND_PIXELS, j->count); i++)
        bfloat16_round(j->pixels + i * j->channels, j->channels, j->words + i * words);
}

/// Whether each pixel is read by one tile at most, so that it is rounded there, in cache.
static int rounds_in_tiles(const conv_geometry *g) { return g->kernel_height == 1 && g->kernel_width == 1; }

long conv_bfloat16_rounded_count(const conv_geometry *g) {
    return rounds_in_tiles(g) ? 0 : g->input_height * g->input_width * bfloat16_words(g->input_channels);
}

int conv_bfloat16(
    const conv_geometry *g, const float *input, const float *packed, const conv_epilogue *epilogue, float *rounded,
    float *output) {
    const long words = bfloat16_words(g->input_channels), unit = bfloat16_unit();
    if (rounds_in_tiles(g)) return forward(g, input, packed, epilogue, output, unit, words);
    const long pixels = g->input_height * g->input_width, results = g->output_height * g->output_width;
    conv_geometry one = *g;
    one.batch = 1;
    int status = 0;
    for (long sample = 0; sample < g->batch && status == 0; sample++) {
        round_job job = {input + sample * pixels * g->input_channels, rounded, pixels, g->input_channels};
        pool_run(parts_of(pixels, ROUND_PIXELS), round_task, &job);
        conv_epilogue after = epilogue == NULL ? (conv_epilogue){0} : *epilogue;
        if (after.residual != NULL) after.residual += sample * results * g->output_channels;
        status = forward(
            &one, rounded, packed, epilogue == NULL ? NULL : &after, output + sample * results * g->output_channels,
            unit, 0);
    }
    return status;
}

int conv_input_gradient(
    const conv_geometry *g, const float *output_gradient, const float *packed, const conv_epilogue *epilogue,
    float *input_gradient) {
    conv_job job = {
        .product = {
            .source = output_gradient, .dest = input_gradient, .packed = packed, .epilogue = epilogue,
            .groups = g->groups,
            .source_height = g->output_height, .source_width = g->output_width,
            .source_channels = g->output_channels, .run = g->output_channels / g->groups,
            .dest_height = g->input_height, .dest_width = g->input_width,
            .dest_channels = g->input_channels, .width = g->input_channels / g->groups,
            .kernel_taps = g->kernel_height * g->kernel_width,
            .step_y = 1, .step_x = 1,
        },
    };
    const axis_shape y = {g->kernel_height, g->stride_height, g->padding_height, g->dilation_height,
                          g->input_height, g->output_height, 1, 1};
    const axis_shape x = {g->kernel_width, g->stride_width, g->padding_width, g->dilation_width,
                          g->input_width, g->output_width, 1, 1};
    return run_axes(&job, g, &y, &x);
}

long conv_plan_bytes(const conv_geometry *g, int is_gradient) {
    const long taps = g->kernel_height * g->kernel_width;
    const long run = (is_gradient ? g->output_channels : g->input_channels) / g->groups;
    return taps * ((long)sizeof(conv_tap) + parts_of(run, SUM_LENGTH) * (long)(sizeof(conv_segment) + sizeof(long)));
}
