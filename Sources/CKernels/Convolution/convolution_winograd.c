// Winograd's minimal filtering F(4x4, 3x3) (Lavin & Gray, "Fast Algorithms for Convolutional Neural Networks", 2016):
// 4 x 4 results of a 3 x 3 kernel take 36 products instead of 144. A tile of 6 x 6 pixels is transformed, multiplied
// by transformed filters, and transformed back. The points 0, ±3/4, ±3/2 and infinity keep the rounding as small as
// that of one long sum (Barabasz et al., "Error Analysis and Improving the Accuracy of Winograd Convolution", 2020).
// A dilation d splits the picture into d x d interleaved grids without dilation.

#include <stdlib.h>
#include <string.h>

#include "levels.h"
#include "convolution.h"
#include "convolution_blocks.h"
#include "epilogue.h"
#include "pool.h"

/// Each task reads all filters, so that few tiles cost bandwidth; many leave threads without work. Sums of at most SUM_LENGTH
/// products are added to totals; a block of BLOCK_SUMS of them is transformed at a time.
enum {
    OUT = 4, IN = 6, POINTS = 36, TAPS = 9, SUM_LENGTH = 32, BLOCK_SUMS = 32, MOST_TILES = 150, FEWEST_TILES = 36,
    GROUP_COLUMNS = 256, FILTER_INPUTS = 8
};

// The points a and b, and what the transforms need of them.
#define A1 0.75f
#define B1 1.5f
#define A2 (A1 * A1)
#define B2 (B1 * B1)
#define A3 (A1 * A1 * A1)
#define B3 (B1 * B1 * B1)
#define AB2 (A2 * B2)
#define S2 (A2 + B2)

/// The first pixel of a tile's results.
typedef struct { int y, x; } tile_place;

typedef struct {
    const conv_geometry *g;
    const float *input, *filters, *zeros;
    const conv_epilogue *epilogue;
    float *output;
    tile_place *places;
    conv_segment *segments;
    long tiles, tasks_per_sample, columns_per_group;
    long segment_count;
    _Atomic int failed;
} winograd_job;

/// The channels of the segments `start` to `end`.
INLINE long block_channels(const winograd_job *job, long start, long end) {
    const conv_segment last = job->segments[end - 1];
    return last.channel + last.length - job->segments[start].channel;
}

/// Six values times the transposed B, `to` vectors apart in the result: the transform of a tile along one axis.
INLINE void input_line(const float8 *d, float8 *t, long to) {
    const float8 d0 = d[0], d1 = d[1], d2 = d[2], d3 = d[3], d4 = d[4], d5 = d[5];
    const float8 even_a = MUL_ADD8(splat8(-B2), d2, d4), odd_a = splat8(A1) * MUL_ADD8(splat8(-B2), d1, d3);
    const float8 even_b = MUL_ADD8(splat8(-A2), d2, d4), odd_b = splat8(B1) * MUL_ADD8(splat8(-A2), d1, d3);
    t[0] = MUL_ADD8(splat8(AB2), d0, MUL_ADD8(splat8(-S2), d2, d4));
    t[to] = even_a + odd_a;
    t[2 * to] = even_a - odd_a;
    t[3 * to] = even_b + odd_b;
    t[4 * to] = even_b - odd_b;
    t[5 * to] = MUL_ADD8(splat8(AB2), d1, MUL_ADD8(splat8(-S2), d3, d5));
}

/// Six values times the transposed A: four results.
INLINE void output_line(const float8 *m, float8 *y, long to) {
    const float8 m1 = m[1], m2 = m[2], m3 = m[3], m4 = m[4];
    const float8 even_a = m1 + m2, odd_a = m1 - m2, even_b = m3 + m4, odd_b = m3 - m4;
    y[0] = (m[0] + even_a) + even_b;
    y[to] = MUL_ADD8(splat8(B1), odd_b, splat8(A1) * odd_a);
    y[2 * to] = MUL_ADD8(splat8(B2), even_b, splat8(A2) * even_a);
    y[3 * to] = MUL_ADD8(splat8(B3), odd_b, MUL_ADD8(splat8(A3), odd_a, m[5]));
}

