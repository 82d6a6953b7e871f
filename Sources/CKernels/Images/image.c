// The loops of image.h. Sums that are truncated to whole numbers are not contracted to fused multiply-adds: the
// result could then differ by one level between processors.

#include "image.h"

#include <math.h>
#include <string.h>

#include "levels.h"

#pragma clang fp contract(off)

static inline uint8_t clipped(int32_t value) { return value < 0 ? 0 : value > 255 ? 255 : (uint8_t)value; }

enum { WEIGHT_BITS = 22 };

// Four rows at once share the weights and give twelve independent sums.
LEVELS(, void, image_resize_rows_rgb,
    (const uint8_t *restrict source, ptrdiff_t width, ptrdiff_t height, uint8_t *restrict target,
     ptrdiff_t target_width, const int32_t *restrict starts, const int32_t *restrict counts,
     const int32_t *restrict weights, ptrdiff_t taps),
    (source, width, height, target, target_width, starts, counts, weights, taps)) {
    const int32_t half = 1 << (WEIGHT_BITS - 1);
    for (ptrdiff_t y = 0; y < height; y += 4) {
        const ptrdiff_t rows = height - y < 4 ? height - y : 4;
        const uint8_t *r0 = source + y * width * 3;
        const uint8_t *r1 = source + (y + (rows > 1 ? 1 : 0)) * width * 3;
        const uint8_t *r2 = source + (y + (rows > 2 ? 2 : 0)) * width * 3;
        const uint8_t *r3 = source + (y + (rows > 3 ? 3 : 0)) * width * 3;
        for (ptrdiff_t x = 0; x < target_width; x++) {
            int32_t a0 = half, a1 = half, a2 = half, b0 = half, b1 = half, b2 = half;
            int32_t c0 = half, c1 = half, c2 = half, d0 = half, d1 = half, d2 = half;
            const int32_t *w = weights + x * taps;
            ptrdiff_t at = (ptrdiff_t)starts[x] * 3;
#pragma clang loop vectorize(disable)
            for (int32_t t = 0; t < counts[x]; t++, at += 3) {
                const int32_t k = w[t];
                a0 += r0[at] * k, a1 += r0[at + 1] * k, a2 += r0[at + 2] * k;
                b0 += r1[at] * k, b1 += r1[at + 1] * k, b2 += r1[at + 2] * k;
                c0 += r2[at] * k, c1 += r2[at + 1] * k, c2 += r2[at + 2] * k;
                d0 += r3[at] * k, d1 += r3[at + 1] * k, d2 += r3[at + 2] * k;
            }
            uint8_t *out = target + (y * target_width + x) * 3;
            const ptrdiff_t row = target_width * 3;
            out[0] = clipped(a0 >> WEIGHT_BITS), out[1] = clipped(a1 >> WEIGHT_BITS), out[2] = clipped(a2 >> WEIGHT_BITS);
            if (rows > 1) {
                out += row;
                out[0] = clipped(b0 >> WEIGHT_BITS), out[1] = clipped(b1 >> WEIGHT_BITS), out[2] = clipped(b2 >> WEIGHT_BITS);
            }
            if (rows > 2) {
                out += row;
                out[0] = clipped(c0 >> WEIGHT_BITS), out[1] = clipped(c1 >> WEIGHT_BITS), out[2] = clipped(c2 >> WEIGHT_BITS);
            }
            if (rows > 3) {
                out += row;
                out[0] = clipped(d0 >> WEIGHT_BITS), out[1] = clipped(d1 >> WEIGHT_BITS), out[2] = clipped(d2 >> WEIGHT_BITS);
            }
        }
    }
}

enum { STRIP = 128 };

