// Reductions of [outer, axis, inner] over the middle axis, and softmax over the
// contiguous last axis.
//
// Sums of floats are accumulated in float64, in an order that depends on the shape
// alone. All functions distribute their work over the pool.

#ifndef SEG_REDUCE_H
#define SEG_REDUCE_H

#include <stdint.h>

/// MEAN divides by `axis`. MAX and MIN propagate NaN.
enum { REDUCE_SUM, REDUCE_MEAN, REDUCE_PROD, REDUCE_MAX, REDUCE_MIN };

/// a is [outer, axis, inner], out [outer, inner]. An empty axis gives 0 for sums, 1 for
/// products, NaN for means, and nothing useful for MAX and MIN: the caller rejects it.
/// Integers give int64 (MEAN is for floats only).
void reduce_axis_f32(long op, const float *a, long outer, long axis, long inner, float *out);
void reduce_axis_f64(long op, const double *a, long outer, long axis, long inner, double *out);
void reduce_axis_i64(long op, const int64_t *a, long outer, long axis, long inner, int64_t *out);
void reduce_axis_i32(long op, const int32_t *a, long outer, long axis, long inner, int64_t *out);
void reduce_axis_u8(long op, const uint8_t *a, long outer, long axis, long inner, int64_t *out);

/// Index of the first maximum (or minimum) along the axis; a NaN counts as the extreme.
void reduce_arg_f32(long minimum, const float *a, long outer, long axis, long inner, int64_t *out);
void reduce_arg_f64(long minimum, const double *a, long outer, long axis, long inner, int64_t *out);
void reduce_arg_i64(long minimum, const int64_t *a, long outer, long axis, long inner, int64_t *out);
void reduce_arg_i32(long minimum, const int32_t *a, long outer, long axis, long inner, int64_t *out);
void reduce_arg_u8(long minimum, const uint8_t *a, long outer, long axis, long inner, int64_t *out);

/// Softmax, or log-softmax if `logarithm`, of each row of a [rows, channels].
void softmax_forward_f32(long logarithm, const float *a, float *out, long rows, long channels);
/// Input gradient, from the gradient of the result and the result itself.
void softmax_backward_f32(
    long logarithm, const float *gradient, const float *result, float *out, long rows, long channels);

#endif
