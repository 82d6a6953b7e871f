// The transforms of Winograd's minimal filtering along one axis, of eight channels at a time, for a kernel of three taps:
// `input_line` takes pixels to points, `filter_line` taps to points, `output_line` points to results; `upstream_line` takes
// the gradients of results to points and `taps_line` points to the gradients of taps. Results are `to` vectors apart.

#ifndef SEG_CONVOLUTION_WINOGRAD_LINES_H
#define SEG_CONVOLUTION_WINOGRAD_LINES_H

#include "levels.h"

// Four results, by the points 0, ±a, ±b and infinity.
#define A1 0.75f
#define B1 1.5f
#define A2 (A1 * A1)
#define B2 (B1 * B1)
#define A3 (A1 * A1 * A1)
#define B3 (B1 * B1 * B1)
#define AB2 (A2 * B2)
#define S2 (A2 + B2)

/// Six values times the transposed B, `to` vectors apart in the result: the transform of a tile along one axis.
INLINE void input_line_4(const float8 *d, float8 *t, long to) {
    const float8 d0 = d[0], d1 = d[1], d2 = d[2], d3 = d[3], d4 = d[4], d5 = d[5];
    const float8 even_a = MUL_ADD8(splat8(-B2), d2, d4), odd_a = splat8(A1) * MUL_ADD8(splat8(-B2), d1, d3);
    const float8 even_b = MUL_ADD8(splat8(-A2), d2, d4), odd_b = splat8(B1) * MUL_ADD8(splat8(-A2), d1, d3);
    t[0] = MUL_ADD8(splat8(AB2), d0, MUL_ADD8(splat8(-S2), d2, d4));
    t[to] = even_a + odd_a;
    t[2 * to] = even_a - odd_a;
    t[3 * to] = even_b + odd_b;
    t[4 * to] = even_b - odd_b;
    t[5 * to] = MUL_ADD8(splat8(AB2), d1, MUL_ADD8(splat8(-S2), d3, d5));
}

/// Six values times the transposed A: four results.
INLINE void output_line_4(const float8 *m, float8 *y, long to) {
    const float8 m1 = m[1], m2 = m[2], m3 = m[3], m4 = m[4];
    const float8 even_a = m1 + m2, odd_a = m1 - m2, even_b = m3 + m4, odd_b = m3 - m4;
    y[0] = (m[0] + even_a) + even_b;
    y[to] = MUL_ADD8(splat8(B1), odd_b, splat8(A1) * odd_a);
    y[2 * to] = MUL_ADD8(splat8(B2), even_b, splat8(A2) * even_a);
    y[3 * to] = MUL_ADD8(splat8(B3), odd_b, MUL_ADD8(splat8(A3), odd_a, m[5]));
}

/// Three taps times G: six points.
INLINE void filter_line_4(const float8 *f, long step, float8 *t, long to) {
    const float at_a = 1 / (2 * A2 * (A2 - B2)), at_b = 1 / (2 * B2 * (B2 - A2));
    const float8 f0 = f[0], f1 = f[step], f2 = f[2 * step];
    const float8 even_a = MUL_ADD8(splat8(A2 * at_a), f2, splat8(at_a) * f0), odd_a = splat8(A1 * at_a) * f1;
    const float8 even_b = MUL_ADD8(splat8(B2 * at_b), f2, splat8(at_b) * f0), odd_b = splat8(B1 * at_b) * f1;
    t[0] = splat8(1 / AB2) * f0;
    t[to] = even_a + odd_a;
    t[2 * to] = even_a - odd_a;
    t[3 * to] = even_b + odd_b;
    t[4 * to] = even_b - odd_b;
    t[5 * to] = f2;
}

/// Four values times A: six points.
INLINE void upstream_line_4(const float8 *u, float8 *t, long to) {
    const float8 u0 = u[0], u1 = u[1], u2 = u[2], u3 = u[3];
    const float8 even_a = MUL_ADD8(splat8(A2), u2, u0), odd_a = splat8(A1) * MUL_ADD8(splat8(A2), u3, u1);
    const float8 even_b = MUL_ADD8(splat8(B2), u2, u0), odd_b = splat8(B1) * MUL_ADD8(splat8(B2), u3, u1);
    t[0] = u0;
    t[to] = even_a + odd_a;
    t[2 * to] = even_a - odd_a;
    t[3 * to] = even_b + odd_b;
    t[4 * to] = even_b - odd_b;
    t[5 * to] = u3;
}

/// Six points times the transposed G: three taps.
INLINE void taps_line_4(const float8 *m, float8 *f, long to) {
    const float at_a = 1 / (2 * A2 * (A2 - B2)), at_b = 1 / (2 * B2 * (B2 - A2));
    const float8 m1 = m[1], m2 = m[2], m3 = m[3], m4 = m[4];
    const float8 even_a = m1 + m2, odd_a = m1 - m2, even_b = m3 + m4, odd_b = m3 - m4;
    f[0] = MUL_ADD8(splat8(1 / AB2), m[0], MUL_ADD8(splat8(at_a), even_a, splat8(at_b) * even_b));
    f[to] = MUL_ADD8(splat8(A1 * at_a), odd_a, splat8(B1 * at_b) * odd_b);
    f[2 * to] = MUL_ADD8(splat8(A2 * at_a), even_a, MUL_ADD8(splat8(B2 * at_b), even_b, m[5]));
}

