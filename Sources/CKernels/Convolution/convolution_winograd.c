// Winograd's minimal filtering (Lavin & Gray, "Fast Algorithms for Convolutional Neural Networks", 2016): with F(4x4, 3x3)
// 4 x 4 results of a 3 x 3 kernel take 36 products instead of 144. A tile of 6 x 6 pixels is transformed, multiplied
// by transformed filters, and transformed back. The points 0, ±3/4, ±3/2 and infinity keep the rounding as small as
// that of one long sum (Barabasz et al., "Error Analysis and Improving the Accuracy of Winograd Convolution", 2020).
// A dilation d splits the picture into d x d interleaved grids without dilation; where they are small, F(3x3, 3x3) covers
// them with less waste, by the points ±1/2, ±5/4 and infinity. Of a grid with one or two pixels along each axis most taps
// miss the picture: two pixels take three products instead of four, and one takes one.

#include <stdlib.h>
#include <string.h>

#include "levels.h"
#include "convolution.h"
#include "convolution_blocks.h"
#include "convolution_winograd_lines.h"
#include "epilogue.h"
#include "pool.h"

/// Each task reads all filters, so that few tiles cost bandwidth; many leave threads without work. Sums of at most SUM_LENGTH
/// products are added to totals; a block of BLOCK_SUMS of them is transformed at a time.
enum {
    TAPS = 9, SUM_LENGTH = 32, BLOCK_SUMS = 32, MOST_TILES = 150, FEWEST_TILES = 36,
    GROUP_COLUMNS = 256, FILTER_INPUTS = 8
};

/// The first pixel of a tile's results.
typedef struct { int y, x; } tile_place;

/// `size` is that of a tile's results along each axis.
typedef struct {
    const conv_geometry *g;
    const float *input, *filters, *zeros;
    const conv_epilogue *epilogue;
    float *output;
    tile_place *places;
    conv_segment *segments;
    long size, points, tiles, tasks_per_sample, columns_per_group;
    long segment_count;
    _Atomic int failed;
} winograd_job;

typedef struct {
    const float *weight;
    float *filters;
    long size, inputs, outputs;
    int transposed;
} filter_job;

typedef struct {
    const conv_geometry *g;
    const float *input, *upstream, *zeros;
    const tile_place *places;
    float *pixels, *gradients;
    long size, tiles;
} gradient_job;

typedef struct {
    const float *sums;
    float *gradient;
    long size, inputs, outputs;
} fold_job;

/// Rows of eight to columns of eight.
INLINE void transpose(float8 *r) {
    float8 t[8], u[8];
    UNROLLED for (int i = 0; i < 8; i += 2) {
        t[i] = __builtin_shufflevector(r[i], r[i + 1], 0, 8, 1, 9, 4, 12, 5, 13);
        t[i + 1] = __builtin_shufflevector(r[i], r[i + 1], 2, 10, 3, 11, 6, 14, 7, 15);
    }
    UNROLLED for (int i = 0; i < 8; i += 4) {
        UNROLLED for (int j = 0; j < 2; j++) {
            u[i + 2 * j] = __builtin_shufflevector(t[i + j], t[i + j + 2], 0, 1, 8, 9, 4, 5, 12, 13);
            u[i + 2 * j + 1] = __builtin_shufflevector(t[i + j], t[i + j + 2], 2, 3, 10, 11, 6, 7, 14, 15);
        }
    }
    UNROLLED for (int i = 0; i < 4; i++) {
        r[i] = __builtin_shufflevector(u[i], u[i + 4], 0, 1, 2, 3, 8, 9, 10, 11);
        r[i + 4] = __builtin_shufflevector(u[i], u[i + 4], 4, 5, 6, 7, 12, 13, 14, 15);
    }
}

