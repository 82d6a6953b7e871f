// Elementwise operations on contiguous blocks: arithmetic, comparisons, functions,
// activations with their gradients, selection and casts.
//
// All functions run on the calling thread; the caller cuts large tensors into blocks.
// A `step` argument is 1 for an array and 0 for a single value. `out` may be the same
// pointer as an operand, but must not overlap it otherwise.

#ifndef SEG_ELEMENTWISE_H
#define SEG_ELEMENTWISE_H

#include <stdbool.h>
#include <stdint.h>

/// Binary operations. Minimum and maximum propagate NaN. Floor division and modulo are as in Python.
enum {
    EW_ADD, EW_SUB, EW_MUL, EW_DIV, EW_MIN, EW_MAX, EW_POW, EW_FLOOR_DIV, EW_MOD,
    // Input gradients: a is the gradient of the result, b the input.
    EW_RELU_GRAD, EW_RELU6_GRAD, EW_HARDSWISH_GRAD, EW_HARDSIGMOID_GRAD, EW_ABS_GRAD, EW_SILU_GRAD, EW_GELU_GRAD,
    // Input gradients: a is the gradient of the result, b the result.
    EW_SIGMOID_GRAD, EW_TANH_GRAD, EW_SQRT_GRAD
};

/// Comparisons; the result is a byte of 0 or 1.
enum { EW_EQ, EW_NE, EW_LT, EW_LE, EW_GT, EW_GE };

/// Functions of one operand. Halves are rounded to even, as in NumPy.
enum {
    EW_NEG, EW_ABS, EW_SIGN, EW_FLOOR, EW_CEIL, EW_ROUND, EW_RECIPROCAL, EW_SQRT, EW_SQUARE,
    EW_EXP, EW_LOG, EW_LOG2, EW_LOG10, EW_SIN, EW_COS, EW_TANH,
    EW_SIGMOID, EW_RELU, EW_RELU6, EW_HARDSWISH, EW_HARDSIGMOID, EW_SILU, EW_GELU
};

/// Element types, in the order of DType.
enum { KIND_F32, KIND_F64, KIND_I64, KIND_I32, KIND_U8, KIND_BOOL };

/// out[i] = a[i * a_step] op b[i * b_step]. Integers have the operations up to EW_MOD
/// (division by zero gives 0, DIV rounds towards zero); floats have all.
void ew_binary_f32(long op, const float *a, long a_step, const float *b, long b_step, float *out, long n);
void ew_binary_f64(long op, const double *a, long a_step, const double *b, long b_step, double *out, long n);
void ew_binary_i64(long op, const int64_t *a, long a_step, const int64_t *b, long b_step, int64_t *out, long n);
void ew_binary_i32(long op, const int32_t *a, long a_step, const int32_t *b, long b_step, int32_t *out, long n);
void ew_binary_u8(long op, const uint8_t *a, long a_step, const uint8_t *b, long b_step, uint8_t *out, long n);

/// out[i] = a[i * a_step] op b[i * b_step] as a byte of 0 or 1.
void ew_compare_f32(long op, const float *a, long a_step, const float *b, long b_step, uint8_t *out, long n);
void ew_compare_f64(long op, const double *a, long a_step, const double *b, long b_step, uint8_t *out, long n);
void ew_compare_i64(long op, const int64_t *a, long a_step, const int64_t *b, long b_step, uint8_t *out, long n);
void ew_compare_i32(long op, const int32_t *a, long a_step, const int32_t *b, long b_step, uint8_t *out, long n);
void ew_compare_u8(long op, const uint8_t *a, long a_step, const uint8_t *b, long b_step, uint8_t *out, long n);

/// Broadcast by channel: out[r, c] = a[r, c] op v[c], or v[c] op a[r, c] where `reversed`.
void ew_binary_rows_f32(long op, const float *a, const float *v, long reversed, float *out, long rows, long channels);
/// Broadcast by row: out[r, c] = a[r, c] op v[r], or v[r] op a[r, c] where `reversed`.
void ew_binary_columns_f32(long op, const float *a, const float *v, long reversed, float *out, long rows, long channels);

/// out[i] = op(a[i]). Integers have EW_NEG, EW_ABS, EW_SIGN, EW_SQUARE, EW_RELU;
/// for them EW_FLOOR, EW_CEIL and EW_ROUND copy.
void ew_unary_f32(long op, const float *a, float *out, long n);
void ew_unary_f64(long op, const double *a, double *out, long n);
void ew_unary_i64(long op, const int64_t *a, int64_t *out, long n);
void ew_unary_i32(long op, const int32_t *a, int32_t *out, long n);
void ew_unary_u8(long op, const uint8_t *a, uint8_t *out, long n);

/// out[i] = condition[i * c_step] ? a[i * a_step] : b[i * b_step], for elements of 1, 4 or 8 bytes.
void ew_select(
    long element_bytes, const uint8_t *condition, long c_step, const void *a, long a_step, const void *b,
    long b_step, void *out, long n);

/// Whether no element is infinite or not a number.
bool ew_is_finite_f32(const float *a, long n);
bool ew_is_finite_f64(const double *a, long n);

/// out[i] = min(max(a[i], low), high); NaN propagates.
void ew_clamp_f32(const float *a, float low, float high, float *out, long n);

/// out[i] = at[i] > 0 ? a[i] : slope * a[i].
void ew_leaky_relu_f32(const float *a, const float *at, float slope, float *out, long n);

/// Fills with one element of 1, 4 or 8 bytes.
void ew_fill(long element_bytes, const void *value, void *out, long n);

/// Converts between kinds. Float to integer truncates and saturates; NaN
/// becomes 0; to bool is "is not zero" (NaN is true).
void ew_cast(long from_kind, const void *a, long to_kind, void *out, long n);

/// Bytes of 0 and 1: out = a and b, a or b, not a.
void ew_and_bool(const uint8_t *a, long a_step, const uint8_t *b, long b_step, uint8_t *out, long n);
void ew_or_bool(const uint8_t *a, long a_step, const uint8_t *b, long b_step, uint8_t *out, long n);
void ew_not_bool(const uint8_t *a, uint8_t *out, long n);

#endif