#undef A1
#undef B1

// Three results, by the points ±a, ±b and infinity: the other names stand for the same of these.
#define A1 0.5f
#define B1 1.25f

INLINE void input_line_3(const float8 *d, float8 *t, long to) {
    const float8 d0 = d[0], d1 = d[1], d2 = d[2], d3 = d[3], d4 = d[4];
    const float8 odd_a = MUL_ADD8(splat8(-B2), d1, d3), even_a = splat8(A1) * MUL_ADD8(splat8(-B2), d0, d2);
    const float8 odd_b = MUL_ADD8(splat8(-A2), d1, d3), even_b = splat8(B1) * MUL_ADD8(splat8(-A2), d0, d2);
    t[0] = odd_a + even_a;
    t[to] = odd_a - even_a;
    t[2 * to] = odd_b + even_b;
    t[3 * to] = odd_b - even_b;
    t[4 * to] = MUL_ADD8(splat8(AB2), d0, MUL_ADD8(splat8(-S2), d2, d4));
}

INLINE void output_line_3(const float8 *m, float8 *y, long to) {
    const float8 even_a = m[0] + m[1], odd_a = m[0] - m[1], even_b = m[2] + m[3], odd_b = m[2] - m[3];
    y[0] = even_a + even_b;
    y[to] = MUL_ADD8(splat8(B1), odd_b, splat8(A1) * odd_a);
    y[2 * to] = MUL_ADD8(splat8(B2), even_b, MUL_ADD8(splat8(A2), even_a, m[4]));
}

INLINE void filter_line_3(const float8 *f, long step, float8 *t, long to) {
    const float at_a = 1 / (2 * A1 * (A2 - B2)), at_b = 1 / (2 * B1 * (B2 - A2));
    const float8 f0 = f[0], f1 = f[step], f2 = f[2 * step];
    const float8 even_a = MUL_ADD8(splat8(A2 * at_a), f2, splat8(at_a) * f0), odd_a = splat8(A1 * at_a) * f1;
    const float8 even_b = MUL_ADD8(splat8(B2 * at_b), f2, splat8(at_b) * f0), odd_b = splat8(B1 * at_b) * f1;
    t[0] = odd_a + even_a;
    t[to] = odd_a - even_a;
    t[2 * to] = odd_b + even_b;
    t[3 * to] = odd_b - even_b;
    t[4 * to] = f2;
}

INLINE void upstream_line_3(const float8 *u, float8 *t, long to) {
    const float8 u0 = u[0], u1 = u[1], u2 = u[2];
    const float8 even_a = MUL_ADD8(splat8(A2), u2, u0), odd_a = splat8(A1) * u1;
    const float8 even_b = MUL_ADD8(splat8(B2), u2, u0), odd_b = splat8(B1) * u1;
    t[0] = even_a + odd_a;
    t[to] = even_a - odd_a;
    t[2 * to] = even_b + odd_b;
    t[3 * to] = even_b - odd_b;
    t[4 * to] = u2;
}

INLINE void taps_line_3(const float8 *m, float8 *f, long to) {
    const float at_a = 1 / (2 * A1 * (A2 - B2)), at_b = 1 / (2 * B1 * (B2 - A2));
    const float8 odd_a = m[0] - m[1], even_a = m[0] + m[1], odd_b = m[2] - m[3], even_b = m[2] + m[3];
    f[0] = MUL_ADD8(splat8(at_a), odd_a, splat8(at_b) * odd_b);
    f[to] = MUL_ADD8(splat8(A1 * at_a), even_a, splat8(B1 * at_b) * even_b);
    f[2 * to] = MUL_ADD8(splat8(A2 * at_a), odd_a, MUL_ADD8(splat8(B2 * at_b), odd_b, m[4]));
}

#undef A1
#undef B1
#undef A2
#undef B2
#undef A3
#undef B3
#undef AB2
#undef S2

// Two results of a picture that has no other pixels along the axis, or one: the products of zeros are left out, which
// leaves three. A result and its pixel have one place, so that the outer taps see the other pixel alone.

INLINE void input_line_2(const float8 *d, float8 *t, long to) {
    const float8 d0 = d[0], d1 = d[1];
    t[0] = d0;
    t[to] = d0 + d1;
    t[2 * to] = d1;
}

INLINE void output_line_2(const float8 *m, float8 *y, long to) {
    const float8 m1 = m[1];
    y[0] = m1 + m[2];
    y[to] = m1 + m[0];
}

INLINE void filter_line_2(const float8 *f, long step, float8 *t, long to) {
    const float8 f0 = f[0], f1 = f[step], f2 = f[2 * step];
    t[0] = f0 - f1;
    t[to] = f1;
    t[2 * to] = f2 - f1;
}

INLINE void upstream_line_2(const float8 *u, float8 *t, long to) {
    const float8 u0 = u[0], u1 = u[1];
    t[0] = u1;
    t[to] = u0 + u1;
    t[2 * to] = u0;
}

INLINE void taps_line_2(const float8 *m, float8 *f, long to) {
    const float8 m0 = m[0], m2 = m[2];
    f[0] = m0;
    f[to] = m[1] - m0 - m2;
    f[2 * to] = m2;
}

#endif
