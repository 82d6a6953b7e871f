// Batch normalisation, channels last: [rows, channels] with rows = N * H * W.

#ifndef SEG_NORMALIZATION_H
#define SEG_NORMALIZATION_H

/// scale = gamma / sqrt(variance + epsilon), shift = beta - mean * scale. gamma and
/// beta may be NULL (then 1 and 0).
void norm_fold_f32(
    const float *mean, const float *variance, const float *gamma, const float *beta, float epsilon,
    float *scale, float *shift, long channels);

/// out = x * scale[c] + shift[c] with one rounding; a convolution's epilogue gives the same bits.
void norm_scale_shift_f32(
    const float *x, const float *scale, const float *shift, float *out, long rows, long channels);

/// Mean and biased variance per channel. Returns 0, or -1 if there is no memory.
int norm_statistics_f32(const float *x, float *mean, float *variance, long rows, long channels);

/// The activation that follows a norm, of those of conv_epilogue; `scale` and `shift` by channel give the norm's result
/// again. The gradient by the norm's result is computed from the one by the activation's while it is used.
typedef struct {
    long activation;
    const float *scale, *shift;
} norm_follower;

/// out = activation(x * scale[c] + shift[c] + residual), the residual being optional; a convolution's epilogue gives the same
/// bits. Sigmoid is none of its activations.
void norm_followed_f32(
    const norm_follower *follower, const float *x, const float *residual, float *out, long rows, long channels);

/// Per channel, over all rows: the sum of gradient * (x - mean) * inverse_std, and the sum of the gradient. The mean is
/// subtracted before the product, so that a large mean loses no digits. Returns as norm_statistics_f32.
int norm_gradient_sums_f32(
    const norm_follower *follower, const float *gradient, const float *x, const float *mean, const float *inverse_std,
    float *product, float *sum, long rows, long channels);

/// out = gradient * a[c] + (x * b[c] + d[c]), the sum in brackets with one rounding; `out` may be `gradient`.
void norm_input_gradient_f32(
    const norm_follower *follower, const float *gradient, const float *x, const float *a, const float *b, const float *d,
    float *out, long rows, long channels);

#endif