/// Transforms `channels` of the pixels of `count` tiles, from `input` on, into [point][tile][channel]; points are
/// `point_step` floats apart.
LEVELS(static, void, transform_tiles,
    (const conv_geometry *g, const float *zeros, const float *input, long channels, const tile_place *places, long count,
     float *out, long point_step),
    (g, zeros, input, channels, places, count, out, point_step)) {
    const long dilation = g->dilation_height;
    for (long tile = 0; tile < count; tile++, out += channels) {
        const float *pixels[POINTS];
        for (long i = 0; i < IN; i++) {
            const long y = places[tile].y - g->padding_height + i * dilation;
            for (long j = 0; j < IN; j++) {
                const long x = places[tile].x - g->padding_width + j * dilation;
                const int inside = y >= 0 && y < g->input_height && x >= 0 && x < g->input_width;
                pixels[i * IN + j] = inside ? input + (y * g->input_width + x) * g->input_channels : zeros;
            }
        }
        for (long c = 0; c < channels; c += 8) {
            float8 lines[POINTS];
            UNROLLED for (long j = 0; j < IN; j++) {
                float8 d[IN];
                UNROLLED for (long i = 0; i < IN; i++) d[i] = *(const float8 *)(pixels[i * IN + j] + c);
                input_line(d, lines + j, IN);
            }
            UNROLLED for (long i = 0; i < IN; i++) {
                float8 t[IN];
                input_line(lines + IN * i, t, 1);
                UNROLLED for (long j = 0; j < IN; j++) *(float8 *)(out + (i * IN + j) * point_step + c) = t[j];
            }
        }
    }
}

/// Transforms [point][tile][column] back into pixels of the result, for the columns from `first`, and applies the
/// epilogue to them.
LEVELS(static, void, transform_back,
    (const winograd_job *job, const float *products, long point_step, long row_length, const tile_place *places,
     long count, long first, long columns, float *output, const float *residual),
    (job, products, point_step, row_length, places, count, first, columns, output, residual)) {
    const conv_geometry *g = job->g;
    const long channels = g->output_channels, dilation = g->dilation_height;
    float8 dump[OUT];
    for (long tile = 0; tile < count; tile++, products += row_length) {
        const long rows = min_long(OUT, parts_of(g->output_height - places[tile].y, dilation));
        const long length = min_long(OUT, parts_of(g->output_width - places[tile].x, dilation));
        const long place = (places[tile].y * g->output_width + places[tile].x) * channels + first;
        const long row_step = dilation * g->output_width * channels, step = dilation * channels;
        for (long c = 0; c < columns; c += 8) {
            float8 lines[OUT * IN];
            UNROLLED for (long j = 0; j < IN; j++) {
                float8 m[IN];
                UNROLLED for (long i = 0; i < IN; i++)
                    m[i] = *(const float8 *)(products + (i * IN + j) * point_step + c);
                output_line(m, lines + j, IN);
            }
            UNROLLED for (long i = 0; i < OUT; i++) {
                float8 y[OUT];
                output_line(lines + IN * i, y, 1);
                float *row = output + place + i * row_step + c;
                UNROLLED for (long j = 0; j < OUT; j++) {
                    float *to = i < rows && j < length ? row + j * step : (float *)dump;
                    *(float8 *)to = y[j];
                }
            }
        }
        for (long i = 0; i < rows; i++) {
            const long row = place + i * row_step;
            epilogue_rows(
                job->epilogue, first, residual == NULL ? NULL : residual + row, output + row, length, columns, step);
        }
    }
}

/// Products of a block of channels of the transformed tiles, segments `start` to `end`, with the filters of `columns`
/// channels from `first`, into [point][tile][column]; `rows` and `out` are the first point's rows.
LEVELS_OF_8(static, void, multiply_points,
    (const winograd_job *job, long start, long end, const float *const *rows, long count, long point_step, long first,
     long columns, float *const *out, long out_step),
    (job, start, end, rows, count, point_step, first, columns, out, out_step)) {
    static const uint8_t reached[] = {1, 1};
    const long channels = job->g->input_channels, block = job->segments[start].channel;
    for (long point = 0; point < POINTS; point++) {
        for (long column = 0, width; column < columns; column += width) {
            width = block_columns(columns - column, 0);
            const long lanes = width <= CONV_NARROW ? CONV_NARROW : CONV_PANEL;
            block_work w = {
                .pixels = rows, .reached = reached, .segments = job->segments + start,
                .segment_count = end - start, .group_channel = point * point_step - block,
                .panel = job->filters + (first + column) * POINTS * channels + point * channels * lanes,
                .panel_step = CONV_PANEL * POINTS * channels,
                .out = out, .column = point * out_step + column, .width = width, .accumulate = start > 0,
            };
            look_ahead(&w, block, block_channels(job, start, end), count, columns - column);
            for (long row = 0; row < count; row += CONV_PIXELS) run_block(&w, row, count, SIDE_BY_SIDE);
        }
    }
}

