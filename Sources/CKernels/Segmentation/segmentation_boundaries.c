// The agreement of boundaries, picture by picture: matches within a distance, for the boundary F1 measure (Csurka
// et al. 2013), and the overlap of zones, for boundary IoU (Cheng et al. 2021).

#include "segmentation_boundaries.h"

#include <math.h>
#include <stdatomic.h>
#include <string.h>

#include "levels.h"
#include "pool.h"
#include "segmentation_labels.h"

/// A pixel that does not count, and a window with pixels of several classes or beyond the picture.
enum { VOID_PIXEL = -1, MIXED = -2 };

/// Each task takes pictures until there are no more, and has its own part of the working space.
typedef struct {
    const boundary_input *in;
    double tolerance;
    long width;
    int64_t *counts;
    char *space;
    long space_bytes;
    atomic_long next;
} boundary_job;

/// Counts the steps of a picture's work, and asks now and then whether it is to end: its result is then incomplete.
INLINE int ends(long *steps, long more) {
    *steps += more;
    if (*steps < 1 << 16) return 0;
    *steps = 0;
    return pool_should_stop();
}

/// A multiple of 64, so that each part of the working space is aligned.
static long rounded(long bytes) { return (bytes + 63) / 64 * 64; }

/// The next `bytes` of the working space.
static void *part(char **space, long bytes) {
    void *found = *space;
    *space += rounded(bytes);
    return found;
}

/// The labels of a picture in both maps; what is void in the truth is void in the prediction. 0 if it is to end.
static int read_labels(const boundary_input *in, long sample, int32_t *truth, int32_t *guess, long *steps) {
    const long pixels = in->height * in->width, first = sample * pixels;
    for (long i = 0; i < pixels; i++) {
        if (ends(steps, 1)) return 0;
        const int64_t t = label_of(in->masks, in->mask_kind, first + i);
        const int64_t g = label_of(in->predictions, in->prediction_kind, first + i);
        const int counts = t >= 0 && t < in->classes && t != in->ignore;
        truth[i] = counts ? (int32_t)t : VOID_PIXEL;
        guess[i] = counts && g >= 0 && g < in->classes ? (int32_t)g : VOID_PIXEL;
    }
    return 1;
}

INLINE int differs(int32_t a, int32_t b) { return b >= 0 && a != b; }

/// The class of each boundary pixel, VOID_PIXEL elsewhere. 0 if it is to end.
static int find_boundary(const int32_t *labels, long height, long width, int32_t *boundary, long *steps) {
    for (long y = 0; y < height; y++)
        for (long x = 0; x < width; x++) {
            if (ends(steps, 1)) return 0;
            const long i = y * width + x;
            const int32_t c = labels[i];
            const int is_edge = x == 0 || y == 0 || x == width - 1 || y == height - 1;
            const int is_boundary =
                c >= 0 && (is_edge || differs(c, labels[i - 1]) || differs(c, labels[i + 1]) ||
                           differs(c, labels[i - width]) || differs(c, labels[i + width]));
            boundary[i] = is_boundary ? c : VOID_PIXEL;
        }
    return 1;
}

typedef struct {
    long top, bottom, left, right, count;
} extent;

/// Where the pixels of each class are. 0 if it is to end.
static int find_extents(
    const int32_t *map, long height, long width, long classes, extent *extents, long *steps) {
    for (long c = 0; c < classes; c++) extents[c] = (extent){height, -1, width, -1, 0};
    for (long y = 0; y < height; y++)
        for (long x = 0; x < width; x++) {
            if (ends(steps, 1)) return 0;
            const int32_t c = map[y * width + x];
            if (c < 0) continue;
            extent *e = &extents[c];
            e->top = min_long(e->top, y);
            e->bottom = max_long(e->bottom, y);
            e->left = min_long(e->left, x);
            e->right = max_long(e->right, x);
            e->count++;
        }
    return 1;
}

/// The distance of each place to the next pixel of class c above it in the same column, up to `most`, for the rows
/// `from`..<`to` of `columns` places; `map` is as wide as the picture.
LEVELS(static, void, distances_down,
    (const int32_t *map, int32_t c, long from, long to, long columns, long width, int32_t most, int32_t *out),
    (map, c, from, to, columns, width, most, out)) {
    if (from == 0) INDEPENDENT for (long x = 0; x < columns; x++) out[x] = map[x] == c ? 0 : most;
    for (long y = max_long(from, 1); y < to; y++) {
        const int32_t *labels = map + y * width, *above = out + (y - 1) * columns;
        int32_t *row = out + y * columns;
        INDEPENDENT for (long x = 0; x < columns; x++) {
            const int32_t next = above[x] + 1 < most ? above[x] + 1 : most;
            row[x] = labels[x] == c ? 0 : next;
        }
    }
}

