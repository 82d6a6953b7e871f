// The loss of a segmentation, its gradient and its confusion matrix without
// full-size logits. For each row of the full-size picture, two rows of logits are
// interpolated; each pixel interpolates two neighbours along x, takes softmax and
// adds its part of loss, counts and gradient. Bands of rows are cut so that a band
// shares logits with adjacent bands only: even bands run first, then odd ones, and
// each adds to the gradient in place, always in the same order. Functions of labels
// alone are in segmentation_labels.c.

#include "segmentation_loss.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "levels.h"
#include "elementwise.h"
#include "functions.h"
#include "interpolation_axis.h"
#include "pool.h"
#include "vectors.h"

/// For lanes past the last class: smaller than any logit, and still finite when multiplied by a weight.
#define NO_CLASS -3e38f
/// For a class that a logit of -inf rules out, which times a weight of 0 would be no number.
#define RULED_OUT -1e38f
/// Below it something was ruled out, of which interpolation may have left a small part.
#define LOWEST_LOGIT -1e34f

/// Pixels that are processed together in each step, so that no pixel waits for the one before it.
enum { BANDS = 16, GROUP = 8 };

/// All that a task needs.
typedef struct {
    const segmentation_input *in;
    const segmentation_output *out;
    axis_sample *y, *x;
    /// Output rows starts[b]..<starts[b + 1] belong to band b.
    long starts[BANDS + 1];
    long bands, parity;
    double *loss, *weight;
    double weight_total;
    long lanes;
    _Atomic int failed;
} loss_job;

/// Working memory of a band.
typedef struct {
    float *row, *row_gradient;
    float *class_weights;
    float *sums, *shifted, *weights, *smooth;
    int32_t *labels;
    uint32_t *counts;
    float8 *logits;
} loss_space;

/// The label at position i, or -1 if it is not counted.
INLINE int32_t label_at(const segmentation_input *in, long i) {
    int64_t label;
    switch (in->mask_kind) {
        case KIND_U8:
        case KIND_BOOL: label = ((const uint8_t *)in->masks)[i]; break;
        case KIND_I32: label = ((const int32_t *)in->masks)[i]; break;
        default: label = ((const int64_t *)in->masks)[i];
    }
    return label < 0 || label >= in->classes || label == in->ignore ? -1 : (int32_t)label;
}

INLINE float finite_logit(float logit) { return logit == -INFINITY ? RULED_OUT : logit; }

/// -inf for the log-probability of a class that was ruled out; no number where all classes were.
INLINE float log_probability(float value, float top) {
    return top < LOWEST_LOGIT ? NAN : value < LOWEST_LOGIT ? -INFINITY : value;
}

/// Two rows of logits interpolated, classes padded to whole vectors.
LEVELS(static, void, blend_logits,
    (const float *restrict a, const float *restrict b, float wa, float wb, long pixels, long classes, long lanes,
     float *restrict row),
    (a, b, wa, wb, pixels, classes, lanes, row)) {
    for (long x = 0; x < pixels; x++, a += classes, b += classes, row += lanes) {
        CHANNELS for (long c = 0; c < classes; c++)
            row[c] = mul_add(finite_logit(b[c]), wb, finite_logit(a[c]) * wa);
        for (long c = classes; c < lanes; c++) row[c] = NO_CLASS;
    }
}

/// Passes the gradient of a row on to the two rows of logits that it was interpolated from.
LEVELS(static, void, unblend_gradient,
    (const float *restrict row, float weight, long pixels, long classes, long lanes, float *restrict out),
    (row, weight, pixels, classes, lanes, out)) {
    for (long x = 0; x < pixels; x++, out += classes, row += lanes)
        CHANNELS for (long c = 0; c < classes; c++) out[c] = mul_add(row[c], weight, out[c]);
}

static const int8 first_classes = {0, 1, 2, 3, 4, 5, 6, 7};

