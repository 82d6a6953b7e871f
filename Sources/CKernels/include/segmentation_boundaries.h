// How well the boundaries of two label maps agree: boundary pixels that lie close to those of the other map, and
// the overlap of the zones along the boundaries.
//
// Labels outside 0..<classes in the truth, and `ignore`, are void in both maps. Void is no other class: an edge to it
// is no boundary. The edge of the picture is one.

#ifndef SEG_SEGMENTATION_BOUNDARIES_H
#define SEG_SEGMENTATION_BOUNDARIES_H

#include <stdint.h>

/// Labels of kind KIND_U8, KIND_BOOL, KIND_I32 or KIND_I64, [batch, height, width].
typedef struct {
    const void *predictions, *masks;
    long prediction_kind, mask_kind;
    long batch, height, width, classes, ignore;
} boundary_input;

/// counts[batch, classes, 4]: boundary pixels of the prediction (pixels with one of another class among their four
/// neighbours), those of them from which one of the truth of the same class is within `tolerance` pixels, and the
/// same two for the boundary pixels of the truth. As many pictures are worked on at once as there are tasks; `space` has
/// the bytes of the function below for each of them, 64-byte aligned.
void segmentation_boundary_matches(
    const boundary_input *input, double tolerance, void *space, long tasks, int64_t *counts);

/// The working space of a task.
long segmentation_boundary_matches_space(const boundary_input *input);

/// counts[batch, classes, 3]: pixels in the zones of both maps, in the truth's, and in the prediction's. A zone has
/// the pixels of a class that have one of another class within `width` pixels, diagonals counting as one.
/// Tasks and space are as above.
void segmentation_boundary_overlap(
    const boundary_input *input, long width, void *space, long tasks, int64_t *counts);

/// The working space of a task.
long segmentation_boundary_overlap_space(const boundary_input *input);

#endif