LEVELS(, void, image_resize_columns,
    (const uint8_t *restrict source, ptrdiff_t row, uint8_t *restrict target, ptrdiff_t target_height,
     const int32_t *restrict starts, const int32_t *restrict counts, const int32_t *restrict weights,
     ptrdiff_t taps),
    (source, row, target, target_height, starts, counts, weights, taps)) {
    for (ptrdiff_t y = 0; y < target_height; y++) {
        const int32_t *w = weights + y * taps;
        const uint8_t *first = source + starts[y] * row;
        uint8_t *out = target + y * row;
        for (ptrdiff_t x = 0; x < row; x += STRIP) {
            const ptrdiff_t length = row - x < STRIP ? row - x : STRIP;
            int32_t sums[STRIP];
            for (ptrdiff_t i = 0; i < STRIP; i++) sums[i] = 1 << (WEIGHT_BITS - 1);
            for (int32_t t = 0; t < counts[y]; t++) {
                const uint8_t *in = first + t * row + x;
                const int32_t k = w[t];
                for (ptrdiff_t i = 0; i < length; i++) sums[i] += in[i] * k;
            }
            for (ptrdiff_t i = 0; i < length; i++) out[x + i] = clipped(sums[i] >> WEIGHT_BITS);
        }
    }
}

// The columns of a row whose source `base + step * x` is in [0, limit). The result may be slightly too wide at both
// ends; the loops test each column again.
static void narrow(double base, double step, double limit, ptrdiff_t *from, ptrdiff_t *to) {
    if (step == 0) {
        if (!(base >= 0 && base < limit)) *to = *from;
        return;
    }
    double a = -base / step, b = (limit - base) / step;
    double low = a < b ? a : b, high = a < b ? b : a;
    if (low - 2 > (double)*from) *from = low - 2 > (double)*to ? *to : (ptrdiff_t)(low - 2);
    if (high + 2 < (double)*to) *to = high + 2 < (double)*from ? *from : (ptrdiff_t)(high + 2);
}

enum { CHUNK = 64, FRACTION_BITS = 11 };

LEVELS(, void, image_affine_rgb,
    (const uint8_t *restrict source, ptrdiff_t width, ptrdiff_t height, uint8_t *restrict target, const double *m),
    (source, width, height, target, m)) {
    const int32_t one = 1 << FRACTION_BITS;
    memset(target, 0, (size_t)width * (size_t)height * 3);
    for (ptrdiff_t y = 0; y < height; y++) {
        const double bx = m[0] * 0.5 + m[1] * ((double)y + 0.5) + m[2];
        const double by = m[3] * 0.5 + m[4] * ((double)y + 0.5) + m[5];
        ptrdiff_t from = 0, to = width;
        narrow(bx, m[0], (double)width, &from, &to);
        narrow(by, m[3], (double)height, &from, &to);
        for (ptrdiff_t start = from; start < to; start += CHUNK) {
            const int32_t length = (int32_t)(to - start < CHUNK ? to - start : CHUNK);
            int32_t columns[CHUNK], rows[CHUNK], dx[CHUNK], dy[CHUNK], inside[CHUNK];
            for (int32_t i = 0; i < length; i++) {
                const double x = bx + m[0] * (double)(start + i);
                const double v = by + m[3] * (double)(start + i);
                inside[i] = (x >= 0) & (x < (double)width) & (v >= 0) & (v < (double)height);
                // Shifted by one, so that truncation rounds down also between -0.5 and 0.
                const double sx = x + 0.5, sv = v + 0.5;
                const int32_t cx = (int32_t)sx, cv = (int32_t)sv;
                columns[i] = cx - 1;
                rows[i] = cv - 1;
                dx[i] = (int32_t)((sx - cx) * one + 0.5);
                dy[i] = (int32_t)((sv - cv) * one + 0.5);
            }
            uint8_t *out = target + (y * width + start) * 3;
            for (int32_t i = 0; i < length; i++, out += 3) {
                if (!inside[i]) continue;
                const ptrdiff_t x0 = columns[i] < 0 ? 0 : columns[i];
                const ptrdiff_t x1 = columns[i] + 1 < width ? columns[i] + 1 : width - 1;
                const ptrdiff_t y0 = rows[i] < 0 ? 0 : rows[i];
                const ptrdiff_t y1 = rows[i] + 1 < height ? rows[i] + 1 : height - 1;
                const uint8_t *a = source + (y0 * width + x0) * 3, *b = source + (y0 * width + x1) * 3;
                const uint8_t *c = source + (y1 * width + x0) * 3, *d = source + (y1 * width + x1) * 3;
                const int32_t wb = dx[i] * (one - dy[i]), wa = (one - dx[i]) * (one - dy[i]);
                const int32_t wd = dx[i] * dy[i], wc = (one - dx[i]) * dy[i];
                for (int k = 0; k < 3; k++) {
                    out[k] = (uint8_t)((a[k] * wa + b[k] * wb + c[k] * wc + d[k] * wd) >> (2 * FRACTION_BITS));
                }
            }
        }
    }
}

