// libjpeg-turbo's simple interface, loaded at the first JPEG picture: nobody without such pictures needs the library, and
// nothing of it is needed to build seg.

#ifndef SEG_TURBOJPEG_H
#define SEG_TURBOJPEG_H

#include <stddef.h>
#include <stdint.h>

/// The size of a message, with its terminating zero.
#define TURBOJPEG_MESSAGE 200

/// Loads the library once; returns NULL, or why it cannot be loaded.
const char *turbojpeg_load(void);

/// Decodes to 8-bit RGB, `width * height * 3` bytes, with the accurate transform and smooth upsampling; CMYK is turned
/// into RGB. `width` and `height` must be those of the file's header. Returns 1, or 0 and a message; 0 before
/// `turbojpeg_load` has succeeded.
int32_t turbojpeg_decode_rgb(
    const uint8_t *data, size_t size, int32_t width, int32_t height, uint8_t *pixels, char *message);

/// Encodes 8-bit RGB without subsampling of the colours at a quality of 1 to 100. Returns 1 and bytes to be released with
/// `turbojpeg_release`, or 0 and a message.
int32_t turbojpeg_encode_rgb(
    const uint8_t *pixels, int32_t width, int32_t height, int32_t quality, uint8_t **data, size_t *size,
    char *message);

void turbojpeg_release(uint8_t *data);

#endif
