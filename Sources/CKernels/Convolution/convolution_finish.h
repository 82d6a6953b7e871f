// The epilogue of a convolution while its sums are in registers: batch norm, residual and activation, in the
// combinations that networks have. The bits are those of epilogue.c, which has all combinations.

#ifndef SEG_CONVOLUTION_FINISH_H
#define SEG_CONVOLUTION_FINISH_H

#include <stddef.h>

#include "convolution.h"
#include "levels.h"

/// The epilogue if `FINISH` can apply it to so many columns, else NULL.
INLINE const conv_epilogue *finish_of(const conv_epilogue *e, long columns) {
    if (e == NULL || e->bias != NULL || e->scale == NULL || columns % 8 != 0) return NULL;
    return e->activation == ACTIVATION_HARDSIGMOID || e->activation == ACTIVATION_SIGMOID ? NULL : e;
}

// The functions of functions.h for vectors: what is not a number stays it, a negative zero too.
#define UNCHANGED_OF(v) (v)
#define RELU_OF(v) ({ const __typeof__(v) u = (v), low = {0}; EITHER(u < low, low, u); })
#define RELU6_OF(v) ({ const __typeof__(v) r = RELU_OF(v), high = (__typeof__(v)){0} + 6.0f; EITHER(r > high, high, r); })
#define HARDSIGMOID_OF(v) ({ const __typeof__(v) x = (v); RELU6_OF(x + 3.0f) * (1.0f / 6.0f); })
#define HARDSWISH_OF(v) ({ const __typeof__(v) x = (v); x * (RELU6_OF(x + 3.0f) * (1.0f / 6.0f)); })

#define FINISH_EACH(w, pixel, rows, vectors, lanes, sums, load, store, ACTIVATE)                          \
    UNROLLED for (int j = 0; j < vectors; j++) {                                                          \
        const __typeof__(sums[0][0]) scale = load((w)->finish->scale + (w)->column + lanes * j);          \
        const __typeof__(sums[0][0]) shift = load((w)->finish->shift + (w)->column + lanes * j);          \
        UNROLLED for (int i = 0; i < rows; i++) {                                                         \
            __typeof__(sums[0][0]) result = MUL_ADD8(sums[i][j], scale, shift);                           \
            if ((w)->residual != NULL) result = result + load(residual_row(w, (pixel) + i) + lanes * j);  \
            store((w)->out[(pixel) + i] + (w)->column + lanes * j, ACTIVATE(result));                     \
        }                                                                                                 \
    }                                                                                                     \
    break;

/// Stores the sums of `rows` pixels by `vectors` of so many `lanes`, with the epilogue of the work `w`.
#define FINISH(w, pixel, rows, vectors, lanes, sums, load, store)                                         \
    switch ((w)->finish->activation) {                                                                    \
        case ACTIVATION_RELU: FINISH_EACH(w, pixel, rows, vectors, lanes, sums, load, store, RELU_OF)     \
        case ACTIVATION_RELU6: FINISH_EACH(w, pixel, rows, vectors, lanes, sums, load, store, RELU6_OF)   \
        case ACTIVATION_HARDSWISH:                                                                        \
            FINISH_EACH(w, pixel, rows, vectors, lanes, sums, load, store, HARDSWISH_OF)                  \
        default: FINISH_EACH(w, pixel, rows, vectors, lanes, sums, load, store, UNCHANGED_OF)             \
    }

#endif
