// The indirect product behind convolutions and their input gradients. A plan lists, for each tap
// of a destination pixel, the source pixel that the tap reads. The forward pass has one plan; the
// gradient of a strided convolution has one plan per phase of the stride. A task is a tile of
// destination pixels of one sample. The inner kernels are in convolution_tile.c, packing is in
// convolution_pack.c.

#include "convolution.h"

#include <stdlib.h>

#include "levels.h"
#include "convolution_bfloat16.h"
#include "convolution_tile.h"
#include "pool.h"

enum { SMALLEST_TILE = 96, LARGEST_TILE = 480, TILE_PRODUCTS = 1 << 20, BLOCK_LENGTH = 1024, SUM_LENGTH = 32, PAIR_SUM_LENGTH = 256 };

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

/// A tap, and the grid columns for which its source column is in 0..<width.
static conv_tap make_tap(long add_y, long add_x, long index, long step_x, long width, long grid_width) {
    conv_tap tap = {add_y, add_x, index, 0, 0};
    tap.first_x = min_long(grid_width, add_x < 0 ? parts_of(-add_x, step_x) : 0);
    if (add_x < width) tap.last_x = min_long(grid_width, (width - 1 - add_x) / step_x + 1);
    tap.last_x = max_long(tap.first_x, tap.last_x);
    return tap;
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
/// BLOCK_LENGTH (of pairs, two words each without instructions) so that a panel of weights stays in cache. Returns 0 or -1.
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
        for (long first = 0; first < product->run; first += piece) {
            const long length = min_long(piece, product->run - first);
            if (filled > 0 && filled + length > unit * BLOCK_LENGTH) {
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

/// Runs all tiles of all plans. Returns 0 or -1.
static int run_plans(conv_job *job, const conv_geometry *g) {
    conv_product *product = &job->product;
    const long zeros = max_long(product->source_channels, product->run) * g->kernel_width;
    float *zero_run = calloc((size_t)max_long(1, zeros), sizeof(float));
    if (zero_run == NULL) return -1;
    product->zeros = zero_run;
    product->tile = tile_pixels(product->run * g->kernel_height * g->kernel_width * product->width);
    if (product->unit > 0 && kernel_bfloat16_in_use == BFLOAT16_MATRICES)
        product->tile = amx_tile_pixels(g->output_height * g->output_width);
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
        .plan_count = 1,
    };
    job.plans = calloc(1, sizeof(conv_plan));
    if (job.plans == NULL) return -1;
    conv_plan *plan = job.plans;
    plan->grid_height = g->output_height;
    plan->grid_width = g->output_width;
    plan->dest_step_y = plan->dest_step_x = 1;
    plan->tap_count = g->kernel_height * g->kernel_width;
    plan->taps = malloc((size_t)max_long(1, plan->tap_count) * sizeof(conv_tap));
    int status = -1;
    if (plan->taps != NULL) {
        for (long t = 0; t < plan->tap_count; t++) {
            const long add_x = t % g->kernel_width * g->dilation_width - g->padding_width;
            plan->taps[t] = make_tap(
                t / g->kernel_width * g->dilation_height - g->padding_height, add_x, t, g->stride_width,
                g->input_width, plan->grid_width);
        }
        if (make_segments(&job.product, plan) == 0 && make_row_segments(&job.product, plan, g) == 0)
            status = run_plans(&job, g);
    }
    free_plans(job.plans, job.plan_count);
    return status;
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

/// Whether `place` is a multiple of `step`; also for negative values.
static int divides(long place, long step) { return place % step == 0; }

/// The plan for input pixels (first_y + n * stride, first_x + m * stride): the taps that
/// connect them to output pixels. Returns 0 or -1.
static int make_phase(const conv_product *product, const conv_geometry *g, long first_y, long first_x, conv_plan *plan) {
    plan->grid_height = parts_of(g->input_height - first_y, g->stride_height);
    plan->grid_width = parts_of(g->input_width - first_x, g->stride_width);
    plan->dest_first_y = first_y;
    plan->dest_first_x = first_x;
    plan->dest_step_y = g->stride_height;
    plan->dest_step_x = g->stride_width;
    plan->taps = malloc((size_t)max_long(1, g->kernel_height * g->kernel_width) * sizeof(conv_tap));
    if (plan->taps == NULL) return -1;
    for (long ky = 0; ky < g->kernel_height; ky++) {
        for (long kx = 0; kx < g->kernel_width; kx++) {
            const long y = first_y + g->padding_height - ky * g->dilation_height;
            const long x = first_x + g->padding_width - kx * g->dilation_width;
            if (!divides(y, g->stride_height) || !divides(x, g->stride_width)) continue;
            plan->taps[plan->tap_count++] = make_tap(
                y / g->stride_height, x / g->stride_width, ky * g->kernel_width + kx, 1, g->output_width,
                plan->grid_width);
        }
    }
    return make_segments(product, plan);
}

int conv_input_gradient(
    const conv_geometry *g, const float *output_gradient, const float *packed, float *input_gradient) {
    conv_job job = {
        .product = {
            .source = output_gradient, .dest = input_gradient, .packed = packed,
            .groups = g->groups,
            .source_height = g->output_height, .source_width = g->output_width,
            .source_channels = g->output_channels, .run = g->output_channels / g->groups,
            .dest_height = g->input_height, .dest_width = g->input_width,
            .dest_channels = g->input_channels, .width = g->input_channels / g->groups,
            .kernel_taps = g->kernel_height * g->kernel_width,
            .step_y = 1, .step_x = 1,
        },
    };
    // If the stride is larger than the picture, there are only as many phases as pixels.
    const long phases_y = min_long(g->stride_height, g->input_height);
    const long phases_x = min_long(g->stride_width, g->input_width);
    job.plan_count = phases_y * phases_x;
    job.plans = calloc((size_t)max_long(1, job.plan_count), sizeof(conv_plan));
    if (job.plans == NULL) return -1;
    int status = 0;
    for (long p = 0; p < job.plan_count && status == 0; p++)
        status = make_phase(&job.product, g, p / phases_x, p % phases_x, &job.plans[p]);
    if (status == 0) status = run_plans(&job, g);
    free_plans(job.plans, job.plan_count);
    return status;
}