/// Index of the first largest logit.
INLINE long first_largest(const float8 *z, int vectors, float8 top, long classes) {
    int8 found = {1 << 30, 1 << 30, 1 << 30, 1 << 30, 1 << 30, 1 << 30, 1 << 30, 1 << 30};
    for (int v = vectors - 1; v >= 0; v--) {
        const int8 same = z[v] == top;
        const int8 place = first_classes + v * 8;
        found = (place & same) | (found & ~same);
    }
    const long best = least_of8(found);
    return best < classes ? best : 0;
}

/// The gradient of one pixel with respect to its logits, added to the two pixels of the row that it was
/// interpolated from: (1 - s) w_y (p_c - [c = y]) + s / C (p_c W - w_c), W the sum of all class weights;
/// `factor` multiplies the exponentials, `hard` is (1 - s) w_y and `soft` s / C.
INLINE void add_gradient(
    const loss_space *space, const float8 *exponentials, axis_sample at, int32_t label, float factor, float hard,
    float soft, long lanes, int vectors, int smooths) {
    const float8 wa = splat8(at.first_weight), wb = splat8(at.second_weight), factors = splat8(factor);
    float *ga = space->row_gradient + at.first * lanes, *gb = space->row_gradient + at.second * lanes;
    const int8 labels = (int8){0} + label;
    const int apart = at.second_weight != 0.0f;
    for (int v = 0; v < vectors; v++) {
        const int8 is_label = first_classes + v * 8 == labels;
        float8 d = exponentials[v] * factors - (float8)((int8)splat8(hard) & is_label);
        if (smooths) d -= splat8(soft) * *(const float8 *)(space->class_weights + v * 8);
        *(float8 *)(ga + v * 8) = MUL_ADD8(d, wa, *(const float8 *)(ga + v * 8));
        if (apart) *(float8 *)(gb + v * 8) = MUL_ADD8(d, wb, *(const float8 *)(gb + v * 8));
    }
}