// Pillow steps in units of 2^-16 here, and so does this function: masks are equal to the bit.
void image_affine_mask(
    const uint8_t *restrict source, ptrdiff_t width, ptrdiff_t height, uint8_t *restrict target, const double *m,
    uint8_t fill
) {
    const int64_t a0 = (int64_t)floor(m[0] * 65536 + 0.5), a1 = (int64_t)floor(m[1] * 65536 + 0.5);
    const int64_t a3 = (int64_t)floor(m[3] * 65536 + 0.5), a4 = (int64_t)floor(m[4] * 65536 + 0.5);
    int64_t bx = (int64_t)floor((m[2] + m[0] * 0.5 + m[1] * 0.5) * 65536 + 0.5);
    int64_t by = (int64_t)floor((m[5] + m[3] * 0.5 + m[4] * 0.5) * 65536 + 0.5);
    memset(target, fill, (size_t)width * (size_t)height);
    for (ptrdiff_t y = 0; y < height; y++, bx += a1, by += a4) {
        ptrdiff_t from = 0, to = width;
        narrow((double)bx / 65536, (double)a0 / 65536, (double)width, &from, &to);
        narrow((double)by / 65536, (double)a3 / 65536, (double)height, &from, &to);
        uint8_t *out = target + y * width;
        int64_t x = bx + a0 * from, v = by + a3 * from;
        for (ptrdiff_t i = from; i < to; i++, x += a0, v += a3) {
            const int64_t column = x >> 16, row = v >> 16;
            if (column >= 0 && column < width && row >= 0 && row < height) out[i] = source[row * width + column];
        }
    }
}

void image_flip_rows_rgb(
    const uint8_t *restrict source, ptrdiff_t width, ptrdiff_t height, uint8_t *restrict target
) {
    for (ptrdiff_t y = 0; y < height; y++) {
        const uint8_t *in = source + y * width * 3;
        uint8_t *out = target + (y + 1) * width * 3 - 3;
        for (ptrdiff_t x = 0; x < width; x++, in += 3, out -= 3) {
            out[0] = in[0], out[1] = in[1], out[2] = in[2];
        }
    }
}

LEVELS(, void, image_flip_rows_mask,
    (const uint8_t *restrict source, ptrdiff_t width, ptrdiff_t height, uint8_t *restrict target),
    (source, width, height, target)) {
    for (ptrdiff_t y = 0; y < height; y++) {
        for (ptrdiff_t x = 0; x < width; x++) target[y * width + x] = source[y * width + width - 1 - x];
    }
}

static inline uint8_t cut(float value) {
    // In this order NaN becomes 0.
    value = value > 0 ? (value < 255 ? value : 255) : 0;
    return (uint8_t)(int32_t)value;
}

LEVELS(, void, image_brightness,
    (const uint8_t *restrict source, ptrdiff_t count, uint8_t *restrict target, float factor),
    (source, count, target, factor)) {
    for (ptrdiff_t i = 0; i < count; i++) target[i] = cut(factor * (float)source[i]);
}

LEVELS(, void, image_saturation_rgb,
    (const uint8_t *restrict source, ptrdiff_t pixels, uint8_t *restrict target, float factor),
    (source, pixels, target, factor)) {
    for (ptrdiff_t i = 0; i < pixels; i++) {
        const int32_t r = source[3 * i], g = source[3 * i + 1], b = source[3 * i + 2];
        const int32_t gray = (r * 19595 + g * 38470 + b * 7471 + 0x8000) >> 16;
        target[3 * i] = cut((float)gray + factor * (float)(r - gray));
        target[3 * i + 1] = cut((float)gray + factor * (float)(g - gray));
        target[3 * i + 2] = cut((float)gray + factor * (float)(b - gray));
    }
}