/// The first tile of a task: tasks differ by one kernel's tiles at most.
static long first_tile(const winograd_job *job, long task) {
    const long kernels = parts_of(job->tiles, CONV_HALF);
    return min_long(job->tiles, task * kernels / job->tasks_per_sample * CONV_HALF);
}

static void winograd_task(void *context, long index) {
    winograd_job *job = context;
    const conv_geometry *g = job->g;
    const long sample = index / job->tasks_per_sample, part = index % job->tasks_per_sample;
    const long first = first_tile(job, part), count = first_tile(job, part + 1) - first;
    const long padded = parts_of(count, CONV_PIXELS) * CONV_PIXELS;
    const long block = block_channels(job, 0, min_long(BLOCK_SUMS, job->segment_count));
    const int is_one_block = block == g->input_channels;
    // Not powers of two: points at such distances share the same few places of a cache.
    const long point_step = padded * block + 16, out_step = padded * job->columns_per_group + 16;
    const long table_bytes = 2 * padded * (long)sizeof(float *);
    char *scratch = pool_scratch(0, table_bytes + POINTS * (point_step + out_step) * (long)sizeof(float));
    if (scratch == NULL) {
        job->failed = 1;
        return;
    }
    const float **rows = (const float **)scratch;
    float **out = (float **)(rows + padded);
    float *tiles = (float *)(scratch + table_bytes), *products = tiles + POINTS * point_step;
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
                transform_tiles(
                    g, job->zeros, input + job->segments[start].channel, channels, job->places + first, count, tiles,
                    point_step);
            // Rows past the last repeat it.
            for (long i = 0; i < padded; i++) rows[i] = tiles + min_long(i, count - 1) * channels;
            multiply_points(job, start, end, rows, count, point_step, column, columns, out, out_step);
        }
        transform_back(
            job, products, out_step, job->columns_per_group, job->places + first, count, column, columns, output,
            residual);
    }
}

/// Tasks that a sample is cut into: few, as each reads all filters, but one at least for each thread.
static long tasks_of(const winograd_job *job) {
    const long wanted = parts_of(pool_threads(), job->g->batch), most = parts_of(job->tiles, FEWEST_TILES);
    return max_long(parts_of(job->tiles, MOST_TILES), min_long(wanted, most));
}

long conv_winograd_tiles(const conv_geometry *g) {
    const long d = g->dilation_height;
    long rows = 0, columns = 0;
    for (long p = 0; p < min_long(d, g->output_height); p++) rows += parts_of(parts_of(g->output_height - p, d), OUT);
    for (long p = 0; p < min_long(d, g->output_width); p++) columns += parts_of(parts_of(g->output_width - p, d), OUT);
    return rows * columns;
}

/// The tiles of each of the interleaved grids, in order; NULL if there is no memory.
static tile_place *make_places(const conv_geometry *g, long *count) {
    const long d = g->dilation_height;
    tile_place *places = malloc((size_t)max_long(1, conv_winograd_tiles(g)) * sizeof(tile_place));
    *count = 0;
    if (places == NULL) return NULL;
    for (long py = 0; py < d; py++)
        for (long px = 0; px < d; px++)
            for (long y = py; y < g->output_height; y += OUT * d)
                for (long x = px; x < g->output_width; x += OUT * d)
                    places[(*count)++] = (tile_place){(int)y, (int)x};
    return places;
}

