// Rounding to bfloat16, the packing of weights, and the inner kernels for processors with instructions for it.

#include "convolution_bfloat16.h"

#include <string.h>

#include "convolution.h"
#include "convolution_wide.h"
#include "pool.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

/// The nearest value of bfloat16, ties to even, as the bits of a float32. Tiny numbers are zeros.
INLINE uint32_t rounded_bits(float x) {
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    const uint32_t size = bits & 0x7fffffff;
    uint32_t nearest = bits + 0x7fff + (bits >> 16 & 1);
    if (size > 0x7f800000) nearest = bits | 0x400000;
    if (size < 0x800000) nearest = bits & 0x80000000;
    return nearest & 0xffff0000;
}

INLINE float float_of(uint32_t bits) {
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/// Two values in one word.
INLINE float paired(float first, float second) {
    return float_of(rounded_bits(first) >> 16 | rounded_bits(second));
}

LEVELS(static, void, round_swapped, (const float *pixel, long channels, float *words), (pixel, channels, words)) {
    INDEPENDENT for (long c = 0; c + 1 < channels; c += 2) {
        words[c] = float_of(rounded_bits(pixel[c + 1]));
        words[c + 1] = float_of(rounded_bits(pixel[c]));
    }
    if (channels % 2 != 0) {
        words[channels - 1] = 0.0f;
        words[channels] = float_of(rounded_bits(pixel[channels - 1]));
    }
}

#if defined(__x86_64__)
#define BFLOAT16 __attribute__((target("arch=x86-64-v4,avx512bf16"), min_vector_width(512)))

BFLOAT16 static void round_paired(const float *pixel, long channels, float *words) {
    long c = 0;
    for (; c + 32 <= channels; c += 32)
        _mm512_storeu_si512(
            words + c / 2,
            (__m512i)_mm512_cvtne2ps_pbh(_mm512_loadu_ps(pixel + c + 16), _mm512_loadu_ps(pixel + c)));
    for (; c < channels; c += 2) words[c / 2] = paired(pixel[c], c + 1 < channels ? pixel[c + 1] : 0.0f);
    for (; c / 2 < bfloat16_words(channels); c += 2) words[c / 2] = 0.0f;
}

#define DOT(x, factor, sum) ((float16)_mm512_dpbf16_ps((__m512)(sum), (__m512bh)(x), (__m512bh)(factor)))
#define KEEP(x) __asm__("" : "+v"(x))
#define MASK ((__mmask16)((1u << min_long(w->width, 16)) - 1))
#define MASKED_LOAD(from) ((float16)_mm512_maskz_loadu_ps(MASK, from))
#define MASKED_STORE(to, value) _mm512_mask_storeu_ps(to, MASK, (__m512)(value))
WIDE_KERNEL(pairs_6x64, BFLOAT16, 6, 4, SIDE_BY_SIDE, KEEP, DOT, WIDE_LOAD, WIDE_STORE)
WIDE_KERNEL(pairs_12x32, BFLOAT16, 12, 2, SIDE_BY_SIDE, KEEP, DOT, WIDE_LOAD, WIDE_STORE)
WIDE_KERNEL(pairs_12x16, BFLOAT16, 12, 1, SIDE_BY_SIDE, KEEP, DOT, MASKED_LOAD, MASKED_STORE)

void bfloat16_round(const float *pixel, long channels, float *words) {
    (kernel_bfloat16_in_use != BFLOAT16_NONE ? round_paired : round_swapped)(pixel, channels, words);
}

void bfloat16_block(const block_work *w, long pixel, long count) {
    if (w->width == 64) {
        pairs_6x64(w, pixel);
        if (pixel + 6 < count) pairs_6x64(w, pixel + 6);
    } else {
        (w->width == 32 ? pairs_12x32 : pairs_12x16)(w, pixel);
    }
}
#else
void bfloat16_round(const float *pixel, long channels, float *words) { round_swapped(pixel, channels, words); }
void bfloat16_block(const block_work *w, long pixel, long count) { (void)w, (void)pixel, (void)count; }
#endif

typedef struct {
    const float *weight;
    float *packed;
    long inputs, outputs, taps;
} pack_job;

/// Columns that a panel takes: the instructions' kernels have no narrow one.
static long panel_lanes(long rest) {
    return kernel_bfloat16_in_use == BFLOAT16_NONE && rest <= CONV_NARROW ? CONV_NARROW : CONV_PANEL;
}

/// The weights of one panel of columns: [tap][word][column].
static void pack_task(void *context, long index) {
    const pack_job *j = context;
    const long column = index * CONV_PANEL, rest = j->outputs - column, lanes = panel_lanes(rest);
    const long words = bfloat16_words(j->inputs), unit = bfloat16_unit(), output_step = j->inputs * j->taps;
    float *panel = j->packed + column * j->taps * words;
    // Inputs past the last are pairs of zeros.
    for (long input = 0; input < 2 * words / unit; input += 2) {
        for (long tap = 0; tap < j->taps && !pool_stops(lanes); tap++) {
            const float *weight = j->weight + column * output_step + input * j->taps + tap;
            float *out = panel + (tap * words + input / 2 * unit) * lanes;
            for (long l = 0; l < lanes; l++, weight += output_step) {
                const float first = l < rest && input < j->inputs ? weight[0] : 0.0f;
                const float second = l < rest && input + 1 < j->inputs ? weight[j->taps] : 0.0f;
                if (unit == 1) {
                    out[l] = paired(first, second);
                } else {
                    out[l] = float_of(rounded_bits(second));
                    out[lanes + l] = float_of(rounded_bits(first));
                }
            }
        }
    }
}

long conv_bfloat16_count(const conv_geometry *g) {
    const long rest = g->output_channels % CONV_PANEL;
    return (g->output_channels - rest + (rest == 0 ? 0 : panel_lanes(rest))) * g->kernel_height * g->kernel_width *
           bfloat16_words(g->input_channels);
}

void conv_bfloat16_pack(const conv_geometry *g, const float *weight, float *packed) {
    pack_job job = {weight, packed, g->input_channels, g->output_channels, g->kernel_height * g->kernel_width};
    pool_run(parts_of(g->output_channels, CONV_PANEL), pack_task, &job);
}