LEVELS(, void, image_contrast,
    (const uint8_t *restrict source, ptrdiff_t count, uint8_t *restrict target, float gray, float factor),
    (source, count, target, gray, factor)) {
    for (ptrdiff_t i = 0; i < count; i++) target[i] = cut(gray + factor * ((float)source[i] - gray));
}

LEVELS(, uint64_t, image_gray_sum, (const uint8_t *restrict source, ptrdiff_t pixels), (source, pixels)) {
    uint64_t sum = 0;
    for (ptrdiff_t i = 0; i < pixels; i++) {
        const int32_t r = source[3 * i], g = source[3 * i + 1], b = source[3 * i + 2];
        sum += (uint64_t)((r * 19595 + g * 38470 + b * 7471 + 0x8000) >> 16);
    }
    return sum;
}

void image_hue_rgb(const uint8_t *restrict source, ptrdiff_t pixels, uint8_t *restrict target, float turn) {
    for (ptrdiff_t i = 0; i < pixels; i++, source += 3, target += 3) {
        const float r = source[0], g = source[1], b = source[2];
        const float high = r > g ? (r > b ? r : b) : (g > b ? g : b);
        const float low = r < g ? (r < b ? r : b) : (g < b ? g : b);
        const float range = high - low;
        if (range == 0) {
            target[0] = source[0], target[1] = source[1], target[2] = source[2];
            continue;
        }
        // Sixths of the circle: red, yellow, green, cyan, blue, magenta.
        float hue = high == r ? (g - b) / range : high == g ? 2 + (b - r) / range : 4 + (r - g) / range;
        hue += 6 * turn;
        hue -= 6 * floorf(hue / 6);
        const int sector = (int)hue;
        const float fraction = hue - (float)sector;
        const float down = high - range * fraction, up = low + range * fraction;
        const float out[6][3] = {
            {high, up, low}, {down, high, low}, {low, high, up}, {low, down, high}, {up, low, high}, {high, low, down}};
        const float *color = out[sector > 5 ? 0 : sector];
        for (int k = 0; k < 3; k++) target[k] = cut(color[k] + 0.5f);
    }
}

/// The place in 0 ..< size that a place beyond the borders mirrors, without repeating the border.
static ptrdiff_t mirrored(ptrdiff_t at, ptrdiff_t size) {
    if (size == 1) return 0;
    const ptrdiff_t period = 2 * (size - 1);
    at %= period;
    if (at < 0) at += period;
    return at < size ? at : period - at;
}

LEVELS(, void, image_blur_rgb,
    (const uint8_t *restrict source, ptrdiff_t width, ptrdiff_t height, uint8_t *restrict target,
     const float *restrict weights, ptrdiff_t radius, float *restrict rows),
    (source, width, height, target, weights, radius, rows)) {
    const ptrdiff_t row = width * 3;
    for (ptrdiff_t y = 0; y < height; y++) {
        const uint8_t *in = source + y * row;
        float *out = rows + y * row;
        for (ptrdiff_t i = 0; i < row; i++) out[i] = weights[0] * (float)in[i];
        for (ptrdiff_t k = 1; k <= radius; k++) {
            const float weight = weights[k];
            const ptrdiff_t edge = k < width ? k : width;
            for (ptrdiff_t i = 3 * edge; i < row - 3 * edge; i++) {
                out[i] += weight * ((float)in[i - 3 * k] + (float)in[i + 3 * k]);
            }
            for (ptrdiff_t x = 0; x < width; x++) {
                if (x == edge && width - edge > x) x = width - edge;
                const ptrdiff_t left = 3 * mirrored(x - k, width), right = 3 * mirrored(x + k, width);
                for (int c = 0; c < 3; c++) out[3 * x + c] += weight * ((float)in[left + c] + (float)in[right + c]);
            }
        }
    }
    for (ptrdiff_t y = 0; y < height; y++) {
        uint8_t *out = target + y * row;
        for (ptrdiff_t x = 0; x < row; x += STRIP) {
            const ptrdiff_t length = row - x < STRIP ? row - x : STRIP;
            float sums[STRIP];
            for (ptrdiff_t i = 0; i < length; i++) sums[i] = weights[0] * rows[y * row + x + i];
            for (ptrdiff_t k = 1; k <= radius; k++) {
                const float *above = rows + mirrored(y - k, height) * row + x;
                const float *below = rows + mirrored(y + k, height) * row + x;
                const float weight = weights[k];
                for (ptrdiff_t i = 0; i < length; i++) sums[i] += weight * (above[i] + below[i]);
            }
            for (ptrdiff_t i = 0; i < length; i++) out[x + i] = cut(sums[i] + 0.5f);
        }
    }
}