int conv_winograd(
    const conv_geometry *g, const float *input, const float *filters, const conv_epilogue *epilogue, float *output) {
    winograd_job job = {.g = g, .input = input, .filters = filters, .epilogue = epilogue, .output = output};
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

typedef struct {
    const float *weight;
    float *filters;
    long inputs, outputs;
    int transposed;
} filter_job;

/// Three taps times G: six points.
INLINE void filter_line(const float8 *f, long step, float8 *t, long to) {
    const float at_a = 1 / (2 * A2 * (A2 - B2)), at_b = 1 / (2 * B2 * (B2 - A2));
    const float8 f0 = f[0], f1 = f[step], f2 = f[2 * step];
    const float8 even_a = MUL_ADD8(splat8(A2 * at_a), f2, splat8(at_a) * f0), odd_a = splat8(A1 * at_a) * f1;
    const float8 even_b = MUL_ADD8(splat8(B2 * at_b), f2, splat8(at_b) * f0), odd_b = splat8(B1 * at_b) * f1;
    t[0] = splat8(1 / AB2) * f0;
    t[to] = even_a + odd_a;
    t[2 * to] = even_a - odd_a;
    t[3 * to] = even_b + odd_b;
    t[4 * to] = even_b - odd_b;
    t[5 * to] = f2;
}

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

/// The filters of one panel of channels: [point][input][lane]. The points are far apart, by powers of two, and would
/// push each other out of the cache: those of eight inputs are collected and then written as runs.
LEVELS(static, void, transform_filters, (const filter_job *job, long column), (job, column)) {
    const long rest = job->outputs - column, lanes = rest <= CONV_NARROW ? CONV_NARROW : CONV_PANEL;
    float *out = job->filters + column * POINTS * job->inputs;
    const long lane_step = job->transposed ? TAPS : job->inputs * TAPS;
    const long input_step = job->transposed ? job->outputs * TAPS : TAPS;
    float8 points[POINTS][FILTER_INPUTS * CONV_PANEL / 8];
    for (long first = 0; first < job->inputs; first += FILTER_INPUTS) {
        const float *from = job->weight + column * lane_step + first * input_step;
        for (long input = 0; input < FILTER_INPUTS; input++, from += input_step) {
            for (long lane = 0; lane < lanes; lane += 8) {
                float8 taps[TAPS], lines[IN * 3];
                read_taps(from + lane * lane_step, lane_step, rest - lane, job->transposed, taps);
                UNROLLED for (long x = 0; x < 3; x++) filter_line(taps + x, 3, lines + x, 3);
                float8 *to = &points[0][(input * lanes + lane) / 8];
                UNROLLED for (long i = 0; i < IN; i++)
                    filter_line(lines + 3 * i, 1, to + i * IN * (long)(sizeof points[0] / sizeof *to), sizeof points[0] / sizeof *to);
            }
        }
        for (long point = 0; point < POINTS; point++)
            memcpy(out + (point * job->inputs + first) * lanes, points[point], (size_t)(FILTER_INPUTS * lanes) * sizeof(float));
    }
}

static void filter_task(void *context, long index) { transform_filters(context, index * CONV_PANEL); }

long conv_winograd_count(const conv_geometry *g) {
    return POINTS * g->input_channels * conv_packed_columns(g->output_channels);
}

void conv_winograd_pack(const conv_geometry *g, const float *weight, int transposed, float *filters) {
    filter_job job = {weight, filters, g->input_channels, g->output_channels, transposed};
    pool_run(parts_of(g->output_channels, CONV_PANEL), filter_task, &job);
}

// The gradient by the weights: G' (sum over tiles of (B' d B) (A u A')) G, where d are the pixels of a tile and u the
// upstream gradient of its results. The sums over tiles are products of matrices, one for each point.

/// Four values times A: six points.
INLINE void upstream_line(const float8 *u, float8 *t, long to) {
    const float8 u0 = u[0], u1 = u[1], u2 = u[2], u3 = u[3];
    const float8 even_a = MUL_ADD8(splat8(A2), u2, u0), odd_a = splat8(A1) * MUL_ADD8(splat8(A2), u3, u1);
    const float8 even_b = MUL_ADD8(splat8(B2), u2, u0), odd_b = splat8(B1) * MUL_ADD8(splat8(B2), u3, u1);
    t[0] = u0;
    t[to] = even_a + odd_a;
    t[2 * to] = even_a - odd_a;
    t[3 * to] = even_b + odd_b;
    t[4 * to] = even_b - odd_b;
    t[5 * to] = u3;
}

/// Six points times the transposed G: three taps.
INLINE void taps_line(const float8 *m, float8 *f, long to) {
    const float at_a = 1 / (2 * A2 * (A2 - B2)), at_b = 1 / (2 * B2 * (B2 - A2));
    const float8 m1 = m[1], m2 = m[2], m3 = m[3], m4 = m[4];
    const float8 even_a = m1 + m2, odd_a = m1 - m2, even_b = m3 + m4, odd_b = m3 - m4;
    f[0] = MUL_ADD8(splat8(1 / AB2), m[0], MUL_ADD8(splat8(at_a), even_a, splat8(at_b) * even_b));
    f[to] = MUL_ADD8(splat8(A1 * at_a), odd_a, splat8(B1 * at_b) * odd_b);
    f[2 * to] = MUL_ADD8(splat8(A2 * at_a), even_a, MUL_ADD8(splat8(B2 * at_b), even_b, m[5]));
}

typedef struct {
    const conv_geometry *g;
    const float *input, *upstream, *zeros;
    const tile_place *places;
    float *pixels, *gradients;
    long tiles;
} gradient_job;

/// Transforms the upstream gradient of `count` tiles into [point][tile][channel].
LEVELS(static, void, transform_upstream, (const gradient_job *job, long first, long count), (job, first, count)) {
    const conv_geometry *g = job->g;
    const long channels = g->output_channels, dilation = g->dilation_height, point_step = job->tiles * channels;
    for (long tile = first; tile < first + count; tile++) {
        const float *from[OUT * OUT];
        for (long i = 0; i < OUT; i++) {
            for (long j = 0; j < OUT; j++) {
                const long y = job->places[tile].y + i * dilation, x = job->places[tile].x + j * dilation;
                from[i * OUT + j] = y < g->output_height && x < g->output_width
                                        ? job->upstream + (y * g->output_width + x) * channels : job->zeros;
            }
        }
        float *out = job->gradients + tile * channels;
        for (long c = 0; c < channels; c += 8) {
            float8 lines[IN * OUT];
            UNROLLED for (long j = 0; j < OUT; j++) {
                float8 u[OUT];
                UNROLLED for (long i = 0; i < OUT; i++) u[i] = *(const float8 *)(from[i * OUT + j] + c);
                upstream_line(u, lines + j, OUT);
            }
            UNROLLED for (long i = 0; i < IN; i++) {
                float8 t[IN];
                upstream_line(lines + OUT * i, t, 1);
                UNROLLED for (long j = 0; j < IN; j++) *(float8 *)(out + (i * IN + j) * point_step + c) = t[j];
            }
        }
    }
}

enum { GRADIENT_TILES = 8 };

static void gradient_task(void *context, long index) {
    const gradient_job *job = context;
    const long first = index * GRADIENT_TILES, count = min_long(GRADIENT_TILES, job->tiles - first);
    transform_tiles(
        job->g, job->zeros, job->input, job->g->input_channels, job->places + first, count,
        job->pixels + first * job->g->input_channels, job->tiles * job->g->input_channels);
    transform_upstream(job, first, count);
}

int conv_winograd_gradient_points(
    const conv_geometry *g, const float *input, const float *upstream, float *pixels, float *gradients) {
    gradient_job job = {.g = g, .input = input, .upstream = upstream, .pixels = pixels, .gradients = gradients};
    float *zeros = calloc((size_t)max_long(g->input_channels, g->output_channels), sizeof(float));
    tile_place *places = make_places(g, &job.tiles);
    int status = -1;
    if (zeros != NULL && places != NULL) {
        job.zeros = zeros;
        job.places = places;
        pool_run(parts_of(job.tiles, GRADIENT_TILES), gradient_task, &job);
        status = 0;
    }
    free(zeros);
    free(places);
    return status;
}

typedef struct {
    const float *sums;
    float *gradient;
    long inputs, outputs;
} fold_job;

LEVELS(static, void, fold_output, (const fold_job *job, long output), (job, output)) {
    const long point_step = job->inputs * job->outputs;
    for (long c = 0; c < job->inputs; c += 8) {
        float8 lines[3 * IN], taps[TAPS];
        UNROLLED for (long j = 0; j < IN; j++) {
            float8 m[IN];
            UNROLLED for (long i = 0; i < IN; i++)
                m[i] = *(const float8 *)(job->sums + (i * IN + j) * point_step + output * job->inputs + c);
            taps_line(m, lines + j, IN);
        }
        UNROLLED for (long i = 0; i < 3; i++) taps_line(lines + IN * i, taps + 3 * i, 1);
        float *to = job->gradient + (output * job->inputs + c) * TAPS;
        for (long l = 0; l < 8; l++)
            for (long t = 0; t < TAPS; t++) to[l * TAPS + t] = taps[t][l];
    }
}

static void fold_task(void *context, long index) { fold_output(context, index); }

void conv_winograd_fold(const conv_geometry *g, const float *sums, float *weight_gradient) {
    fold_job job = {sums, weight_gradient, g->input_channels, g->output_channels};
    pool_run(g->output_channels, fold_task, &job);
}
