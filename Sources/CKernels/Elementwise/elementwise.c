// Arithmetic, comparisons and selection over contiguous blocks. One macro writes
// the three forms (array-array, array-value, value-array) of each operation. The
// elementary functions are in elementwise_unary.c, the casts in cast.c.

#include "elementwise.h"

#include <math.h>

#include "levels.h"
#include "functions.h"

/// The loops of one operation: EXPR is an expression in x and y.
#define FORMS(T, R, EXPR)                                                                       \
    if (a_step && b_step) { \
        INDEPENDENT for (long i = 0; i < n; i++) { const T x = a[i], y = b[i]; out[i] = (R)(EXPR); }  \
    } else if (a_step) { \
        const T y = b[0];                                                                       \
        INDEPENDENT for (long i = 0; i < n; i++) { const T x = a[i]; out[i] = (R)(EXPR); }      \
    } else if (b_step) { \
        const T x = a[0];                                                                       \
        INDEPENDENT for (long i = 0; i < n; i++) { const T y = b[i]; out[i] = (R)(EXPR); }      \
    } else {                                                                                    \
        const T x = a[0], y = b[0];                                                             \
        const R value = (R)(EXPR);                                                              \
        INDEPENDENT for (long i = 0; i < n; i++) out[i] = value;                                \
    }                                                                                           \
    break;

