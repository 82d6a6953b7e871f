// Where an output place of a bilinear change of size looks: shared by the
// interpolation and the segmentation loss.

#ifndef SEG_INTERPOLATION_AXIS_H
#define SEG_INTERPOLATION_AXIS_H

/// The two sources of one output place and their weights.
typedef struct {
    long first, second;
    float first_weight, second_weight;
} axis_sample;

/// Sources along one axis: max(0, (i + 0.5) * in / out - 0.5), as PyTorch in float.
void axis_samples(long in, long out, axis_sample *samples);

#endif