/// The nine taps of the filters of eight channels, `step` apart, as vectors of these channels; those from `count` on are
/// zeros. Nine taps one after the other are read as eight and one.
INLINE void read_taps(const float *from, long step, long count, int turned, float8 *taps) {
    float8 rows[8], last;
    UNROLLED for (long l = 0; l < 8; l++) {
        const float *filter = from + l * step;
        rows[l] = l < count ? *(const float8 *)filter : splat8(0.0f);
        last[l] = l < count ? filter[TAPS - 1] : 0.0f;
    }
    transpose(rows);
    UNROLLED for (long t = 0; t < TAPS - 1; t++) taps[turned ? TAPS - 1 - t : t] = rows[t];
    taps[turned ? 0 : TAPS - 1] = last;
}

#define TILE_LEVELS(...) LEVELS(__VA_ARGS__)

#define OUT 4
#define IN 6
#define SKIPPED 0
#define ALONG 6
#define POINTS 36
#define HAS_POINT(point, pixels) 1
#define TILE(name) name##_4
#define INPUT_LINE input_line_4
#define OUTPUT_LINE output_line_4
#define FILTER_LINE filter_line_4
#define UPSTREAM_LINE upstream_line_4
#define TAPS_LINE taps_line_4
#include "convolution_winograd_tiles.h"

#define OUT 3
#define IN 5
#define SKIPPED 0
#define ALONG 5
#define POINTS 25
#define HAS_POINT(point, pixels) 1
#define TILE(name) name##_3
#define INPUT_LINE input_line_3
#define OUTPUT_LINE output_line_3
#define FILTER_LINE filter_line_3
#define UPSTREAM_LINE upstream_line_3
#define TAPS_LINE taps_line_3
#include "convolution_winograd_tiles.h"

/// Whether a point along an axis is needed for a tile of so many pixels along it.
#define NEEDS_POINT(point, pixels) ((point) == 1 || (pixels) > 1)

#define OUT 2
#define IN 2
#define SKIPPED 1
#define ALONG 3
#define POINTS 9
#define HAS_POINT NEEDS_POINT
#define TILE(name) name##_2
#define INPUT_LINE input_line_2
#define OUTPUT_LINE output_line_2
#define FILTER_LINE filter_line_2
#define UPSTREAM_LINE upstream_line_2
#define TAPS_LINE taps_line_2
#include "convolution_winograd_tiles.h"