LEVELS(, void, image_add_noise,
    (const uint8_t *restrict source, ptrdiff_t count, uint8_t *restrict target, const float *restrict noise,
     float scale),
    (source, count, target, noise, scale)) {
    for (ptrdiff_t i = 0; i < count; i++) target[i] = cut((float)source[i] + scale * noise[i] + 0.5f);
}

void image_floats_planar(
    const uint8_t *restrict source, ptrdiff_t pixels, float *restrict target, const float *restrict tables
) {
    for (ptrdiff_t i = 0; i < pixels; i++) {
        target[i] = tables[source[3 * i]];
        target[pixels + i] = tables[256 + source[3 * i + 1]];
        target[2 * pixels + i] = tables[512 + source[3 * i + 2]];
    }
}

// The entry of the nearest of `count` colours.
static uint8_t nearest_class(uint32_t color, const uint32_t *colors, const uint8_t *classes, ptrdiff_t count) {
    const int red = (int)(color >> 16), green = (int)(color >> 8 & 255), blue = (int)(color & 255);
    int best = 1 << 30;
    uint8_t value = 255;
    for (ptrdiff_t i = 0; i < count; i++) {
        const int r = red - (int)(colors[i] >> 16), g = green - (int)(colors[i] >> 8 & 255);
        const int b = blue - (int)(colors[i] & 255);
        const int distance = r * r + g * g + b * b;
        if (distance < best) {
            best = distance;
            value = classes[i];
        }
    }
    return value;
}

// How many pixels from here on are equal to the first: long runs of one colour are what masks consist of. Eight bytes
// at a time are compared with those one pixel before.
static inline __attribute__((always_inline)) ptrdiff_t run_length(
    const uint8_t *p, ptrdiff_t channels, ptrdiff_t pixels
) {
    const ptrdiff_t bytes = (pixels - 1) * channels;
    ptrdiff_t k = 0;
    for (; k + 8 <= bytes; k += 8) {
        if (memcmp(p + k, p + k + channels, 8) != 0) break;
    }
    while (k < bytes && p[k] == p[k + channels]) k++;
    return 1 + k / channels;
}

static inline __attribute__((always_inline)) size_t decode_colors(
    const uint8_t *restrict source, ptrdiff_t channels, ptrdiff_t pixels, uint8_t *restrict target,
    const uint32_t *restrict keys, const uint8_t *restrict values, uint32_t mask, uint8_t stray, size_t *first
) {
    size_t strays = 0;
    for (ptrdiff_t i = 0; i < pixels;) {
        const uint8_t *p = source + i * channels;
        const ptrdiff_t run = run_length(p, channels, pixels - i);
        uint8_t value = 255;
        if (channels != 4 || p[3] != 0) {
            const uint32_t color = (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2];
            uint32_t place = image_color_place(color, mask);
            while (keys[place] != color && keys[place] != 0xffffffffu) place = (place + 1) & mask;
            value = keys[place] == color ? values[place] : stray;
            if (keys[place] != color) {
                if (strays == 0) *first = (size_t)i;
                strays += (size_t)run;
            }
        }
        memset(target + i, value, (size_t)run);
        i += run;
    }
    return strays;
}

