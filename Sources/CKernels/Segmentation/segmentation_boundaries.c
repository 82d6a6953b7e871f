// The agreement of boundaries, picture by picture: matches within a distance, for the boundary F1 measure (Csurka
// et al. 2013), and the overlap of zones, for boundary IoU (Cheng et al. 2021).

#include "segmentation_boundaries.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "levels.h"
#include "pool.h"
#include "segmentation_labels.h"

/// A pixel that does not count, and a window with pixels of several classes or beyond the picture.
enum { VOID_PIXEL = -1, MIXED = -2 };

typedef struct {
    const boundary_input *in;
    double tolerance;
    long width;
    int64_t *counts;
    int failed;
} boundary_job;

/// The labels of a picture in both maps; what is void in the truth is void in the prediction.
static void read_labels(const boundary_input *in, long sample, int32_t *truth, int32_t *guess) {
    const long pixels = in->height * in->width, first = sample * pixels;
    for (long i = 0; i < pixels; i++) {
        const int64_t t = label_of(in->masks, in->mask_kind, first + i);
        const int64_t g = label_of(in->predictions, in->prediction_kind, first + i);
        const int counts = t >= 0 && t < in->classes && t != in->ignore;
        truth[i] = counts ? (int32_t)t : VOID_PIXEL;
        guess[i] = counts && g >= 0 && g < in->classes ? (int32_t)g : VOID_PIXEL;
    }
}

INLINE int differs(int32_t a, int32_t b) { return b >= 0 && a != b; }

/// The class of each boundary pixel, VOID_PIXEL elsewhere.
static void find_boundary(const int32_t *labels, long height, long width, int32_t *boundary) {
    for (long y = 0; y < height; y++)
        for (long x = 0; x < width; x++) {
            const long i = y * width + x;
            const int32_t c = labels[i];
            const int is_edge = x == 0 || y == 0 || x == width - 1 || y == height - 1;
            const int is_boundary =
                c >= 0 && (is_edge || differs(c, labels[i - 1]) || differs(c, labels[i + 1]) ||
                           differs(c, labels[i - width]) || differs(c, labels[i + width]));
            boundary[i] = is_boundary ? c : VOID_PIXEL;
        }
}

typedef struct {
    long top, bottom, left, right, count;
} extent;

static void find_extents(const int32_t *map, long height, long width, long classes, extent *extents) {
    for (long c = 0; c < classes; c++) extents[c] = (extent){height, -1, width, -1, 0};
    for (long y = 0; y < height; y++)
        for (long x = 0; x < width; x++) {
            const int32_t c = map[y * width + x];
            if (c < 0) continue;
            extent *e = &extents[c];
            e->top = min_long(e->top, y);
            e->bottom = max_long(e->bottom, y);
            e->left = min_long(e->left, x);
            e->right = max_long(e->right, x);
            e->count++;
        }
}

/// The distance of each place to the next pixel of class c in the same column, up to `most`, for `rows` rows of
/// `columns` places; `map` is as wide as the picture.
LEVELS(static, void, column_distances,
    (const int32_t *map, int32_t c, long rows, long columns, long width, int32_t most, int32_t *out),
    (map, c, rows, columns, width, most, out)) {
    INDEPENDENT for (long x = 0; x < columns; x++) out[x] = map[x] == c ? 0 : most;
    for (long y = 1; y < rows; y++) {
        const int32_t *labels = map + y * width, *above = out + (y - 1) * columns;
        int32_t *row = out + y * columns;
        INDEPENDENT for (long x = 0; x < columns; x++) {
            const int32_t next = above[x] + 1 < most ? above[x] + 1 : most;
            row[x] = labels[x] == c ? 0 : next;
        }
    }
    for (long y = rows - 2; y >= 0; y--) {
        const int32_t *below = out + (y + 1) * columns;
        int32_t *row = out + y * columns;
        INDEPENDENT for (long x = 0; x < columns; x++) row[x] = below[x] + 1 < row[x] ? below[x] + 1 : row[x];
    }
}

/// How many pixels of class c in `from`, whose extent is `e`, have one in `to` at a squared distance up to `most`.
/// First the distance to the next one in the same column, up to `reach`; then the least over the columns nearby.
static long matches(
    const int32_t *from, const int32_t *to, int32_t c, extent e, long height, long width, long most, long reach,
    int32_t *column) {
    const long left = max_long(e.left - reach, 0), right = min_long(e.right + reach, width - 1);
    const long high = max_long(e.top - reach, 0), low = min_long(e.bottom + reach, height - 1);
    const long columns = right - left + 1;
    column_distances(
        to + high * width + left, c, low - high + 1, columns, width, (int32_t)(reach + 1), column);
    long found = 0;
    for (long y = e.top; y <= e.bottom; y++) {
        const int32_t *row = column + (y - high) * columns;
        for (long x = e.left; x <= e.right; x++) {
            if (from[y * width + x] != c) continue;
            const long first = max_long(x - reach, left), last = min_long(x + reach, right);
            for (long near = first; near <= last; near++) {
                const long across = near - x, along = row[near - left];
                if (along <= reach && across * across + along * along <= most) {
                    found++;
                    break;
                }
            }
        }
    }
    return found;
}