/// One row of the full-size picture. `vectors` is how many vectors the classes take.
INLINE void loss_row(
    const loss_job *job, const loss_space *space, long width, int64_t *predictions,
    int vectors, int wants_gradient, int wants_best, int smooths) {
    const segmentation_input *in = job->in;
    const int wants_softmax = wants_gradient || job->out->loss != NULL;
    const long lanes = job->lanes, classes = in->classes;
    const float soft = in->label_smoothing / (float)classes, rest = 1.0f - in->label_smoothing;
    const float soft_total = soft * (float)job->weight_total;
    float8 few[GROUP * 4];
    float8 *group = vectors <= 4 ? few : space->logits;
    float8 tops[GROUP], sums[GROUP], smooth[GROUP];
    int32_t bests[GROUP];
    for (long first = 0; first < width; first += GROUP) {
        const long last = min_long(width, first + GROUP);
        for (long i = first; i < last; i++) {
            const int32_t label = space->labels[i];
            if (label < 0 && !wants_best) continue;
            float8 *z = group + (i - first) * vectors;
            const axis_sample at = job->x[i];
            const float *a = space->row + at.first * lanes, *b = space->row + at.second * lanes;
            const float8 wa = splat8(at.first_weight), wb = splat8(at.second_weight);
            float8 top = splat8(-INFINITY);
            for (int v = 0; v < vectors; v++) {
                z[v] = MUL_ADD8(*(const float8 *)(b + v * 8), wb, *(const float8 *)(a + v * 8) * wa);
                top = max8(z[v], top);
            }
            tops[i - first] = top = top_of8(top);
            if (!wants_best) continue;
            bests[i - first] = (int32_t)first_largest(z, vectors, top, classes);
        }
        // A separate loop: the loads of the loop above would wait for the addresses of the counts.
        for (long i = first; i < last && wants_best; i++) {
            const int32_t best = bests[i - first];
            if (predictions != NULL) predictions[i] = best;
            if (space->counts != NULL && space->labels[i] >= 0)
                space->counts[space->labels[i] * classes + best]++;
        }
        if (!wants_softmax) continue;
        for (long i = first; i < last; i++) {
            if (space->labels[i] < 0) continue;
            float8 *z = group + (i - first) * vectors;
            const float8 top = tops[i - first];
            float8 sum = splat8(0.0f), weighed = splat8(0.0f);
            for (int v = 0; v < vectors; v++) {
                const float8 shifted = z[v] - top;
                if (smooths) {
                    const float8 finite = max8(shifted, splat8(NO_CLASS));
                    weighed = MUL_ADD8(finite, *(const float8 *)(space->class_weights + v * 8), weighed);
                }
                z[v] = exp_of_negative8(shifted);
                sum += z[v];
            }
            sums[i - first] = sum;
            if (smooths) smooth[i - first] = weighed;
        }
        for (long i = first; i < last; i++) {
            const int32_t label = space->labels[i];
            space->sums[i] = 1.0f;
            space->shifted[i] = space->weights[i] = space->smooth[i] = 0.0f;
            if (label < 0) continue;
            const axis_sample at = job->x[i];
            const float a = space->row[at.first * lanes + label], b = space->row[at.second * lanes + label];
            space->sums[i] = sum_of8(sums[i - first])[0];
            const float top = tops[i - first][0];
            space->shifted[i] = log_probability(mul_add(b, at.second_weight, a * at.first_weight) - top, top);
            space->weights[i] = space->class_weights[label];
            if (smooths) space->smooth[i] = log_probability(sum_of8(smooth[i - first])[0], top);
        }
        if (!wants_gradient) continue;
        float hard[GROUP], factor[GROUP];
        for (int k = 0; k < GROUP; k++) {
            hard[k] = rest * space->weights[first + k];
            factor[k] = (hard[k] + soft_total) / space->sums[first + k];
        }
        for (long i = first; i < last; i++) {
            if (space->labels[i] < 0) continue;
            add_gradient(
                space, group + (i - first) * vectors, job->x[i], space->labels[i], factor[i - first],
                hard[i - first], soft, lanes, vectors, smooths);
        }
    }
}

#define ROW(VECTORS, GRADIENT, BEST, SMOOTHS) \
    loss_row(job, space, width, predictions, VECTORS, GRADIENT, BEST, SMOOTHS)

#define WIDTHS(GRADIENT, BEST)                        \
    switch (vectors) { \
        case 1: ROW(1, GRADIENT, BEST, 0); break;     \
        case 2: ROW(2, GRADIENT, BEST, 0); break;     \
        case 3: ROW(3, GRADIENT, BEST, 0); break;     \
        case 4: ROW(4, GRADIENT, BEST, 0); break;     \
        default: ROW(vectors, GRADIENT, BEST, 0);     \
    }

LEVELS(static, void, any_row,
    (const loss_job *job, const loss_space *space, long width, int64_t *predictions, int vectors,
     int wants_gradient, int wants_best),
    (job, space, width, predictions, vectors, wants_gradient, wants_best)) {
    if (job->in->label_smoothing != 0.0f) {
        ROW(vectors, wants_gradient, wants_best, 1);
    } else if (wants_gradient && wants_best) {
        WIDTHS(1, 1)
    } else if (wants_gradient) {
        WIDTHS(1, 0)
    } else if (wants_best) {
        WIDTHS(0, 1)
    } else {
        WIDTHS(0, 0)
    }
}

