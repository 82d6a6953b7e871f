// Resizing, channels last, as PyTorch's interpolate without antialiasing.

#ifndef SEG_INTERPOLATION_H
#define SEG_INTERPOLATION_H

/// Sizes of an interpolation of [batch, in_height, in_width, channels].
typedef struct {
    long batch, channels;
    long in_height, in_width;
    long out_height, out_width;
    /// Bilinear alone: whether the centres of the corner pixels coincide (align_corners).
    long on_corners;
    /// The distance of two output pixels in input pixels, where it does not follow from the sizes; else 0.
    float step_y, step_x;
} resize_geometry;

/// Bilinear: first along x, then along y. Returns 0, or -1 if there is no memory.
int resize_bilinear_forward(const resize_geometry *g, const float *input, float *output);
int resize_bilinear_backward(const resize_geometry *g, const float *output_gradient, float *input_gradient);

/// Nearest: source = floor(destination * in / out). A pixel is `channels` elements of
/// `element_bytes` bytes, so that it also resizes labels.
void resize_nearest_forward(const resize_geometry *g, long element_bytes, const void *input, void *output);
/// Gradient of nearest, float32.
void resize_nearest_backward(const resize_geometry *g, const float *output_gradient, float *input_gradient);

#endif