size_t image_decode_colors(
    const uint8_t *restrict source, ptrdiff_t channels, ptrdiff_t pixels, uint8_t *restrict target,
    const uint32_t *restrict keys, const uint8_t *restrict values, uint32_t mask, uint8_t stray, size_t *first
) {
    return channels == 4 ? decode_colors(source, 4, pixels, target, keys, values, mask, stray, first)
                         : decode_colors(source, 3, pixels, target, keys, values, mask, stray, first);
}

void image_nearest_colors(
    const uint8_t *restrict source, ptrdiff_t channels, ptrdiff_t pixels, uint8_t *restrict target,
    const uint32_t *restrict colors, const uint8_t *restrict classes, ptrdiff_t count
) {
    // A mask that was saved as JPEG has the same few thousand colours again and again.
    enum { REMEMBERED = 4096 };
    uint32_t known[REMEMBERED];
    uint8_t values[REMEMBERED];
    for (ptrdiff_t i = 0; i < REMEMBERED; i++) known[i] = 0xffffffffu;
    for (ptrdiff_t i = 0; i < pixels; i++, source += channels) {
        if (channels == 4 && source[3] == 0) {
            target[i] = 255;
            continue;
        }
        const uint32_t color = (uint32_t)source[0] << 16 | (uint32_t)source[1] << 8 | source[2];
        const uint32_t place = image_color_place(color, REMEMBERED - 1);
        if (known[place] != color) {
            known[place] = color;
            values[place] = nearest_class(color, colors, classes, count);
        }
        target[i] = values[place];
    }
}

static inline __attribute__((always_inline)) size_t used_colors(
    const uint8_t *restrict source, ptrdiff_t channels, ptrdiff_t pixels, uint32_t *restrict keys,
    uint32_t *restrict counts, uint32_t mask, size_t limit
) {
    size_t used = 0;
    for (ptrdiff_t i = 0; i < pixels;) {
        const uint8_t *p = source + i * channels;
        const ptrdiff_t run = run_length(p, channels, pixels - i);
        i += run;
        if (channels == 4 && p[3] == 0) continue;
        const uint32_t color = (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2];
        uint32_t place = image_color_place(color, mask);
        while (keys[place] != color && keys[place] != 0xffffffffu) place = (place + 1) & mask;
        if (keys[place] != color) {
            if (used == limit) return used + 1;
            keys[place] = color;
            used++;
        }
        counts[place] += (uint32_t)run;
    }
    return used;
}

size_t image_used_colors(
    const uint8_t *restrict source, ptrdiff_t channels, ptrdiff_t pixels, uint32_t *restrict keys,
    uint32_t *restrict counts, uint32_t mask, size_t limit
) {
    return channels == 4 ? used_colors(source, 4, pixels, keys, counts, mask, limit)
                         : used_colors(source, 3, pixels, keys, counts, mask, limit);
}

void image_map_bytes(
    const uint8_t *restrict source, ptrdiff_t channels, ptrdiff_t pixels, uint8_t *restrict target,
    const uint8_t *restrict table
) {
    for (ptrdiff_t i = 0; i < pixels; i++) target[i] = table[source[i * channels]];
}

void image_count_bytes(const uint8_t *restrict source, ptrdiff_t count, size_t *restrict counts) {
    // Four tables: equal neighbours would wait for each other's sum. Masks consist of long runs of one value.
    uint32_t parts[4][256] = {{0}};
    ptrdiff_t i = 0;
    while (i + 8 <= count) {
        const uint64_t same = 0x0101010101010101u * source[i];
        ptrdiff_t run = i;
        while (run + 8 <= count && memcmp(source + run, &same, 8) == 0) run += 8;
        if (run > i) {
            parts[0][source[i]] += (uint32_t)(run - i);
            i = run;
            continue;
        }
        for (const ptrdiff_t end = i + 8; i < end; i += 4) {
            parts[0][source[i]]++;
            parts[1][source[i + 1]]++;
            parts[2][source[i + 2]]++;
            parts[3][source[i + 3]]++;
        }
    }
    for (; i < count; i++) parts[0][source[i]]++;
    for (int value = 0; value < 256; value++) {
        counts[value] = (size_t)parts[0][value] + parts[1][value] + parts[2][value] + parts[3][value];
    }
}