/// Adds the results of the pixels of a row, in float64.
LEVELS(static, void, add_row,
    (const loss_space *space, long width, float smoothing, double weight_total, long classes, double *loss,
     double *weight),
    (space, width, smoothing, weight_total, classes, loss, weight)) {
    double lanes[8] = {0}, weights[8] = {0};
    const double hard = 1.0 - (double)smoothing, soft = (double)smoothing / (double)classes;
    long i = 0;
    for (; i + 8 <= width; i += 8) {
        for (int l = 0; l < 8; l++) {
            const double log_sum = (double)log_f32(space->sums[i + l]);
            const double w = (double)space->weights[i + l];
            lanes[l] += hard * w * (log_sum - (double)space->shifted[i + l]);
            weights[l] += w;
        }
    }
    for (int l = 0; i < width; i++, l++) {
        const double log_sum = (double)log_f32(space->sums[i]), w = (double)space->weights[i];
        lanes[l] += hard * w * (log_sum - (double)space->shifted[i]);
        weights[l] += w;
    }
    double total = 0, total_weight = 0;
    for (int l = 0; l < 8; l++) total += lanes[l], total_weight += weights[l];
    if (smoothing != 0.0f) {
        for (long x = 0; x < width; x++) {
            if (space->labels[x] < 0) continue;
            total += soft * (weight_total * (double)log_f32(space->sums[x]) - (double)space->smooth[x]);
        }
    }
    *loss += total;
    *weight += total_weight;
}

/// Places the working memory of a band in scratch memory. Returns 0 or -1.
static int make_space(const loss_job *job, loss_space *space) {
    const segmentation_input *in = job->in;
    const long row = in->in_width * job->lanes, width = (in->width + 15) / 16 * 16;
    const long counts = job->out->confusion == NULL ? 0 : in->classes * in->classes;
    const long floats = 2 * row + (1 + GROUP) * job->lanes + 5 * width + counts;
    float *memory = pool_scratch(1, floats * (long)sizeof(float));
    if (memory == NULL) return -1;
    space->row = memory;
    space->row_gradient = space->row + row;
    space->class_weights = space->row_gradient + row;
    space->logits = (float8 *)(space->class_weights + job->lanes);
    space->sums = space->class_weights + (1 + GROUP) * job->lanes;
    space->shifted = space->sums + width;
    space->weights = space->shifted + width;
    space->smooth = space->weights + width;
    space->labels = (int32_t *)(space->smooth + width);
    space->counts = counts == 0 ? NULL : (uint32_t *)(space->labels + width);
    if (space->counts != NULL) memset(space->counts, 0, (size_t)counts * sizeof(uint32_t));
    for (long c = 0; c < job->lanes; c++)
        space->class_weights[c] = c >= in->classes ? 0.0f : in->class_weights == NULL ? 1.0f : in->class_weights[c];
    return 0;
}

static void band_task(void *context, long index) {
    loss_job *job = context;
    const segmentation_input *in = job->in;
    const segmentation_output *out = job->out;
    // Without a gradient all bands run at once; with one, every second band.
    const long step = out->gradient == NULL ? 1 : 2;
    const long bands = parts_of(job->bands - job->parity, step);
    const long sample = index / bands, band = index % bands * step + job->parity;
    loss_space space;
    if (make_space(job, &space) != 0) {
        job->failed = 1;
        return;
    }
    const long in_row = in->in_width * in->classes;
    const float *logits = in->logits + sample * in->in_height * in_row;
    float *gradient = out->gradient == NULL ? NULL : out->gradient + sample * in->in_height * in_row;
    const int wants_best = out->confusion != NULL || out->predictions != NULL;
    const int wants_loss = out->loss != NULL;
    double loss = 0, weight = 0;
    for (long y = job->starts[band]; y < job->starts[band + 1] && !pool_stops(in->width * in->classes); y++) {
        const axis_sample at = job->y[y];
        const long place = (sample * in->height + y) * in->width;
        blend_logits(
            logits + at.first * in_row, logits + at.second * in_row, at.first_weight, at.second_weight,
            in->in_width, in->classes, job->lanes, space.row);
        for (long x = 0; x < in->width; x++)
            space.labels[x] = in->masks == NULL ? -1 : label_at(in, place + x);
        if (gradient != NULL) memset(space.row_gradient, 0, (size_t)(in->in_width * job->lanes) * sizeof(float));
        any_row(
            job, &space, in->width, out->predictions == NULL ? NULL : out->predictions + place,
            (int)(job->lanes / 8), gradient != NULL, wants_best);
        if (wants_loss) {
            add_row(&space, in->width, in->label_smoothing, job->weight_total, in->classes, &loss, &weight);
        } else if (out->weight != NULL) {
            for (long x = 0; x < in->width; x++)
                if (space.labels[x] >= 0) weight += (double)space.class_weights[space.labels[x]];
        }
        if (gradient != NULL) {
            unblend_gradient(
                space.row_gradient, at.first_weight, in->in_width, in->classes, job->lanes,
                gradient + at.first * in_row);
            if (at.second_weight != 0.0f) {
                unblend_gradient(
                    space.row_gradient, at.second_weight, in->in_width, in->classes, job->lanes,
                    gradient + at.second * in_row);
            }
        }
    }
    job->loss[sample * BANDS + band] = loss;
    job->weight[sample * BANDS + band] = weight;
    if (space.counts == NULL) return;
    // Whole numbers: the order of the additions does not matter.
    for (long i = 0; i < in->classes * in->classes; i++)
        if (space.counts[i] != 0)
            __atomic_fetch_add(
                &out->confusion[sample * out->confusion_stride + i], (int64_t)space.counts[i], __ATOMIC_RELAXED);
}

