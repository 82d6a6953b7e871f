// PNG files of 8 bits by libdeflate, where it is installed; private to CPNG.

#ifndef FAST_H
#define FAST_H

#include <stddef.h>
#include <stdint.h>

/// The samples of a file as they are stored, one byte each, of exactly `capacity` bytes; with `only_rgb` only of files of
/// RGB. Returns 1, or 0 for files that libpng has to decode.
int32_t fast_decode(const uint8_t *data, size_t size, int32_t only_rgb, uint8_t *pixels, size_t capacity);

#endif
