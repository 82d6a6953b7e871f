// Eight floats side by side: selection, extremes and sums across, and e^x.

#ifndef SEG_VECTORS_H
#define SEG_VECTORS_H

#include "levels.h"

INLINE float8 select8(int8 mask, float8 yes, float8 no) {
    return (float8)(((int8)yes & mask) | ((int8)no & ~mask));
}

INLINE float8 max8(float8 a, float8 b) { return select8(a > b, a, b); }

#define HALVES(v) __builtin_shufflevector(v, v, 4, 5, 6, 7, 0, 1, 2, 3)
#define QUARTERS(v) __builtin_shufflevector(v, v, 2, 3, 0, 1, 6, 7, 4, 5)
#define NEIGHBOURS(v) __builtin_shufflevector(v, v, 1, 0, 3, 2, 5, 4, 7, 6)

/// The largest of the eight in every lane.
INLINE float8 top_of8(float8 v) {
    v = max8(v, HALVES(v));
    v = max8(v, QUARTERS(v));
    return max8(v, NEIGHBOURS(v));
}

/// The sum of the eight in every lane.
INLINE float8 sum_of8(float8 v) {
    v += HALVES(v);
    v += QUARTERS(v);
    return v + NEIGHBOURS(v);
}

/// The smallest of eight integers.
INLINE int least_of8(int8 v) {
    int8 w = HALVES(v);
    v = (v & (v < w)) | (w & ~(v < w));
    w = QUARTERS(v);
    v = (v & (v < w)) | (w & ~(v < w));
    w = NEIGHBOURS(v);
    v = (v & (v < w)) | (w & ~(v < w));
    return v[0];
}

/// e^x for x <= 0, as exp_f32, but results below the normal range are 0.
INLINE float8 exp_of_negative8(float8 x) {
    const float8 magic = splat8(12582912.0f);
    const int8 low = x < splat8(-87.0f);
    const float8 shifted = MUL_ADD8(x, splat8(1.44269504f), magic);
    const float8 n = shifted - magic;
    float8 r = MUL_ADD8(n, splat8(-0.693359375f), x);
    r = MUL_ADD8(n, splat8(2.12194440e-4f), r);
    float8 p = MUL_ADD8(splat8(1.9875691500e-4f), r, splat8(1.3981999507e-3f));
    p = MUL_ADD8(p, r, splat8(8.3334519073e-3f));
    p = MUL_ADD8(p, r, splat8(4.1665795894e-2f));
    p = MUL_ADD8(p, r, splat8(1.6666665459e-1f));
    p = MUL_ADD8(p, r, splat8(5.0000001201e-1f));
    p = MUL_ADD8(p, r * r, r) + splat8(1.0f);
    // 2^n by its bits; the low bits of the magic number are zero. A product, so that NaN stays NaN.
    const int8 power = ((int8)shifted << 23) + 0x3f800000;
    return (float8)((int8)(p * (float8)power) & ~low);
}

#endif