/// Calls the transform for tiles of a size.
#define OF_SIZE(size, name, ...)                                                                          \
    ((size) == 4 ? name##_4(__VA_ARGS__) : (size) == 3 ? name##_3(__VA_ARGS__) : name##_2(__VA_ARGS__))

/// Whether the grids of an axis have two pixels at most, each at the place of its result.
static int has_pairs(long input, long output, long padding, long dilation) {
    return input == output && padding == dilation && parts_of(input, dilation) <= 2;
}

/// The size of a tile's results: a wide dilation leaves small grids.
static long tile_size(const conv_geometry *g) {
    if (g->dilation_height <= 4) return 4;
    const int are_pairs = has_pairs(g->input_height, g->output_height, g->padding_height, g->dilation_height) &&
                          has_pairs(g->input_width, g->output_width, g->padding_width, g->dilation_width);
    return are_pairs ? 2 : 3;
}

/// The points of a tile along each axis.
static long points_along(long size) { return size == 2 ? 3 : size + 2; }

long conv_winograd_points(const conv_geometry *g) {
    const long along = points_along(tile_size(g));
    return along * along;
}

/// The grids of an axis that have two pixels.
static long pairs_along(long output, long dilation) { return max_long(0, output - dilation); }

typedef struct { long first, end; } tile_range;

/// The tiles that a point is needed for. Of pairs, those with two rows and one column come first, then those with two and
/// two, with one and two, and with one and one, so that each point has a range.
static tile_range tiles_of_point(const conv_geometry *g, long point) {
    const long all = conv_winograd_tiles(g);
    if (tile_size(g) > 2) return (tile_range){0, all};
    const long rows = pairs_along(g->output_height, g->dilation_height);
    const long columns = pairs_along(g->output_width, g->dilation_width);
    const long single = min_long(g->dilation_width, g->output_width) - columns;
    const int needs_rows = !NEEDS_POINT(point / 3, 1), needs_columns = !NEEDS_POINT(point % 3, 1);
    const long first = needs_columns ? rows * single : 0;
    if (needs_rows) return (tile_range){first, rows * (single + columns)};
    return (tile_range){first, needs_columns ? first + min_long(g->dilation_height, g->output_height) * columns : all};
}

void conv_winograd_range(const conv_geometry *g, long point, long *first, long *end) {
    const tile_range range = tiles_of_point(g, point);
    *first = range.first;
    *end = range.end;
}

/// The channels of the segments `start` to `end`.
INLINE long block_channels(const winograd_job *job, long start, long end) {
    const conv_segment last = job->segments[end - 1];
    return last.channel + last.length - job->segments[start].channel;
}

/// Products of a block of channels of the transformed tiles, segments `start` to `end`, with the filters of `columns`
/// channels from `first`, into [point][tile][column]; `rows` and `out` are the first point's rows of the tiles from
/// `first_tile` on.
LEVELS_OF_8(static, void, multiply_points,
    (const winograd_job *job, long start, long end, const float *const *rows, long first_tile, long count,
     long point_step, long first, long columns, float *const *out, long out_step),
    (job, start, end, rows, first_tile, count, point_step, first, columns, out, out_step)) {
    static const uint8_t reached[] = {1, 1};
    const long channels = job->g->input_channels, block = job->segments[start].channel;
    for (long point = 0; point < job->points; point++) {
        // Blocks stay where they are: some tiles that the point is not needed for may be multiplied, too.
        const tile_range needed = tiles_of_point(job->g, point);
        const long from = max_long(needed.first - first_tile, 0) / CONV_PIXELS * CONV_PIXELS;
        const long end_tile = min_long(needed.end - first_tile, count);
        for (long column = 0, width; column < columns; column += width) {
            width = block_columns(columns - column, 0);
            const long lanes = width <= CONV_NARROW ? CONV_NARROW : CONV_PANEL;
            block_work w = {
                .pixels = rows, .reached = reached, .segments = job->segments + start,
                .segment_count = end - start, .group_channel = point * point_step - block,
                .panel = job->filters + (first + column) * job->points * channels + point * channels * lanes,
                .panel_step = CONV_PANEL * job->points * channels,
                .out = out, .column = point * out_step + column, .width = width, .accumulate = start > 0,
            };
            look_ahead(&w, block, block_channels(job, start, end), count, columns - column);
            for (long row = from; row < end_tile; row += CONV_PIXELS) run_block(&w, row, end_tile, SIDE_BY_SIDE);
        }
    }
}

/// The first tile of a task: tasks differ by one kernel's tiles at most.
static long task_start(const winograd_job *job, long task) {
    const long kernels = parts_of(job->tiles, CONV_HALF);
    return min_long(job->tiles, task * kernels / job->tasks_per_sample * CONV_HALF);
}

static void winograd_task(void *context, long index) {
    winograd_job *job = context;
    const conv_geometry *g = job->g;
    const long sample = index / job->tasks_per_sample, part = index % job->tasks_per_sample;
    const long first = task_start(job, part), count = task_start(job, part + 1) - first;
    const long padded = parts_of(count, CONV_PIXELS) * CONV_PIXELS;
    const long block = block_channels(job, 0, min_long(BLOCK_SUMS, job->segment_count));
    const int is_one_block = block == g->input_channels;
    // Not powers of two: points at such distances share the same few places of a cache.
    const long point_step = padded * block + 16, out_step = padded * job->columns_per_group + 16;
    const long table_bytes = 2 * padded * (long)sizeof(float *);
    char *scratch = pool_scratch(0, table_bytes + job->points * (point_step + out_step) * (long)sizeof(float));
    if (scratch == NULL) {
        job->failed = 1;
        return;
    }
    const float **rows = (const float **)scratch;
    float **out = (float **)(rows + padded);
    float *tiles = (float *)(scratch + table_bytes), *products = tiles + job->points * point_step;
    for (long i = 0; i < padded; i++) out[i] = products + i * job->columns_per_group;
    const long pixels = g->output_height * g->output_width;
    const float *input = job->input + sample * g->input_height * g->input_width * g->input_channels;
    float *output = job->output + sample * pixels * g->output_channels;
    const float *residual = job->epilogue == NULL || job->epilogue->residual == NULL
                                ? NULL : job->epilogue->residual + sample * pixels * g->output_channels;
    for (long column = 0; column < g->output_channels; column += job->columns_per_group) {
        const long columns = min_long(job->columns_per_group, g->output_channels - column);
        for (long start = 0, end; start < job->segment_count; start = end) {
            end = min_long(start + BLOCK_SUMS, job->segment_count);
            const long channels = block_channels(job, start, end);
            if (column == 0 || !is_one_block)
                OF_SIZE(
                    job->size, transform_tiles, g, job->zeros, input + job->segments[start].channel, channels, job->places + first, count, tiles,
                    point_step);
            // Rows past the last repeat it.
            for (long i = 0; i < padded; i++) rows[i] = tiles + min_long(i, count - 1) * channels;
            multiply_points(job, start, end, rows, first, count, point_step, column, columns, out, out_step);
        }
        OF_SIZE(
            job->size, transform_back, job, products, out_step, job->columns_per_group, job->places + first, count, column, columns, output,
            residual);
    }
}

/// Tasks that a sample is cut into: few, as each reads all filters, but one at least for each thread.
static long tasks_of(const winograd_job *job) {
    const long wanted = parts_of(pool_threads(), job->g->batch), most = parts_of(job->tiles, FEWEST_TILES);
    return max_long(parts_of(job->tiles, MOST_TILES), min_long(wanted, most));
}

/// The tiles of an axis.
static long tiles_along(long output, long dilation, long size) {
    long tiles = 0;
    for (long p = 0; p < min_long(dilation, output); p++) tiles += parts_of(parts_of(output - p, dilation), size);
    return tiles;
}

long conv_winograd_tiles(const conv_geometry *g) {
    const long size = tile_size(g);
    return tiles_along(g->output_height, g->dilation_height, size) *
           tiles_along(g->output_width, g->dilation_width, size);
}

long conv_winograd_products(const conv_geometry *g) {
    // Of pairs: three products for each axis where there are two pixels, else one.
    if (tile_size(g) > 2) return conv_winograd_tiles(g) * conv_winograd_points(g);
    const long rows = min_long(g->dilation_height, g->output_height) + 2 * pairs_along(g->output_height, g->dilation_height);
    const long columns = min_long(g->dilation_width, g->output_width) + 2 * pairs_along(g->output_width, g->dilation_width);
    return rows * columns;
}

/// Adds the tiles of the grids that begin at rows and columns so far. Returns how many there are then.
static long add_places(
    const conv_geometry *g, long first_y, long end_y, long first_x, long end_x, tile_place *places, long count) {
    const long step = tile_size(g) * g->dilation_height;
    for (long py = first_y; py < end_y; py++)
        for (long px = first_x; px < end_x; px++)
            for (long y = py; y < g->output_height; y += step)
                for (long x = px; x < g->output_width; x += step) places[count++] = (tile_place){(int)y, (int)x};
    return count;
}

/// The tiles of each of the interleaved grids, in order; of pairs in that of `tiles_of_point`. NULL if there is no memory.
static tile_place *make_places(const conv_geometry *g, long *count) {
    const long rows = min_long(g->dilation_height, g->output_height), columns = min_long(g->dilation_width, g->output_width);
    tile_place *places = malloc((size_t)max_long(1, conv_winograd_tiles(g)) * sizeof(tile_place));
    *count = 0;
    if (places == NULL) return NULL;
    if (tile_size(g) > 2) {
        *count = add_places(g, 0, rows, 0, columns, places, 0);
        return places;
    }
    const long y = pairs_along(g->output_height, g->dilation_height), x = pairs_along(g->output_width, g->dilation_width);
    *count = add_places(g, 0, y, x, columns, places, *count);
    *count = add_places(g, 0, y, 0, x, places, *count);
    *count = add_places(g, y, rows, 0, x, places, *count);
    *count = add_places(g, y, rows, x, columns, places, *count);
    return places;
}

int conv_winograd(
    const conv_geometry *g, const float *input, const float *filters, const conv_epilogue *epilogue, float *output) {
    winograd_job job = {.g = g, .input = input, .filters = filters, .epilogue = epilogue, .output = output,
                        .size = tile_size(g), .points = conv_winograd_points(g)};
    float *zeros = calloc((size_t)g->input_channels, sizeof(float));
    const long pieces = parts_of(g->input_channels, SUM_LENGTH), piece = parts_of(g->input_channels, pieces);
    job.zeros = zeros;
    job.places = make_places(g, &job.tiles);
    job.segments = malloc((size_t)pieces * sizeof(conv_segment));
    int status = -1;
    if (zeros != NULL && job.places != NULL && job.segments != NULL) {
        for (long c = 0; c < g->input_channels; c += piece)
            job.segments[job.segment_count++] = (conv_segment){0, c, min_long(piece, g->input_channels - c), c, 1};
        // Where the tiles are transformed anew for each group, groups are wider.
        job.columns_per_group =
            min_long(g->output_channels, job.segment_count > BLOCK_SUMS ? 2 * GROUP_COLUMNS : GROUP_COLUMNS);
        job.tasks_per_sample = tasks_of(&job);
        pool_run(g->batch * job.tasks_per_sample, winograd_task, &job);
        status = job.failed ? -1 : 0;
    }
    free(zeros);
    free(job.places);
    free(job.segments);
    return status;
}

static void filter_task(void *context, long index) {
    const filter_job *job = context;
    OF_SIZE(job->size, transform_filters, job, index * CONV_PANEL);
}

long conv_winograd_count(const conv_geometry *g) {
    return conv_winograd_points(g) * g->input_channels * conv_packed_columns(g->output_channels);
}

void conv_winograd_pack(const conv_geometry *g, const float *weight, int transposed, float *filters) {
    filter_job job = {weight, filters, tile_size(g), g->input_channels, g->output_channels, transposed};
    pool_run(parts_of(g->output_channels, CONV_PANEL), filter_task, &job);
}

// The gradient by the weights: G' (sum over tiles of (B' d B) (A u A')) G, where d are the pixels of a tile and u the
// upstream gradient of its results. The sums over tiles are products of matrices, one for each point.

enum { GRADIENT_TILES = 8 };

static void gradient_task(void *context, long index) {
    const gradient_job *job = context;
    const long first = index * GRADIENT_TILES, count = min_long(GRADIENT_TILES, job->tiles - first);
    OF_SIZE(
        job->size, transform_tiles, job->g, job->zeros, job->input, job->g->input_channels, job->places + first, count,
        job->pixels + first * job->g->input_channels, job->tiles * job->g->input_channels);
    OF_SIZE(job->size, transform_upstream, job, first, count);
}

int conv_winograd_gradient_points(
    const conv_geometry *g, const float *input, const float *upstream, long first, long count, float *pixels,
    float *gradients) {
    gradient_job job = {.g = g, .input = input, .upstream = upstream, .pixels = pixels, .gradients = gradients,
                        .size = tile_size(g)};
    float *zeros = calloc((size_t)max_long(g->input_channels, g->output_channels), sizeof(float));
    tile_place *places = make_places(g, &job.tiles);
    int status = -1;
    if (zeros != NULL && places != NULL) {
        job.zeros = zeros;
        job.places = places + first;
        job.tiles = count;
        pool_run(parts_of(job.tiles, GRADIENT_TILES), gradient_task, &job);
        status = 0;
    }
    free(zeros);
    free(places);
    return status;
}

static void fold_task(void *context, long index) {
    const fold_job *job = context;
    OF_SIZE(job->size, fold_output, job, index);
}

void conv_winograd_fold(const conv_geometry *g, const float *sums, float *weight_gradient) {
    fold_job job = {sums, weight_gradient, tile_size(g), g->input_channels, g->output_channels};
    pool_run(g->output_channels, fold_task, &job);
}
