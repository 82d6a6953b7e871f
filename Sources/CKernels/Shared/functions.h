// The elementary functions and activations as inline expressions, shared by the
// elementwise kernels and the epilogues so that both give the same bits.
// Polynomials after Cephes (Moshier), relative error about 1e-7.

#ifndef SEG_FUNCTIONS_H
#define SEG_FUNCTIONS_H

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "levels.h"

INLINE uint32_t float_bits(float x) {
    uint32_t bits;
    memcpy(&bits, &x, 4);
    return bits;
}

INLINE float float_from_bits(uint32_t bits) {
    float x;
    memcpy(&x, &bits, 4);
    return x;
}

/// e^x over the whole range, including denormals and NaN.
INLINE float exp_f32(float x) {
    const float magic = 12582912.0f;  // 1.5 * 2^23: adding it rounds to a whole number
    x = x > 89.0f ? 89.0f : x;
    x = x < -104.0f ? -104.0f : x;
    const float shifted = mul_add(x, 1.44269504f, magic);
    const float n = shifted - magic;
    const float r = mul_add(n, 2.12194440e-4f, mul_add(n, -0.693359375f, x));
    float p = mul_add(1.9875691500e-4f, r, 1.3981999507e-3f);
    p = mul_add(p, r, 8.3334519073e-3f);
    p = mul_add(p, r, 4.1665795894e-2f);
    p = mul_add(p, r, 1.6666665459e-1f);
    p = mul_add(p, r, 5.0000001201e-1f);
    p = mul_add(p, r * r, r) + 1.0f;
    // 2^n in two steps, so that both ends of the range are right.
    const int32_t exponent = (int32_t)(float_bits(shifted) - float_bits(magic));
    const int32_t half = exponent >> 1;
    const float low = float_from_bits((uint32_t)(half + 127) << 23);
    const float high = float_from_bits((uint32_t)(exponent - half + 127) << 23);
    return p * low * high;
}

/// Natural logarithm, including denormals, zero, negative numbers, infinity and NaN.
INLINE float log_f32(float x) {
    const int tiny = x < 1.17549435e-38f;
    const float scaled = tiny ? x * 8388608.0f : x;
    const uint32_t bits = float_bits(scaled);
    float e = (float)((int32_t)(bits >> 23) - 126) - (tiny ? 23.0f : 0.0f);
    float m = float_from_bits((bits & 0x007fffffu) | 0x3f000000u);
    const int low = m < 0.707106781f;
    e = low ? e - 1.0f : e;
    m = (low ? m + m : m) - 1.0f;
    const float z = m * m;
    float p = mul_add(7.0376836292e-2f, m, -1.1514610310e-1f);
    p = mul_add(p, m, 1.1676998740e-1f);
    p = mul_add(p, m, -1.2420140846e-1f);
    p = mul_add(p, m, 1.4249322787e-1f);
    p = mul_add(p, m, -1.6668057665e-1f);
    p = mul_add(p, m, 2.0000714765e-1f);
    p = mul_add(p, m, -2.4999993993e-1f);
    p = mul_add(p, m, 3.3333331174e-1f);
    float y = p * m * z;
    y = mul_add(e, -2.12194440e-4f, y);
    y = mul_add(z, -0.5f, y);
    float result = mul_add(e, 0.693359375f, m + y);
    result = x == INFINITY ? INFINITY : result;
    result = x == 0.0f ? -INFINITY : result;
    return (x < 0.0f || x != x) ? NAN : result;
}

INLINE float tanh_f32(float x) {
    const float magnitude = fabsf(x);
    const float z = x * x;
    float p = mul_add(-5.70498872745e-3f, z, 2.06390887954e-2f);
    p = mul_add(p, z, -5.37397155531e-2f);
    p = mul_add(p, z, 1.33314422036e-1f);
    p = mul_add(p, z, -3.33332819422e-1f);
    const float near = mul_add(p * z, x, x);
    const float far = 1.0f - 2.0f / (exp_f32(2.0f * magnitude) + 1.0f);
    return magnitude < 0.625f ? near : copysignf(far, x);
}

INLINE float sigmoid_f32(float x) { return 1.0f / (1.0f + exp_f32(-x)); }

/// The error function (Juffa's polynomials), within a unit in the last place.
INLINE float erf_f32(float x) {
    const float magnitude = fabsf(x);
    const float z = x * x;
    float far = mul_add(-1.72853470e-5f, magnitude, 3.83197126e-4f);
    far = mul_add(far, z, mul_add(-3.88396438e-3f, magnitude, 2.42546219e-2f));
    far = mul_add(far, magnitude, -1.06777877e-1f);
    far = mul_add(far, magnitude, -6.34846687e-1f);
    far = mul_add(far, magnitude, -1.28717512e-1f);
    far = 1.0f - exp_f32(mul_add(far, magnitude, -magnitude));
    float near = mul_add(-5.96761703e-4f, z, 4.99119423e-3f);
    near = mul_add(near, z, -2.67681349e-2f);
    near = mul_add(near, z, 1.12819925e-1f);
    near = mul_add(near, z, -3.76125336e-1f);
    near = mul_add(near, z, 1.28379166e-1f);
    near = mul_add(near, x, x);
    return magnitude > 0.927734375f ? copysignf(far, x) : near;
}

/// The share of a normal distribution below x.
INLINE float normal_share_f32(float x) { return 0.5f + 0.5f * erf_f32(0.707106781f * x); }

INLINE float silu_f32(float x) { return x * sigmoid_f32(x); }
INLINE float gelu_f32(float x) { return x * normal_share_f32(x); }

INLINE float silu_slope_f32(float x) {
    const float s = sigmoid_f32(x);
    return s * mul_add(x, 1.0f - s, 1.0f);
}
INLINE float gelu_slope_f32(float x) {
    return mul_add(x * 0.398942280f, exp_f32(-0.5f * x * x), normal_share_f32(x));
}

INLINE float relu_f32(float x) { return x < 0.0f ? 0.0f : x; }

INLINE float clamp_f32(float x, float low, float high) {
    x = x < low ? low : x;
    return x > high ? high : x;
}

INLINE float relu6_f32(float x) { return clamp_f32(x, 0.0f, 6.0f); }
// A product instead of a division: an error of half a unit in the last place, and three times as fast.
INLINE float hardsigmoid_f32(float x) { return relu6_f32(x + 3.0f) * (1.0f / 6.0f); }
INLINE float hardswish_f32(float x) { return x * hardsigmoid_f32(x); }

#endif