/// The same to the next one above or below, from the distances to those above, for the rows `to`-1 down to `from`.
LEVELS(static, void, distances_up, (long from, long to, long columns, int32_t *out), (from, to, columns, out)) {
    for (long y = to - 1; y >= from; y--) {
        const int32_t *below = out + (y + 1) * columns;
        int32_t *row = out + y * columns;
        INDEPENDENT for (long x = 0; x < columns; x++) row[x] = below[x] + 1 < row[x] ? below[x] + 1 : row[x];
    }
}

/// The distance of each place to the next pixel of class c in the same column, some rows at a time. 0 if it is to end.
static int column_distances(
    const int32_t *map, int32_t c, long rows, long columns, long width, int32_t most, int32_t *out,
    long *steps) {
    const long block = max_long((1 << 16) / columns, 1);
    for (long y = 0; y < rows; y += block) {
        const long end = min_long(y + block, rows);
        distances_down(map, c, y, end, columns, width, most, out);
        if (ends(steps, (end - y) * columns)) return 0;
    }
    for (long end = rows - 1; end > 0; end -= block) {
        const long y = max_long(end - block, 0);
        distances_up(y, end, columns, out);
        if (ends(steps, (end - y) * columns)) return 0;
    }
    return 1;
}

/// How many pixels of class c in `from`, whose extent is `e`, have one in `to` at a squared distance up to `most`.
/// First the distance to the next one in the same column, up to `reach`; then the least over the columns nearby.
/// -1 if it is to end.
static long matches(
    const int32_t *from, const int32_t *to, int32_t c, extent e, long height, long width, long most, long reach,
    int32_t *column, long *steps) {
    const long left = max_long(e.left - reach, 0), right = min_long(e.right + reach, width - 1);
    const long high = max_long(e.top - reach, 0), low = min_long(e.bottom + reach, height - 1);
    const long columns = right - left + 1;
    if (!column_distances(
            to + high * width + left, c, low - high + 1, columns, width, (int32_t)(reach + 1), column, steps))
        return -1;
    long found = 0;
    for (long y = e.top; y <= e.bottom; y++) {
        const int32_t *row = column + (y - high) * columns;
        for (long x = e.left; x <= e.right; x++) {
            if (ends(steps, 1)) return -1;
            if (from[y * width + x] != c) continue;
            const long first = max_long(x - reach, left), last = min_long(x + reach, right);
            if (ends(steps, last - first)) return -1;
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

long segmentation_boundary_matches_space(const boundary_input *in) {
    const long map = rounded(in->height * in->width * (long)sizeof(int32_t));
    return 5 * map + rounded(2 * in->classes * (long)sizeof(extent));
}

static void count_matches(boundary_job *job, long sample, char *space, long *steps) {
    const boundary_input *in = job->in;
    const long height = in->height, width = in->width, classes = in->classes;
    const long map = height * width * (long)sizeof(int32_t);
    // Beyond the diagonal nothing changes.
    const double limit = fmin(job->tolerance, (double)(height + width));
    const long reach = (long)floor(limit);
    long most = (long)(limit * limit) + 1;
    while (most > 0 && sqrt((double)most) > limit) most--;
    int32_t *labels = part(&space, map), *guess = part(&space, map);
    int32_t *true_edge = part(&space, map), *edge = part(&space, map), *column = part(&space, map);
    extent *extents = part(&space, 2 * classes * (long)sizeof(extent));
    if (!read_labels(in, sample, labels, guess, steps) ||
        !find_boundary(labels, height, width, true_edge, steps) ||
        !find_boundary(guess, height, width, edge, steps) ||
        !find_extents(edge, height, width, classes, extents, steps) ||
        !find_extents(true_edge, height, width, classes, extents + classes, steps))
        return;
    for (long c = 0; c < classes; c++) {
        if (ends(steps, 1)) return;
        const extent found = extents[c], wanted = extents[classes + c];
        int64_t *out = job->counts + (sample * classes + c) * 4;
        const int32_t class = (int32_t)c;
        out[0] = found.count;
        out[2] = wanted.count;
        out[1] = out[3] = 0;
        if (found.count == 0 || wanted.count == 0) continue;
        out[1] = matches(edge, true_edge, class, found, height, width, most, reach, column, steps);
        if (out[1] < 0) return;
        out[3] = matches(true_edge, edge, class, wanted, height, width, most, reach, column, steps);
        if (out[3] < 0) return;
    }
}

/// The next picture that no task has taken; -1 if there is none, or the work is to end.
static long next_sample(boundary_job *job) {
    const long sample = atomic_fetch_add_explicit(&job->next, 1, memory_order_relaxed);
    return sample < job->in->batch && !pool_should_stop() ? sample : -1;
}

static void matches_task(void *context, long index) {
    boundary_job *job = context;
    long steps = 0;
    for (long sample; (sample = next_sample(job)) >= 0;)
        count_matches(job, sample, job->space + index * job->space_bytes, &steps);
}

void segmentation_boundary_matches(
    const boundary_input *input, double tolerance, void *space, long tasks, int64_t *counts) {
    boundary_job job = {.in = input, .tolerance = tolerance, .counts = counts, .space = space};
    job.space_bytes = segmentation_boundary_matches_space(input);
    pool_run(tasks, matches_task, &job);
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

/// 1 for the pixels of a class that have another class, or the edge of the picture, within `reach` pixels. 0 if the
/// work is to end.
static int find_zone(
    const int32_t *labels, long height, long width, long reach, int32_t *rows, stretch *columns, uint8_t *zone,
    long *steps) {
    for (long y = 0; y < height; y++) {
        stretch s = {0, -1, VOID_PIXEL};
        for (long x = 0; x < width; x++) rows[y * width + x] = MIXED;
        for (long end = 0; end < width; end++) {
            if (ends(steps, 1)) return 0;
            extend(&s, labels[y * width + end], end);
            if (end >= reach) rows[y * width + end - reach] = label_from(&s, end - 2 * reach);
        }
    }
    for (long x = 0; x < width; x++) columns[x] = (stretch){0, -1, VOID_PIXEL};
    for (long end = 0; end < height; end++)
        for (long x = 0; x < width; x++) {
            if (ends(steps, 1)) return 0;
            zone[end * width + x] = labels[end * width + x] >= 0;
            extend(&columns[x], rows[end * width + x], end);
            if (end >= reach && label_from(&columns[x], end - 2 * reach) != MIXED)
                zone[(end - reach) * width + x] = 0;
        }
    return 1;
}

long segmentation_boundary_overlap_space(const boundary_input *in) {
    const long pixels = in->height * in->width;
    return 3 * rounded(pixels * (long)sizeof(int32_t)) + 2 * rounded(pixels) +
           rounded(in->width * (long)sizeof(stretch));
}

static void count_overlap(boundary_job *job, long sample, char *space, long *steps) {
    const boundary_input *in = job->in;
    const long height = in->height, width = in->width, pixels = height * width;
    const long map = pixels * (long)sizeof(int32_t);
    const long reach = min_long(job->width, height + width);
    int32_t *labels = part(&space, map), *guess = part(&space, map), *rows = part(&space, map);
    uint8_t *zone = part(&space, pixels), *guess_zone = part(&space, pixels);
    stretch *columns = part(&space, width * (long)sizeof(stretch));
    int64_t *counts = job->counts + sample * in->classes * 3;
    if (!read_labels(in, sample, labels, guess, steps) ||
        !find_zone(labels, height, width, reach, rows, columns, zone, steps) ||
        !find_zone(guess, height, width, reach, rows, columns, guess_zone, steps))
        return;
    for (long i = 0; i < pixels; i++) {
        if (ends(steps, 1)) return;
        const int in_truth = zone[i], in_guess = guess_zone[i];
        if (in_truth && in_guess && labels[i] == guess[i]) counts[labels[i] * 3]++;
        if (in_truth) counts[labels[i] * 3 + 1]++;
        if (in_guess) counts[guess[i] * 3 + 2]++;
    }
}

static void overlap_task(void *context, long index) {
    boundary_job *job = context;
    long steps = 0;
    for (long sample; (sample = next_sample(job)) >= 0;)
        count_overlap(job, sample, job->space + index * job->space_bytes, &steps);
}

void segmentation_boundary_overlap(
    const boundary_input *input, long width, void *space, long tasks, int64_t *counts) {
    boundary_job job = {.in = input, .width = width, .counts = counts, .space = space};
    job.space_bytes = segmentation_boundary_overlap_space(input);
    memset(counts, 0, (size_t)(input->batch * input->classes * 3) * sizeof(int64_t));
    pool_run(tasks, overlap_task, &job);
}
