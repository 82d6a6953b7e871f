// Inner loops over pictures of interleaved 8-bit pixels: three bytes per RGB pixel, one per mask pixel. The results
// are Pillow's (13.0), to the bit unless a comment below says otherwise.

#ifndef SEG_IMAGE_H
#define SEG_IMAGE_H

#include <stddef.h>
#include <stdint.h>

// One pass of a resize along x. Output column x is the sum over `counts[x]` source columns from `starts[x]` on,
// weighted by `weights[x * taps ...]` in units of 2^-22, rounded and clamped to 0...255.
void image_resize_rows_rgb(
    const uint8_t *source, ptrdiff_t width, ptrdiff_t height, uint8_t *target, ptrdiff_t target_width,
    const int32_t *starts, const int32_t *counts, const int32_t *weights, ptrdiff_t taps);

// The same along y, for rows of `row` bytes of any kind.
void image_resize_columns(
    const uint8_t *source, ptrdiff_t row, uint8_t *target, ptrdiff_t target_height, const int32_t *starts,
    const int32_t *counts, const int32_t *weights, ptrdiff_t taps);

// Output pixel (x, y) is the source at m[0] (x + 0.5) + m[1] (y + 0.5) + m[2] and m[3] (x + 0.5) + m[4] (y + 0.5) +
// m[5], interpolated linearly; 0 outside. Weights have 11 bits: at most one level from Pillow, which uses doubles.
void image_affine_rgb(
    const uint8_t *source, ptrdiff_t width, ptrdiff_t height, uint8_t *target, const double *m);

// The same for a mask: the nearest pixel, `fill` outside.
void image_affine_mask(
    const uint8_t *source, ptrdiff_t width, ptrdiff_t height, uint8_t *target, const double *m, uint8_t fill);

void image_flip_rows_rgb(const uint8_t *source, ptrdiff_t width, ptrdiff_t height, uint8_t *target);
void image_flip_rows_mask(const uint8_t *source, ptrdiff_t width, ptrdiff_t height, uint8_t *target);

// Each byte times `factor`, truncated and clamped to 0...255.
void image_brightness(const uint8_t *source, ptrdiff_t count, uint8_t *target, float factor);

// Each pixel moved away from its gray (0.299, 0.587, 0.114) by `factor`: 0 is gray, 1 the picture unchanged.
void image_saturation_rgb(const uint8_t *source, ptrdiff_t pixels, uint8_t *target, float factor);

// Each byte moved away from `gray` by `factor`: 0 is gray, 1 the picture unchanged.
void image_contrast(const uint8_t *source, ptrdiff_t count, uint8_t *target, float gray, float factor);

// The sum of all pixels' gray (0.299, 0.587, 0.114), each rounded.
uint64_t image_gray_sum(const uint8_t *source, ptrdiff_t pixels);

// The hue of each pixel turned by `turn` circles, in HSV of floats as torchvision's tensors; rounded.
void image_hue_rgb(const uint8_t *source, ptrdiff_t pixels, uint8_t *target, float turn);

// A blur with a symmetric kernel: `weights` holds its middle and `radius` entries to one side. Beyond the borders the
// picture is mirrored. `rows` has room for width * height * 3 floats.
void image_blur_rgb(
    const uint8_t *source, ptrdiff_t width, ptrdiff_t height, uint8_t *target, const float *weights, ptrdiff_t radius,
    float *rows);

// Each byte plus `scale` times its entry of `noise`, rounded and clamped to 0...255.
void image_add_noise(const uint8_t *source, ptrdiff_t count, uint8_t *target, const float *noise, float scale);

// Bytes to floats through a table of 256 entries per channel, one plane after the other.
void image_floats_planar(const uint8_t *source, ptrdiff_t pixels, float *target, const float *tables);

// Colours to classes. A pixel has 3 or 4 `channels`; one whose alpha is 0 becomes 255. `keys` is an open-addressing hash
// table of `mask + 1` entries (a power of two, not full): colours as 0xRRGGBB, 0xffffffff for empty entries; a search
// starts at `image_color_place`. Pixels of other colours get `stray`; the result is their number, and `first` gets the
// index of the first one.
size_t image_decode_colors(
    const uint8_t *source, ptrdiff_t channels, ptrdiff_t pixels, uint8_t *target, const uint32_t *keys,
    const uint8_t *values, uint32_t mask, uint8_t stray, size_t *first);

// The same to the class of the nearest colour (Euclidean in RGB, the first of equals).
void image_nearest_colors(
    const uint8_t *source, ptrdiff_t channels, ptrdiff_t pixels, uint8_t *target, const uint32_t *colors,
    const uint8_t *classes, ptrdiff_t count);

// The colours of the pixels that are not transparent, with the number of pixels of each, in such a hash table, which
// must be larger than `limit`. Returns their number; limit + 1 if there are more, which are not counted.
size_t image_used_colors(
    const uint8_t *source, ptrdiff_t channels, ptrdiff_t pixels, uint32_t *keys, uint32_t *counts, uint32_t mask,
    size_t limit);

// The first of the `channels` bytes of each pixel through a table of 256 entries.
void image_map_bytes(
    const uint8_t *source, ptrdiff_t channels, ptrdiff_t pixels, uint8_t *target, const uint8_t *table);

// How often each of the 256 values occurs.
void image_count_bytes(const uint8_t *source, ptrdiff_t count, size_t *counts);

static inline uint32_t image_color_place(uint32_t color, uint32_t mask) {
    return (color * 0x9E3779B1u >> 16) & mask;
}

#endif
