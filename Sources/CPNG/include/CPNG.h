// A small wrapper of libpng's low-level interface. Its errors use setjmp and longjmp, which Swift does not support: all
// of that stays inside CPNG.c, and for a broken file the functions return 0 and a message.

#ifndef CPNG_H
#define CPNG_H

#include <stddef.h>
#include <stdint.h>

/// The size of a message, with its terminating zero.
#define CPNG_MESSAGE 160

/// The header of a PNG.
typedef struct {
    uint32_t width;
    uint32_t height;
    /// Bits per sample: 1, 2, 4, 8 or 16.
    int32_t bit_depth;
    /// PNG's own numbers: 0 gray, 2 RGB, 3 palette, 4 gray and alpha, 6 RGBA.
    int32_t color_type;
    /// The palette of colour type 3: `palette_count` times red, green, blue.
    int32_t palette_count;
    uint8_t palette[768];
    /// The opacity of each palette entry; 255 without a table of them.
    uint8_t alpha[256];
    /// Whether one gray value or colour is transparent, and which, in the file's own bit depth.
    int32_t has_key;
    uint16_t key[3];
} CPNGInfo;

/// Reads everything before the pixels. Returns 1, or 0 and a message.
int32_t cpng_info(const uint8_t *data, size_t size, CPNGInfo *info, char *message);

/// Decodes to 8-bit RGB, `width * height * 3` bytes: palettes looked up, gray copied to three channels, alpha dropped,
/// 16 bits cut to 8, no gamma applied: the values of Pillow's convert("RGB"). Returns 1, or 0 and a message.
int32_t cpng_decode_rgb(const uint8_t *data, size_t size, uint8_t *pixels, size_t capacity, char *message);

/// Decodes to the samples as they are stored: palette indices, gray, gray and alpha, RGB or RGBA, unscaled; one byte a
/// sample, or two in the order of this machine if the file has 16 bits. Returns 1, or 0 and a message.
int32_t cpng_decode_samples(const uint8_t *data, size_t size, uint8_t *samples, size_t capacity, char *message);

/// Encodes 8-bit pixels: colour type 2 (RGB), 0 (gray) or 3 (indices into a palette of `palette_count` colours; index
/// 255 is transparent if there are 256).
/// `density` is the number of pixels per metre for printing, 0 for none.
/// Returns 1 and bytes to be released with `cpng_release`, or 0 and a message.
int32_t cpng_encode(
    const uint8_t *pixels, uint32_t width, uint32_t height, int32_t color_type, const uint8_t *palette,
    int32_t palette_count, uint32_t density, uint8_t **data, size_t *size, char *message);

void cpng_release(uint8_t *data);

#endif
