// A faster way for the commonest PNG files, of 8 bits and not interlaced: libdeflate unpacks all rows at once, twice as
// fast as zlib, where it is installed. For any other file, and for any doubt, the result is 0 and libpng decides, which
// also words the errors.

#include "fast.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

static pthread_once_t once = PTHREAD_ONCE_INIT;
static void *(*alloc_decompressor)(void);
static void (*free_decompressor)(void *);
static int (*zlib_decompress)(void *, const void *, size_t, void *, size_t, size_t *);
static uint32_t (*checksum)(uint32_t, const void *, size_t);
static int is_loaded;

static void load(void) {
    void *library = dlopen("libdeflate.so.0", RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) return;
    alloc_decompressor = (void *(*)(void))dlsym(library, "libdeflate_alloc_decompressor");
    free_decompressor = (void (*)(void *))dlsym(library, "libdeflate_free_decompressor");
    zlib_decompress =
        (int (*)(void *, const void *, size_t, void *, size_t, size_t *))dlsym(library, "libdeflate_zlib_decompress");
    checksum = (uint32_t(*)(uint32_t, const void *, size_t))dlsym(library, "libdeflate_crc32");
    is_loaded = alloc_decompressor != NULL && free_decompressor != NULL && zlib_decompress != NULL && checksum != NULL;
}

