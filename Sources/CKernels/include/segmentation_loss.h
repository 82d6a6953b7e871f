// Upsampling, softmax, cross-entropy and confusion matrix in one pass over the
// rows of the full-size picture, forward and backward; full-size logits are
// never stored.

#ifndef SEG_SEGMENTATION_LOSS_H
#define SEG_SEGMENTATION_LOSS_H

#include <stdint.h>

/// The input. Logits are [batch, in_height, in_width, classes], masks [batch, height, width].
typedef struct {
    long batch, classes;
    long in_height, in_width;
    long height, width;
    const float *logits;
    /// Labels of kind KIND_U8, KIND_I32 or KIND_I64, or NULL if only predictions are wanted.
    const void *masks;
    long mask_kind;
    /// One weight per class, or NULL.
    const float *class_weights;
    /// A label that is not counted, or -1. Labels outside 0..<classes are not counted either.
    long ignore;
    float label_smoothing;
} segmentation_input;

/// The output; any pointer may be NULL.
typedef struct {
    /// Per sample: sum of weighted losses, sum of the weights of its pixels.
    double *loss;
    double *weight;
    /// Gradient of the sum of losses (not divided) with respect to the logits, [batch, in_height, in_width, classes].
    float *gradient;
    /// [classes, classes], rows are the truth; counts are added to the existing ones.
    int64_t *confusion;
    /// From one sample's counts to the next one's: 0 if all are added up.
    long confusion_stride;
    /// Index of the first maximum of each pixel, [batch, height, width].
    int64_t *predictions;
} segmentation_output;

/// Returns 0, or -1 if there is no memory.
int segmentation_loss(const segmentation_input *input, const segmentation_output *output);

/// The position of the first label that is not in 0..<classes, nor `ignore`, nor `void_label`, or -1; -1 also if
/// the work is to end.
long segmentation_bad_label(
    const void *masks, long mask_kind, long n, long classes, long ignore, long void_label);

/// Adds to counts[classes, classes] (rows are truth) from two label arrays of one kind.
void segmentation_confusion(
    const void *predictions, long prediction_kind, const void *masks, long mask_kind, long n, long classes,
    long ignore, int64_t *confusion);

#endif
