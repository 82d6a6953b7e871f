// The source positions of a bilinear resize: shared by the interpolation and the
// segmentation loss.

#ifndef SEG_INTERPOLATION_AXIS_H
#define SEG_INTERPOLATION_AXIS_H

/// The two sources of one output position and their weights.
typedef struct {
    long first, second;
    float first_weight, second_weight;
} axis_sample;

/// An axis whose output positions are `scale` apart in input pixels.
typedef struct {
    long in, out;
    int on_corners;
    float scale;
} sample_axis;

/// Sources along one axis, in float as in PyTorch: max(0, (i + 0.5) * step - 0.5), where step is in / out if it is
/// given as 0 or the sizes are equal; or, with the centres of the corner pixels in the same place, i * (in - 1) / (out - 1).
void axis_samples(long in, long out, int on_corners, float step, axis_sample *samples);

#endif