static uint32_t number(const uint8_t *p) {
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/// A pixel of three or four channels, as whole numbers.
typedef int16_t Pixel __attribute__((vector_size(8)));
typedef uint8_t Bytes __attribute__((vector_size(4)));

static inline Pixel loaded(const uint8_t *p, size_t bytes) {
    Bytes raw = {0};
    memcpy(&raw, p, bytes);
    return __builtin_convertvector(raw, Pixel);
}

static inline void stored(Pixel pixel, uint8_t *p, size_t bytes) {
    const Bytes raw = __builtin_convertvector(pixel & 255, Bytes);
    memcpy(p, &raw, bytes);
}

static inline Pixel magnitude(Pixel x) {
    const Pixel sign = x >> 15;
    return (x ^ sign) - sign;
}

/// Whichever of left, above and diagonal is nearest to left + above - diagonal (the PNG specification, 9.4).
static inline Pixel predicted(Pixel left, Pixel above, Pixel diagonal) {
    Pixel to_left = above - diagonal, to_above = left - diagonal, to_diagonal = to_left + to_above;
    to_left = magnitude(to_left), to_above = magnitude(to_above), to_diagonal = magnitude(to_diagonal);
    const Pixel is_left = (to_left <= to_above) & (to_left <= to_diagonal);
    const Pixel is_above = ~is_left & (to_above <= to_diagonal);
    return (left & is_left) | (above & is_above) | (diagonal & ~(is_left | is_above));
}

static inline __attribute__((always_inline)) int is_zero(const uint8_t *p, size_t bytes) {
    uint64_t any = 0, part;
    for (size_t i = 0; i < bytes; i += 8) {
        memcpy(&part, p + i, 8);
        any |= part;
    }
    return any == 0;
}

/// Eight copies of the pixel before `p`.
static inline __attribute__((always_inline)) void repeat(uint8_t *p, size_t step) {
    for (size_t i = 0; i < 8 * step; i += step) memcpy(p + i, p - step, step);
}

/// Undoes the filter of a row of pixels of three or four bytes; 0 for a filter that there is not. Eight
/// pixels that are all as predicted, as most are in masks, are done at once.
static inline __attribute__((always_inline)) int unfilter_pixels(
    int filter, const uint8_t *in, const uint8_t *prior, uint8_t *out, size_t row, size_t step
) {
    Pixel left = {0}, diagonal = {0};
    size_t block = 8 * step;
    if (filter == 1) {
        for (size_t i = 0; i < row; i += step) {
            if (i == block && (block += 8 * step) <= row && is_zero(in + i, 8 * step)) {
                repeat(out + i, step);
                i += 7 * step;
                continue;
            }
            left = (loaded(in + i, step) + left) & 255;
            stored(left, out + i, step);
        }
    } else if (filter == 3) {
        for (size_t i = 0; i < row; i += step) {
            left = (loaded(in + i, step) + ((left + loaded(prior + i, step)) >> 1)) & 255;
            stored(left, out + i, step);
        }
    } else if (filter == 4) {
        for (size_t i = 0; i < row; i += step) {
            if (i == block && (block += 8 * step) <= row && is_zero(in + i, 8 * step)) {
                // Where left and diagonal are equal the prediction is the pixel above, which is then left and diagonal
                // of the next; where above is equal to diagonal it is left.
                const int copies = memcmp(out + i - step, prior + i - step, step) == 0;
                if (copies || memcmp(prior + i, prior + i - step, 8 * step) == 0) {
                    if (copies) memcpy(out + i, prior + i, 8 * step);
                    else repeat(out + i, step);
                    i += 7 * step;
                    left = loaded(out + i, step), diagonal = loaded(prior + i, step);
                    continue;
                }
            }
            const Pixel above = loaded(prior + i, step);
            left = (loaded(in + i, step) + predicted(left, above, diagonal)) & 255;
            stored(left, out + i, step);
            diagonal = above;
        }
    } else {
        return 0;
    }
    return 1;
}

/// The same for pixels of one or two bytes.
static int unfilter_bytes(int filter, const uint8_t *in, const uint8_t *prior, uint8_t *out, size_t row, size_t step) {
    if (filter != 1 && filter != 3 && filter != 4) return 0;
    for (size_t i = 0; i < row; i++) {
        const int left = i < step ? 0 : out[i - step], above = prior[i], diagonal = i < step ? 0 : prior[i - step];
        int prediction = left;
        if (filter == 3) prediction = (left + above) >> 1;
        if (filter == 4) {
            const int to_left = abs(above - diagonal), to_above = abs(left - diagonal);
            const int to_diagonal = abs(left + above - 2 * diagonal);
            prediction = to_left <= to_above && to_left <= to_diagonal ? left : to_above <= to_diagonal ? above : diagonal;
        }
        out[i] = (uint8_t)(in[i] + prediction);
    }
    return 1;
}

static int unfilter(const uint8_t *in, const uint8_t *prior, uint8_t *out, size_t row, size_t step) {
    const int filter = *in++;
    if (filter == 0) {
        memcpy(out, in, row);
        return 1;
    }
    if (filter == 2) {
        for (size_t i = 0; i < row; i++) out[i] = (uint8_t)(in[i] + prior[i]);
        return 1;
    }
    if (step == 3) return unfilter_pixels(filter, in, prior, out, row, 3);
    if (step == 4) return unfilter_pixels(filter, in, prior, out, row, 4);
    return unfilter_bytes(filter, in, prior, out, row, step);
}

/// The data of all IDAT chunks, in one piece: a part of the file where there is one chunk, else `*owned`. NULL unless
/// every chunk is whole.
static const uint8_t *packed_data(const uint8_t *data, size_t size, size_t *count, uint8_t **owned) {
    const uint8_t *first = NULL;
    size_t used = 0, place = 8;
    int parts = 0;
    while (place + 12 <= size) {
        const size_t length = number(data + place);
        const uint8_t *chunk = data + place + 4;
        if (length > size - place - 12 || number(chunk + 4 + length) != checksum(0, chunk, length + 4)) return NULL;
        if (memcmp(chunk, "IDAT", 4) == 0) {
            if (parts++ == 0) {
                first = chunk + 4;
                used = length;
            } else {
                if (*owned == NULL) {
                    *owned = malloc(size);
                    if (*owned == NULL) return NULL;
                    memcpy(*owned, first, used);
                }
                memcpy(*owned + used, chunk + 4, length);
                used += length;
            }
        } else if (memcmp(chunk, "IEND", 4) == 0) {
            *count = used;
            return *owned != NULL ? *owned : first;
        }
        place += length + 12;
    }
    return NULL;
}

int32_t fast_decode(const uint8_t *data, size_t size, int32_t only_rgb, uint8_t *pixels, size_t capacity) {
    pthread_once(&once, load);
    if (!is_loaded || size < 57 || memcmp(data + 12, "IHDR", 4) != 0 || number(data + 8) != 13) return 0;
    const size_t width = number(data + 16), height = number(data + 20);
    const int type = data[25];
    const size_t step = type == 2 ? 3 : type == 6 ? 4 : type == 4 ? 2 : type == 0 || type == 3 ? 1 : 0;
    // Eight bits, the usual compression and filters, not interlaced.
    if (data[24] != 8 || data[26] != 0 || data[27] != 0 || data[28] != 0 || step == 0) return 0;
    if ((only_rgb && type != 2) || width == 0 || height == 0 || width > 1u << 20 || height > 1u << 20) return 0;
    const size_t row = width * step;
    if (row * height != capacity) return 0;
    uint8_t *owned = NULL;
    size_t count = 0, made = 0;
    const uint8_t *packed = packed_data(data, size, &count, &owned);
    const size_t wanted = (row + 1) * height;
    // The file cannot hold so much: nothing is allocated for it.
    uint8_t *rows = packed == NULL || wanted / 1040 > size ? NULL : malloc(wanted + row);
    void *decompressor = rows == NULL ? NULL : alloc_decompressor();
    int32_t done = 0;
    if (decompressor != NULL && zlib_decompress(decompressor, packed, count, rows, wanted, &made) == 0 && made == wanted) {
        const uint8_t *prior = memset(rows + wanted, 0, row);
        done = 1;
        for (size_t y = 0; y < height && done; y++) {
            done = unfilter(rows + y * (row + 1), prior, pixels + y * row, row, step);
            prior = pixels + y * row;
        }
    }
    if (decompressor != NULL) free_decompressor(decompressor);
    free(rows);
    free(owned);
    return done;
}