/// Cuts the output rows where their first source row passes a multiple of the band height,
/// so that a row of logits belongs to at most two bands, and these are adjacent.
static void cut_bands(loss_job *job) {
    const segmentation_input *in = job->in;
    const long rows = parts_of(in->in_height, BANDS);
    long y = 0;
    job->bands = 0;
    while (y < in->height) {
        const long end = (job->y[y].first / rows + 1) * rows;
        job->starts[job->bands++] = y;
        while (y < in->height && job->y[y].first < end) y++;
    }
    job->starts[job->bands] = in->height;
}

int segmentation_loss(const segmentation_input *input, const segmentation_output *output) {
    const segmentation_input *in = input;
    if (in->batch <= 0) return 0;
    loss_job job = {.in = in, .out = output, .lanes = (in->classes + 7) / 8 * 8};
    for (long c = 0; c < in->classes; c++)
        job.weight_total += in->class_weights == NULL ? 1.0 : (double)in->class_weights[c];
    const long parts = in->batch * BANDS;
    job.y = malloc((size_t)(in->height + in->width) * sizeof(axis_sample));
    job.loss = calloc((size_t)parts, 2 * sizeof(double));
    if (job.y == NULL || job.loss == NULL) {
        free(job.y);
        free(job.loss);
        return -1;
    }
    job.x = job.y + in->height;
    job.weight = job.loss + parts;
    axis_samples(in->in_height, in->height, 0, 0.0f, job.y);
    axis_samples(in->in_width, in->width, 0, 0.0f, job.x);
    cut_bands(&job);
    if (output->gradient == NULL) {
        pool_run(in->batch * job.bands, band_task, &job);
    } else {
        memset(
            output->gradient, 0,
            (size_t)(in->batch * in->in_height * in->in_width * in->classes) * sizeof(float));
        pool_run(in->batch * parts_of(job.bands, 2), band_task, &job);
        job.parity = 1;
        pool_run(in->batch * (job.bands / 2), band_task, &job);
    }
    for (long n = 0; n < in->batch; n++) {
        double loss = 0, weight = 0;
        for (long band = 0; band < job.bands; band++) {
            loss += job.loss[n * BANDS + band];
            weight += job.weight[n * BANDS + band];
        }
        if (output->loss != NULL) output->loss[n] = loss;
        if (output->weight != NULL) output->weight[n] = weight;
    }
    free(job.y);
    free(job.loss);
    return job.failed ? -1 : 0;
}
