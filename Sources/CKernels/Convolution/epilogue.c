// Bias, batch norm, residual and activation over [rows, channels], each optional.
// Each combination has its own loop, so that no loop contains a branch.

#include "epilogue.h"

#include <stddef.h>

#include "levels.h"
#include "functions.h"

#define CHANNEL(B, S, R, ACTIVATE)                                              \
    {                                                                           \
        float v = values[c];                                                    \
        if (B) v = v + bias[c];                                                 \
        if (S) v = mul_add(v, scale[c], shift[c]);                              \
        if (R) v = v + residual[c];                                             \
        values[c] = ACTIVATE(v);                                                \
    }
#define LOOP(B, S, R, ACTIVATE)                                                 \
    for (long r = 0; r < rows; r++, values += stride) {                         \
        for (long first = 0; first < whole; first += 16)                        \
            SIXTEEN for (long c = first; c < first + 16; c++) CHANNEL(B, S, R, ACTIVATE) \
        CHANNELS for (long c = whole; c < channels; c++) CHANNEL(B, S, R, ACTIVATE) \
        if (R) residual += stride;                                              \
    }                                                                           \
    break;

#define COMBINATIONS(ACTIVATE)                                                  \
    switch (parts) { \
        case 0: LOOP(0, 0, 0, ACTIVATE)                                         \
        case 1: LOOP(1, 0, 0, ACTIVATE)                                         \
        case 2: LOOP(0, 1, 0, ACTIVATE)                                         \
        case 3: LOOP(1, 1, 0, ACTIVATE)                                         \
        case 4: LOOP(0, 0, 1, ACTIVATE)                                         \
        case 5: LOOP(1, 0, 1, ACTIVATE)                                         \
        case 6: LOOP(0, 1, 1, ACTIVATE)                                         \
        default: LOOP(1, 1, 1, ACTIVATE)                                        \
    }

#define UNCHANGED(v) (v)

LEVELS(, void, epilogue_rows,
    (const conv_epilogue *epilogue, long first_channel, const float *residual, float *values, long rows,
     long channels, long stride),
    (epilogue, first_channel, residual, values, rows, channels, stride)) {
    if (epilogue == NULL) return;
    const float *bias = epilogue->bias == NULL ? NULL : epilogue->bias + first_channel;
    const float *scale = epilogue->scale == NULL ? NULL : epilogue->scale + first_channel;
    const float *shift = epilogue->shift == NULL ? NULL : epilogue->shift + first_channel;
    const long whole = channels / 16 * 16;
    const int parts = (bias != NULL ? 1 : 0) | (scale != NULL ? 2 : 0) | (residual != NULL ? 4 : 0);
    switch (epilogue->activation) {
        case ACTIVATION_RELU: COMBINATIONS(relu_f32) break;
        case ACTIVATION_RELU6: COMBINATIONS(relu6_f32) break;
        case ACTIVATION_HARDSWISH: COMBINATIONS(hardswish_f32) break;
        case ACTIVATION_HARDSIGMOID: COMBINATIONS(hardsigmoid_f32) break;
        case ACTIVATION_SIGMOID: COMBINATIONS(sigmoid_f32) break;
        default:
            if (parts != 0) COMBINATIONS(UNCHANGED)
            break;
    }
}