#define FLOAT_CASES(T)                                                                           \
    case EW_ADD: FORMS(T, T, x + y)                                                             \
    case EW_SUB: FORMS(T, T, x - y)                                                             \
    case EW_MUL: FORMS(T, T, x * y)                                                             \
    case EW_DIV: FORMS(T, T, x / y)                                                             \
    case EW_MIN: FORMS(T, T, (x < y || x != x) ? x : y)                                         \
    case EW_MAX: FORMS(T, T, (x > y || x != x) ? x : y)                                         \
    case EW_FLOOR_DIV: FORMS(T, T, floor_divide_##T(x, y))                                      \
    case EW_MOD: FORMS(T, T, modulo_##T(x, y))                                                  \
    case EW_RELU_GRAD: FORMS(T, T, y > 0 ? x : 0)                                               \
    case EW_RELU6_GRAD: FORMS(T, T, ((y > 0) & (y < 6)) ? x : 0)                                \
    case EW_HARDSWISH_GRAD: FORMS(T, T, y <= -3 ? 0 : y < 3 ? x * (y / 3 + (T)0.5) : x)         \
    case EW_HARDSIGMOID_GRAD: FORMS(T, T, ((y > -3) & (y < 3)) ? x / 6 : 0)                     \
    case EW_ABS_GRAD: FORMS(T, T, y > 0 ? x : y < 0 ? -x : 0 * x)                               \
    case EW_SIGMOID_GRAD: FORMS(T, T, x * (1 - y) * y)                                          \
    case EW_TANH_GRAD: FORMS(T, T, x * (1 - y * y))                                             \
    case EW_SQRT_GRAD: FORMS(T, T, x / (2 * y))

/// The largest whole number of times that y goes into x: x / y may round up to one that x does not reach.
#define FLOOR_DIVIDE(T)                                                                         \
    INLINE T floor_divide_##T(T x, T y) { \
        if (y == 0) return x / y;                                                               \
        const T rest = __builtin_elementwise_fmod(x, y);                                        \
        const T times = (x - rest) / y - (rest != 0 && (rest < 0) != (y < 0) ? 1 : 0);          \
        if (times == 0) return __builtin_elementwise_copysign((T)0, x / y);                     \
        return __builtin_elementwise_rint(times);                                               \
    }
FLOOR_DIVIDE(float)
FLOOR_DIVIDE(double)

INLINE double silu_slope_f64(double x) {
    const double s = 1.0 / (1.0 + exp(-x));
    return s * (1.0 + x * (1.0 - s));
}
INLINE double gelu_slope_f64(double x) {
    return 0.5 * (1.0 + erf(x * M_SQRT1_2)) + x * exp(-0.5 * x * x) * 0.39894228040143267794;
}

/// Python's modulo: the result has the sign of the divisor.
INLINE float modulo_float(float x, float y) {
    float r = __builtin_elementwise_fmod(x, y);
    return r != 0 && (r < 0) != (y < 0) ? r + y : r;
}
INLINE double modulo_double(double x, double y) {
    double r = __builtin_elementwise_fmod(x, y);
    return r != 0 && (r < 0) != (y < 0) ? r + y : r;
}

/// The exponents that scripts use most are products and roots: exact and fast.
LEVELS(static, void, power_f32, (const float *a, float exponent, float *out, long n), (a, exponent, out, n)) {
    if (exponent == 2.0f) {
        INDEPENDENT for (long i = 0; i < n; i++) out[i] = a[i] * a[i];
    } else if (exponent == 3.0f) {
        INDEPENDENT for (long i = 0; i < n; i++) out[i] = a[i] * a[i] * a[i];
    } else if (exponent == 1.0f) {
        INDEPENDENT for (long i = 0; i < n; i++) out[i] = a[i];
    } else if (exponent == -1.0f) {
        INDEPENDENT for (long i = 0; i < n; i++) out[i] = 1.0f / a[i];
    } else {
        for (long i = 0; i < n; i++) out[i] = powf(a[i], exponent);
    }
}

LEVELS(, void, ew_binary_f32,
    (long op, const float *a, long a_step, const float *b, long b_step, float *out, long n),
    (op, a, a_step, b, b_step, out, n)) {
    switch (op) {
        FLOAT_CASES(float)
        case EW_SILU_GRAD: FORMS(float, float, x * silu_slope_f32(y))
        case EW_GELU_GRAD: FORMS(float, float, x * gelu_slope_f32(y))
        case EW_POW:
            if (a_step && !b_step) {
                power_f32(a, b[0], out, n);
            } else {
                for (long i = 0; i < n; i++) out[i] = powf(a[i * a_step], b[i * b_step]);
            }
            break;
        default: break;
    }
}

LEVELS(, void, ew_binary_f64,
    (long op, const double *a, long a_step, const double *b, long b_step, double *out, long n),
    (op, a, a_step, b, b_step, out, n)) {
    switch (op) {
        FLOAT_CASES(double)
        case EW_SILU_GRAD:
            for (long i = 0; i < n; i++) out[i] = a[i * a_step] * silu_slope_f64(b[i * b_step]);
            break;
        case EW_GELU_GRAD:
            for (long i = 0; i < n; i++) out[i] = a[i * a_step] * gelu_slope_f64(b[i * b_step]);
            break;
        case EW_POW:
            for (long i = 0; i < n; i++) {
                const double x = a[i * a_step], y = b[i * b_step];
                out[i] = y == 2.0 ? x * x : pow(x, y);
            }
            break;
        default: break;
    }
}

/// Integer arithmetic wraps; it is done in the unsigned type U.
#define INTEGER_BINARY(NAME, T, U, IS_SIGNED)                                                    \
    INLINE T divide_##NAME(T x, T y) { \
        if (y == 0) return 0;                                                                   \
        if (IS_SIGNED && y == (T)-1) return (T)(0 - (U)x);                                      \
        return x / y;                                                                           \
    }                                                                                           \
    INLINE T modulo_##NAME(T x, T y) { \
        if (y == 0 || (IS_SIGNED && y == (T)-1)) return 0;                                      \
        const T r = x % y;                                                                      \
        return IS_SIGNED && r != 0 && (r < 0) != (y < 0) ? (T)(r + y) : r;                      \
    }                                                                                           \
    INLINE T floor_divide_##NAME(T x, T y) { \
        if (y == 0) return 0;                                                                   \
        const T q = divide_##NAME(x, y);                                                        \
        if (!IS_SIGNED || y == (T)-1) return q;                                                 \
        return x % y != 0 && (x < 0) != (y < 0) ? (T)(q - 1) : q;                               \
    }                                                                                           \
    static T power_##NAME(T x, T y) { \
        if (IS_SIGNED && y < 0) return x == 1 ? 1 : x == (T)-1 ? (y % 2 == 0 ? 1 : (T)-1) : 0;  \
        U result = 1, base = (U)x;                                                              \
        for (U e = (U)y; e != 0; e >>= 1) { \
            if (e & 1) result = (U)(result * base);                                             \
            base = (U)(base * base);                                                            \
        }                                                                                       \
        return (T)result;                                                                       \
    }                                                                                           \
    LEVELS(, void, ew_binary_##NAME, \
        (long op, const T *a, long a_step, const T *b, long b_step, T *out, long n), \
        (op, a, a_step, b, b_step, out, n)) { \
        switch (op) { \
            case EW_ADD: FORMS(T, T, (U)x + (U)y)                                               \
            case EW_SUB: FORMS(T, T, (U)x - (U)y)                                               \
            case EW_MUL: FORMS(T, T, (U)x * (U)y)                                               \
            case EW_DIV: FORMS(T, T, divide_##NAME(x, y))                                       \
            case EW_MIN: FORMS(T, T, x < y ? x : y)                                             \
            case EW_MAX: FORMS(T, T, x > y ? x : y)                                             \
            case EW_POW: FORMS(T, T, power_##NAME(x, y))                                        \
            case EW_FLOOR_DIV: FORMS(T, T, floor_divide_##NAME(x, y))                           \
            case EW_MOD: FORMS(T, T, modulo_##NAME(x, y))                                       \
            default: break;                                                                     \
        }                                                                                       \
    }

INTEGER_BINARY(i64, int64_t, uint64_t, 1)
INTEGER_BINARY(i32, int32_t, uint32_t, 1)
INTEGER_BINARY(u8, uint8_t, unsigned, 0)

#define COMPARE(NAME, T)                                                                        \
    LEVELS(, void, ew_compare_##NAME, \
        (long op, const T *a, long a_step, const T *b, long b_step, uint8_t *out, long n), \
        (op, a, a_step, b, b_step, out, n)) { \
        switch (op) { \
            case EW_EQ: FORMS(T, uint8_t, x == y)                                               \
            case EW_NE: FORMS(T, uint8_t, x != y)                                               \
            case EW_LT: FORMS(T, uint8_t, x < y)                                                \
            case EW_LE: FORMS(T, uint8_t, x <= y)                                               \
            case EW_GT: FORMS(T, uint8_t, x > y)                                                \
            case EW_GE: FORMS(T, uint8_t, x >= y)                                               \
            default: break;                                                                     \
        }                                                                                       \
    }

COMPARE(f32, float)
COMPARE(f64, double)
COMPARE(i64, int64_t)
COMPARE(i32, int32_t)
COMPARE(u8, uint8_t)

void ew_binary_rows_f32(
    long op, const float *a, const float *v, long reversed, float *out, long rows, long channels) {
    for (long r = 0; r < rows; r++) {
        const float *row = a + r * channels;
        if (reversed) {
            ew_binary_f32(op, v, 1, row, 1, out + r * channels, channels);
        } else {
            ew_binary_f32(op, row, 1, v, 1, out + r * channels, channels);
        }
    }
}

void ew_binary_columns_f32(
    long op, const float *a, const float *v, long reversed, float *out, long rows, long channels) {
    for (long r = 0; r < rows; r++) {
        const float *row = a + r * channels;
        if (reversed) {
            ew_binary_f32(op, v + r, 0, row, 1, out + r * channels, channels);
        } else {
            ew_binary_f32(op, row, 1, v + r, 0, out + r * channels, channels);
        }
    }
}

#define SELECT(NAME, T)                                                                         \
    LEVELS(static, void, select_##NAME, \
        (const uint8_t *condition, long c_step, const T *a, long a_step, const T *b, long b_step, T *out, long n), \
        (condition, c_step, a, a_step, b, b_step, out, n)) { \
        if (!c_step) { \
            const T *from = condition[0] ? a : b;                                               \
            const long step = condition[0] ? a_step : b_step;                                   \
            for (long i = 0; i < n; i++) out[i] = from[i * step];                               \
        } else if (a_step && b_step) { \
            INDEPENDENT for (long i = 0; i < n; i++) { \
                const T x = a[i], y = b[i];                                                     \
                out[i] = condition[i] ? x : y;                                                  \
            }                                                                                   \
        } else if (a_step) { \
            const T y = b[0];                                                                   \
            INDEPENDENT for (long i = 0; i < n; i++) { const T x = a[i]; out[i] = condition[i] ? x : y; } \
        } else if (b_step) { \
            const T x = a[0];                                                                   \
            INDEPENDENT for (long i = 0; i < n; i++) { const T y = b[i]; out[i] = condition[i] ? x : y; } \
        } else {                                                                                \
            const T x = a[0], y = b[0];                                                         \
            INDEPENDENT for (long i = 0; i < n; i++) out[i] = condition[i] ? x : y;             \
        }                                                                                       \
    }

SELECT(1, uint8_t)
SELECT(4, uint32_t)
SELECT(8, uint64_t)

void ew_select(
    long element_bytes, const uint8_t *condition, long c_step, const void *a, long a_step, const void *b,
    long b_step, void *out, long n) {
    switch (element_bytes) {
        case 1: select_1(condition, c_step, a, a_step, b, b_step, out, n); break;
        case 4: select_4(condition, c_step, a, a_step, b, b_step, out, n); break;
        case 8: select_8(condition, c_step, a, a_step, b, b_step, out, n); break;
        default: break;
    }
}

void ew_fill(long element_bytes, const void *value, void *out, long n) {
    const uint8_t yes = 1;
    ew_select(element_bytes, &yes, 0, value, 0, value, 0, out, n);
}

// What is not finite differs from itself by a number that is not 0.
LEVELS(, bool, ew_is_finite_f32, (const float *a, long n), (a, n)) {
    int strays = 0;
    for (long i = 0; i < n; i++) strays |= !(a[i] - a[i] == 0);
    return strays == 0;
}
LEVELS(, bool, ew_is_finite_f64, (const double *a, long n), (a, n)) {
    long strays = 0;
    for (long i = 0; i < n; i++) strays |= !(a[i] - a[i] == 0);
    return strays == 0;
}

LEVELS(, void, ew_clamp_f32, (const float *a, float low, float high, float *out, long n), (a, low, high, out, n)) {
    INDEPENDENT for (long i = 0; i < n; i++) out[i] = clamp_f32(a[i], low, high);
}

LEVELS(, void, ew_leaky_relu_f32,
    (const float *a, const float *at, float slope, float *out, long n),
    (a, at, slope, out, n)) {
    INDEPENDENT for (long i = 0; i < n; i++) {
        const float x = a[i];
        out[i] = at[i] > 0 ? x : slope * x;
    }
}

LEVELS(, void, ew_and_bool,
    (const uint8_t *a, long a_step, const uint8_t *b, long b_step, uint8_t *out, long n),
    (a, a_step, b, b_step, out, n)) {
    switch (0) { default: FORMS(uint8_t, uint8_t, (x != 0) & (y != 0)) }
}

LEVELS(, void, ew_or_bool,
    (const uint8_t *a, long a_step, const uint8_t *b, long b_step, uint8_t *out, long n),
    (a, a_step, b, b_step, out, n)) {
    switch (0) { default: FORMS(uint8_t, uint8_t, (x != 0) | (y != 0)) }
}

LEVELS(, void, ew_not_bool, (const uint8_t *a, uint8_t *out, long n), (a, out, n)) {
    INDEPENDENT for (long i = 0; i < n; i++) out[i] = a[i] == 0;
}
