// Conversions between the element types. Floats saturate and NaN becomes 0;
// integers wrap, as in NumPy.

#include "levels.h"
#include "elementwise.h"

/// Float to integer without undefined behaviour: LOW and HIGH are the smallest and
/// largest values of T, and 1 + HIGH as a float is exact.
#define FROM_FLOAT(F)                                                                            \
    INLINE int64_t i64_from_##F(F x) { \
        if (x != x) return 0;                                                                    \
        if (x >= (F)9223372036854775808.0) return INT64_MAX;                                     \
        return x < (F)-9223372036854775808.0 ? INT64_MIN : (int64_t)x;                           \
    }                                                                                            \
    INLINE int32_t i32_from_##F(F x) { \
        if (x != x) return 0;                                                                    \
        if (x >= (F)2147483648.0) return INT32_MAX;                                              \
        return x < (F)-2147483648.0 ? INT32_MIN : (int32_t)x;                                    \
    }                                                                                            \
    INLINE uint8_t u8_from_##F(F x) { \
        x = x > 0 ? x : 0;                                                                       \
        x = x < 255 ? x : 255;                                                                   \
        return (uint8_t)(int32_t)x;                                                              \
    }

FROM_FLOAT(float)
FROM_FLOAT(double)

#define EACH(R, EXPR)                                                                            \
    {                                                                                            \
        R *o = out;                                                                              \
        INDEPENDENT for (long i = 0; i < n; i++) o[i] = (EXPR);                                  \
    }                                                                                            \
    break;

#define CASES_FROM_FLOAT(F)                                                                      \
    switch (to_kind) { \
        case KIND_F32: EACH(float, (float)a[i])                                                  \
        case KIND_F64: EACH(double, (double)a[i])                                                \
        case KIND_I64: EACH(int64_t, i64_from_##F(a[i]))                                         \
        case KIND_I32: EACH(int32_t, i32_from_##F(a[i]))                                         \
        case KIND_U8: EACH(uint8_t, u8_from_##F(a[i]))                                           \
        case KIND_BOOL: EACH(uint8_t, a[i] != 0)                                                 \
        default: break;                                                                          \
    }

#define CASES_FROM_INTEGER                                                                       \
    switch (to_kind) { \
        case KIND_F32: EACH(float, (float)a[i])                                                  \
        case KIND_F64: EACH(double, (double)a[i])                                                \
        case KIND_I64: EACH(int64_t, (int64_t)a[i])                                              \
        case KIND_I32: EACH(int32_t, (int32_t)a[i])                                              \
        case KIND_U8: EACH(uint8_t, (uint8_t)a[i])                                               \
        case KIND_BOOL: EACH(uint8_t, a[i] != 0)                                                 \
        default: break;                                                                          \
    }

LEVELS(static, void, cast_f32, (const float *a, long to_kind, void *out, long n), (a, to_kind, out, n)) { CASES_FROM_FLOAT(float) }
LEVELS(static, void, cast_f64, (const double *a, long to_kind, void *out, long n), (a, to_kind, out, n)) { CASES_FROM_FLOAT(double) }
LEVELS(static, void, cast_i64, (const int64_t *a, long to_kind, void *out, long n), (a, to_kind, out, n)) { CASES_FROM_INTEGER }
LEVELS(static, void, cast_i32, (const int32_t *a, long to_kind, void *out, long n), (a, to_kind, out, n)) { CASES_FROM_INTEGER }
LEVELS(static, void, cast_u8, (const uint8_t *a, long to_kind, void *out, long n), (a, to_kind, out, n)) { CASES_FROM_INTEGER }

void ew_cast(long from_kind, const void *a, long to_kind, void *out, long n) {
    switch (from_kind) {
        case KIND_F32: cast_f32(a, to_kind, out, n); break;
        case KIND_F64: cast_f64(a, to_kind, out, n); break;
        case KIND_I64: cast_i64(a, to_kind, out, n); break;
        case KIND_I32: cast_i32(a, to_kind, out, n); break;
        case KIND_U8:
        case KIND_BOOL: cast_u8(a, to_kind, out, n); break;
        default: break;
    }
}
