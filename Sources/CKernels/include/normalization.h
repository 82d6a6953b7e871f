// Batch normalisation, channels last: [rows, channels] with rows = N * H * W.

#ifndef SEG_NORMALIZATION_H
#define SEG_NORMALIZATION_H

/// scale = gamma / sqrt(variance + epsilon), shift = beta - mean * scale. gamma and
/// beta may be NULL (1 and 0).
void norm_fold_f32(
    const float *mean, const float *variance, const float *gamma, const float *beta, float epsilon,
    float *scale, float *shift, long channels);

/// out = x * scale[c] + shift[c], one rounding; a convolution's epilogue gives the same bits.
void norm_scale_shift_f32(
    const float *x, const float *scale, const float *shift, float *out, long rows, long channels);

/// Mean and biased variance by channel. Returns 0, or -1 where memory is lacking.
int norm_statistics_f32(const float *x, float *mean, float *variance, long rows, long channels);

/// Training forward: statistics, their inverse standard deviation, and the normalised
/// output. Gives mean, biased variance and inverse_std for the running statistics and
/// the backward pass. gamma and beta may be NULL.
int norm_forward_f32(
    const float *x, const float *gamma, const float *beta, float epsilon, float *out, float *mean,
    float *variance, float *inverse_std, long rows, long channels);

/// Training backward. `input_gradient`, `gamma_gradient` and `beta_gradient` may be NULL.
int norm_backward_f32(
    const float *output_gradient, const float *x, const float *mean, const float *inverse_std,
    const float *gamma, float *input_gradient, float *gamma_gradient, float *beta_gradient, long rows,
    long channels);

/// Backward with frozen statistics: the gradient by the input is output_gradient * gamma * inverse_std.
int norm_backward_frozen_f32(
    const float *output_gradient, const float *x, const float *mean, const float *inverse_std,
    const float *gamma, float *input_gradient, float *gamma_gradient, float *beta_gradient, long rows,
    long channels);

#endif