static void matches_task(void *context, long sample) {
    boundary_job *job = context;
    const boundary_input *in = job->in;
    const long height = in->height, width = in->width, pixels = height * width, classes = in->classes;
    // Beyond the diagonal nothing changes.
    const double limit = fmin(job->tolerance, (double)(height + width));
    const long reach = (long)floor(limit);
    long most = (long)(limit * limit) + 1;
    while (most > 0 && sqrt((double)most) > limit) most--;
    int32_t *labels = malloc((size_t)pixels * 4 * sizeof(int32_t));
    int32_t *column = malloc((size_t)pixels * sizeof(int32_t));
    extent *extents = malloc((size_t)classes * 2 * sizeof(extent));
    if (labels == NULL || column == NULL || extents == NULL) {
        __atomic_store_n(&job->failed, 1, __ATOMIC_RELAXED);
    } else {
        int32_t *guess = labels + pixels, *true_edge = labels + 2 * pixels, *edge = labels + 3 * pixels;
        read_labels(in, sample, labels, guess);
        find_boundary(labels, height, width, true_edge);
        find_boundary(guess, height, width, edge);
        find_extents(edge, height, width, classes, extents);
        find_extents(true_edge, height, width, classes, extents + classes);
        for (long c = 0; c < classes && !pool_should_stop(); c++) {
            const extent found = extents[c], wanted = extents[classes + c];
            int64_t *out = job->counts + (sample * classes + c) * 4;
            const int both = found.count > 0 && wanted.count > 0;
            out[0] = found.count;
            out[1] = both ? matches(edge, true_edge, (int32_t)c, found, height, width, most, reach, column) : 0;
            out[2] = wanted.count;
            out[3] = both ? matches(true_edge, edge, (int32_t)c, wanted, height, width, most, reach, column) : 0;
        }
    }
    free(labels);
    free(column);
    free(extents);
}

int segmentation_boundary_matches(const boundary_input *input, double tolerance, int64_t *counts) {
    boundary_job job = {.in = input, .tolerance = tolerance, .counts = counts};
    pool_run(input->batch, matches_task, &job);
    return job.failed ? -1 : 0;
}

/// The longest stretch up to a place whose labels are one class and void: where it starts, its class, and where that
/// was last.
typedef struct {
    long start, last;
    int32_t label;
} stretch;

INLINE void extend(stretch *s, int32_t label, long place) {
    if (label == MIXED) {
        *s = (stretch){place + 1, -1, VOID_PIXEL};
    } else if (label >= 0) {
        if (s->label >= 0 && s->label != label) s->start = s->last + 1;
        s->label = label;
        s->last = place;
    }
}

/// The label of the window that ends where the stretch does and begins at `first`.
INLINE int32_t label_from(const stretch *s, long first) {
    if (first < 0 || s->start > first) return MIXED;
    return s->last >= first ? s->label : VOID_PIXEL;
}

/// 1 for the pixels of a class that have another class, or the edge of the picture, within `reach` pixels.
static void find_zone(
    const int32_t *labels, long height, long width, long reach, int32_t *rows, stretch *columns, uint8_t *zone) {
    const long pixels = height * width;
    for (long i = 0; i < pixels; i++) rows[i] = MIXED;
    for (long y = 0; y < height; y++) {
        stretch s = {0, -1, VOID_PIXEL};
        for (long end = 0; end < width; end++) {
            extend(&s, labels[y * width + end], end);
            if (end >= reach) rows[y * width + end - reach] = label_from(&s, end - 2 * reach);
        }
    }
    for (long x = 0; x < width; x++) columns[x] = (stretch){0, -1, VOID_PIXEL};
    for (long i = 0; i < pixels; i++) zone[i] = labels[i] >= 0;
    for (long end = 0; end < height; end++)
        for (long x = 0; x < width; x++) {
            extend(&columns[x], rows[end * width + x], end);
            if (end >= reach && label_from(&columns[x], end - 2 * reach) != MIXED)
                zone[(end - reach) * width + x] = 0;
        }
}

static void overlap_task(void *context, long sample) {
    boundary_job *job = context;
    const boundary_input *in = job->in;
    const long height = in->height, width = in->width, pixels = height * width;
    const long reach = min_long(job->width, height + width);
    int32_t *labels = malloc((size_t)pixels * 3 * sizeof(int32_t));
    uint8_t *zones = malloc((size_t)pixels * 2);
    stretch *columns = malloc((size_t)width * sizeof(stretch));
    if (labels == NULL || zones == NULL || columns == NULL) {
        __atomic_store_n(&job->failed, 1, __ATOMIC_RELAXED);
    } else {
        int32_t *guess = labels + pixels, *rows = labels + 2 * pixels;
        int64_t *counts = job->counts + sample * in->classes * 3;
        read_labels(in, sample, labels, guess);
        find_zone(labels, height, width, reach, rows, columns, zones);
        find_zone(guess, height, width, reach, rows, columns, zones + pixels);
        for (long i = 0; i < pixels; i++) {
            const int in_truth = zones[i], in_guess = zones[pixels + i];
            if (in_truth && in_guess && labels[i] == guess[i]) counts[labels[i] * 3]++;
            if (in_truth) counts[labels[i] * 3 + 1]++;
            if (in_guess) counts[guess[i] * 3 + 2]++;
        }
    }
    free(labels);
    free(zones);
    free(columns);
}

int segmentation_boundary_overlap(const boundary_input *input, long width, int64_t *counts) {
    boundary_job job = {.in = input, .width = width, .counts = counts};
    memset(counts, 0, (size_t)(input->batch * input->classes * 3) * sizeof(int64_t));
    pool_run(input->batch, overlap_task, &job);
    return job.failed ? -1 : 0;
}
