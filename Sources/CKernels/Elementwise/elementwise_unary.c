// Functions of one operand over contiguous blocks: rounding, elementary
// functions and activations.

#include <math.h>

#include "levels.h"
#include "elementwise.h"
#include "functions.h"

#define EACH(T, EXPR)                                                                   \
    {                                                                                   \
        INDEPENDENT for (long i = 0; i < n; i++) { const T x = a[i]; out[i] = (EXPR); } \
    }                                                                                   \
    break;

#define EACH_BY_CALL(T, EXPR)                                                           \
    for (long i = 0; i < n; i++) { const T x = a[i]; out[i] = (EXPR); }                 \
    break;

LEVELS(, void, ew_unary_f32, (long op, const float *a, float *out, long n), (op, a, out, n)) {
    switch (op) {
        case EW_NEG: EACH(float, -x)
        case EW_ABS: EACH(float, fabsf(x))
        case EW_SIGN: EACH(float, x > 0 ? 1.0f : x < 0 ? -1.0f : x)
        case EW_FLOOR: EACH(float, floorf(x))
        case EW_CEIL: EACH(float, ceilf(x))
        case EW_ROUND: EACH(float, rintf(x))
        case EW_RECIPROCAL: EACH(float, 1.0f / x)
        case EW_SQRT: EACH(float, __builtin_elementwise_sqrt(x))
        case EW_SQUARE: EACH(float, x * x)
        case EW_EXP: EACH(float, exp_f32(x))
        case EW_LOG: EACH(float, log_f32(x))
        case EW_LOG2: EACH_BY_CALL(float, log2f(x))
        case EW_LOG10: EACH_BY_CALL(float, log10f(x))
        case EW_SIN: EACH_BY_CALL(float, sinf(x))
        case EW_COS: EACH_BY_CALL(float, cosf(x))
        case EW_TANH: EACH(float, tanh_f32(x))
        case EW_SIGMOID: EACH(float, sigmoid_f32(x))
        case EW_RELU: EACH(float, relu_f32(x))
        case EW_RELU6: EACH(float, relu6_f32(x))
        case EW_HARDSWISH: EACH(float, hardswish_f32(x))
        case EW_HARDSIGMOID: EACH(float, hardsigmoid_f32(x))
        case EW_SILU: EACH(float, silu_f32(x))
        case EW_GELU: EACH(float, gelu_f32(x))
        default: break;
    }
}

INLINE double relu6_f64(double x) { return x < 0 ? 0 : x > 6 ? 6 : x; }

LEVELS(, void, ew_unary_f64, (long op, const double *a, double *out, long n), (op, a, out, n)) {
    switch (op) {
        case EW_NEG: EACH(double, -x)
        case EW_ABS: EACH(double, fabs(x))
        case EW_SIGN: EACH(double, x > 0 ? 1.0 : x < 0 ? -1.0 : x)
        case EW_FLOOR: EACH(double, floor(x))
        case EW_CEIL: EACH(double, ceil(x))
        case EW_ROUND: EACH(double, rint(x))
        case EW_RECIPROCAL: EACH(double, 1.0 / x)
        case EW_SQRT: EACH(double, __builtin_elementwise_sqrt(x))
        case EW_SQUARE: EACH(double, x * x)
        case EW_EXP: EACH_BY_CALL(double, exp(x))
        case EW_LOG: EACH_BY_CALL(double, log(x))
        case EW_LOG2: EACH_BY_CALL(double, log2(x))
        case EW_LOG10: EACH_BY_CALL(double, log10(x))
        case EW_SIN: EACH_BY_CALL(double, sin(x))
        case EW_COS: EACH_BY_CALL(double, cos(x))
        case EW_TANH: EACH_BY_CALL(double, tanh(x))
        case EW_SIGMOID: EACH_BY_CALL(double, 1.0 / (1.0 + exp(-x)))
        case EW_RELU: EACH(double, x < 0 ? 0 : x)
        case EW_RELU6: EACH(double, relu6_f64(x))
        case EW_HARDSWISH: EACH(double, x *relu6_f64(x + 3.0) / 6.0)
        case EW_HARDSIGMOID: EACH(double, relu6_f64(x + 3.0) / 6.0)
        case EW_SILU: EACH_BY_CALL(double, x / (1.0 + exp(-x)))
        case EW_GELU: EACH_BY_CALL(double, 0.5 * x * (1.0 + erf(x * M_SQRT1_2)))
        default: break;
    }
}

/// Negation and squares wrap; they are done in the unsigned type U.
#define INTEGER_UNARY(NAME, T, U)                                                       \
    LEVELS(, void, ew_unary_##NAME, \
        (long op, const T *a, T *out, long n), \
        (op, a, out, n)) { \
        switch (op) { \
            case EW_NEG: EACH(T, (T)(0 - (U)x))                                         \
            case EW_ABS: EACH(T, x < 0 ? (T)(0 - (U)x) : x)                             \
            case EW_SIGN: EACH(T, (T)((x > 0) - (x < 0)))                               \
            case EW_SQUARE: EACH(T, (T)((U)x * (U)x))                                   \
            case EW_RELU: EACH(T, x < 0 ? 0 : x)                                        \
            case EW_FLOOR:                                                              \
            case EW_CEIL:                                                               \
            case EW_ROUND: EACH(T, x)                                                   \
            default: break;                                                             \
        }                                                                               \
    }

INTEGER_UNARY(i64, int64_t, uint64_t)
INTEGER_UNARY(i32, int32_t, uint32_t)
INTEGER_UNARY(u8, uint8_t, unsigned)
