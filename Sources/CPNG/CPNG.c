// PNG files to pixels and back with libpng's low-level interface, on bytes in memory. All longjmps end in this file.
// SegImaging interprets the pixels (classes, colours).

#include "CPNG.h"

#include <png.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include "fast.h"

// Larger pictures are refused; 2^28 pixels are 16384 x 16384.
static const uint64_t pixel_limit = 1ull << 28;
// Deflate packs at most 1032 bytes into one: a small file with a huge size in its header is refused before anything is
// allocated for it.
static const uint64_t packing_limit = 1040;

typedef struct {
    const uint8_t *data;
    size_t size;
    size_t position;
    char *message;
    jmp_buf escape;
} Source;

static void set_message(char *message, const char *text) {
    strncpy(message, text, CPNG_MESSAGE - 1);
    message[CPNG_MESSAGE - 1] = 0;
}

static void read_failed(png_structp png, png_const_charp text) {
    Source *source = png_get_error_ptr(png);
    set_message(source->message, text);
    longjmp(source->escape, 1);
}

static void ignore_warning(png_structp png, png_const_charp text) {
    (void)png;
    (void)text;
}

static void read_bytes(png_structp png, png_bytep target, size_t count) {
    Source *source = png_get_io_ptr(png);
    if (count > source->size - source->position) {
        png_error(png, "the file is cut off");
    }
    memcpy(target, source->data + source->position, count);
    source->position += count;
}

// Reads up to the pixels and checks that the file can hold them. Jumps on errors.
static void read_header(png_structp png, png_infop info, Source *source) {
    png_set_read_fn(png, source, read_bytes);
    png_set_user_limits(png, 1u << 20, 1u << 20);
    png_set_chunk_malloc_max(png, 8u << 20);
    png_set_chunk_cache_max(png, 64);
    // Text, profiles and dates are not used here and need not be unpacked.
    png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_NEVER, NULL, -1);
    if (source->size < 8 || png_sig_cmp(source->data, 0, 8) != 0) {
        png_error(png, "it is not a PNG file");
    }
    png_read_info(png, info);
    uint64_t pixels = (uint64_t)png_get_image_width(png, info) * png_get_image_height(png, info);
    if (pixels == 0 || pixels > pixel_limit) {
        png_error(png, "it has more than 2^28 pixels");
    }
    uint64_t bytes = (uint64_t)png_get_rowbytes(png, info) * png_get_image_height(png, info);
    if (bytes / packing_limit > source->size) {
        png_error(png, "the file is too small for the size in its header");
    }
}

// Reads the rows, of `row` bytes each after the requested transformations.
static void read_rows(
    png_structp png, png_infop info, uint8_t *pixels, size_t capacity, size_t row, png_bytep *volatile *rows
) {
    uint32_t height = png_get_image_height(png, info);
    if (png_get_rowbytes(png, info) != row || row * height > capacity) {
        png_error(png, "its rows have an unexpected length");
    }
    *rows = malloc(height * sizeof(png_bytep));
    if (*rows == NULL) {
        png_error(png, "there is not enough memory for it");
    }
    for (uint32_t y = 0; y < height; y++) {
        (*rows)[y] = pixels + y * row;
    }
    png_read_image(png, *rows);
    png_read_end(png, NULL);
}

typedef enum { ONLY_INFO, TO_RGB, TO_SAMPLES } Purpose;

// What the file says about transparent pixels: one colour of gray or RGB, or an alpha for each palette entry.
static void read_transparency(png_structp png, png_infop info, int type, CPNGInfo *result) {
    png_bytep alpha = NULL;
    png_color_16p key = NULL;
    int count = 0;
    memset(result->alpha, 255, sizeof result->alpha);
    if (png_get_tRNS(png, info, &alpha, &count, &key) == 0) return;
    if (type == PNG_COLOR_TYPE_PALETTE) {
        if (alpha != NULL) memcpy(result->alpha, alpha, count > 256 ? 256 : (size_t)count);
    } else if (key != NULL) {
        result->has_key = 1;
        result->key[0] = type == PNG_COLOR_TYPE_GRAY ? key->gray : key->red;
        result->key[1] = key->green;
        result->key[2] = key->blue;
    }
}

static int32_t decode(
    const uint8_t *data, size_t size, Purpose purpose, CPNGInfo *result, uint8_t *pixels, size_t capacity,
    char *message
) {
    Source source = {.data = data, .size = size, .message = message};
    message[0] = 0;
    png_structp volatile png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &source, read_failed, ignore_warning);
    png_infop volatile info = png == NULL ? NULL : png_create_info_struct(png);
    png_bytep *volatile rows = NULL;
    int32_t done = 0;
    if (info == NULL) {
        set_message(message, "there is not enough memory for it");
    } else if (setjmp(source.escape) == 0) {
        read_header(png, info, &source);
        int depth = png_get_bit_depth(png, info);
        int type = png_get_color_type(png, info);
        uint32_t width = png_get_image_width(png, info);
        if (purpose == ONLY_INFO) {
            png_colorp colors = NULL;
            int count = 0;
            memset(result, 0, sizeof *result);
            result->width = width;
            result->height = png_get_image_height(png, info);
            result->bit_depth = depth;
            result->color_type = type;
            if (type == PNG_COLOR_TYPE_PALETTE && png_get_PLTE(png, info, &colors, &count) != 0) {
                result->palette_count = count > 256 ? 256 : count;
                for (int i = 0; i < result->palette_count; i++) {
                    result->palette[3 * i] = colors[i].red;
                    result->palette[3 * i + 1] = colors[i].green;
                    result->palette[3 * i + 2] = colors[i].blue;
                }
            }
            read_transparency(png, info, type, result);
        } else {
            if (purpose == TO_RGB) {
                if (type == PNG_COLOR_TYPE_PALETTE) png_set_palette_to_rgb(png);
                if (type == PNG_COLOR_TYPE_GRAY && depth < 8) png_set_expand_gray_1_2_4_to_8(png);
                if (depth == 16) png_set_strip_16(png);
                if (!(type & PNG_COLOR_MASK_COLOR)) png_set_gray_to_rgb(png);
                png_set_strip_alpha(png);
            } else {
                if (depth < 8) png_set_packing(png);
                if (depth == 16) png_set_swap(png);
            }
            png_set_interlace_handling(png);
            png_read_update_info(png, info);
            size_t samples = purpose == TO_RGB ? 3 : png_get_channels(png, info);
            size_t row = (size_t)width * samples * (purpose == TO_SAMPLES && depth == 16 ? 2 : 1);
            read_rows(png, info, pixels, capacity, row, &rows);
        }
        done = 1;
    }
    free((void *)rows);
    png_structp png_end = png;
    png_infop info_end = info;
    if (png_end != NULL) {
        png_destroy_read_struct(&png_end, info_end == NULL ? NULL : &info_end, NULL);
    }
    return done;
}

int32_t cpng_info(const uint8_t *data, size_t size, CPNGInfo *info, char *message) {
    return decode(data, size, ONLY_INFO, info, NULL, 0, message);
}

int32_t cpng_decode_rgb(const uint8_t *data, size_t size, uint8_t *pixels, size_t capacity, char *message) {
    if (fast_decode(data, size, 1, pixels, capacity)) return 1;
    return decode(data, size, TO_RGB, NULL, pixels, capacity, message);
}

int32_t cpng_decode_samples(const uint8_t *data, size_t size, uint8_t *samples, size_t capacity, char *message) {
    if (fast_decode(data, size, 0, samples, capacity)) return 1;
    return decode(data, size, TO_SAMPLES, NULL, samples, capacity, message);
}

typedef struct {
    uint8_t *data;
    size_t size;
    size_t capacity;
    char *message;
    jmp_buf escape;
} Sink;

static void write_failed(png_structp png, png_const_charp text) {
    Sink *sink = png_get_error_ptr(png);
    set_message(sink->message, text);
    longjmp(sink->escape, 1);
}

static void write_bytes(png_structp png, png_bytep bytes, size_t count) {
    Sink *sink = png_get_io_ptr(png);
    if (count > sink->capacity - sink->size) {
        size_t capacity = (sink->size + count) * 2;
        uint8_t *data = realloc(sink->data, capacity);
        if (data == NULL) {
            png_error(png, "there is not enough memory for it");
        }
        sink->data = data;
        sink->capacity = capacity;
    }
    memcpy(sink->data + sink->size, bytes, count);
    sink->size += count;
}

static void flush_nothing(png_structp png) { (void)png; }

int32_t cpng_encode(
    const uint8_t *pixels, uint32_t width, uint32_t height, int32_t color_type, const uint8_t *palette,
    int32_t palette_count, uint32_t density, uint8_t **data, size_t *size, char *message
) {
    Sink sink = {.message = message};
    message[0] = 0;
    png_structp volatile png = png_create_write_struct(PNG_LIBPNG_VER_STRING, &sink, write_failed, ignore_warning);
    png_infop volatile info = png == NULL ? NULL : png_create_info_struct(png);
    int32_t done = 0;
    if (info == NULL) {
        set_message(message, "there is not enough memory for it");
    } else if (setjmp(sink.escape) == 0) {
        png_set_write_fn(png, &sink, write_bytes, flush_nothing);
        png_set_user_limits(png, 1u << 20, 1u << 20);
        png_set_IHDR(
            png, info, width, height, 8, color_type, PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
            PNG_FILTER_TYPE_DEFAULT);
        if (color_type == PNG_COLOR_TYPE_PALETTE) {
            png_color colors[256];
            int count = palette_count > 256 ? 256 : palette_count;
            for (int i = 0; i < count; i++) {
                colors[i].red = palette[3 * i];
                colors[i].green = palette[3 * i + 1];
                colors[i].blue = palette[3 * i + 2];
            }
            png_set_PLTE(png, info, colors, count);
            // Index 255 is void: transparent, so that no reader takes it for the class that has its color.
            if (count == 256 && memchr(pixels, 255, (size_t)width * height) != NULL) {
                png_byte alpha[256];
                memset(alpha, 255, sizeof alpha);
                alpha[255] = 0;
                png_set_tRNS(png, info, alpha, 256, NULL);
            }
        } else {
            // Two filters compress nearly as well as all five, in half the time.
            png_set_filter(png, PNG_FILTER_TYPE_BASE, PNG_FILTER_SUB | PNG_FILTER_UP);
        }
        // A third of the time of the default level, for 5 % more bytes.
        png_set_compression_level(png, 3);
        if (density > 0) png_set_pHYs(png, info, density, density, PNG_RESOLUTION_METER);
        png_write_info(png, info);
        size_t row = (size_t)width * (color_type == PNG_COLOR_TYPE_RGB ? 3 : 1);
        for (uint32_t y = 0; y < height; y++) {
            png_write_row(png, pixels + y * row);
        }
        png_write_end(png, info);
        done = 1;
    }
    png_structp png_end = png;
    png_infop info_end = info;
    if (png_end != NULL) {
        png_destroy_write_struct(&png_end, info_end == NULL ? NULL : &info_end);
    }
    if (!done) {
        free(sink.data);
        return 0;
    }
    *data = sink.data;
    *size = sink.size;
    return 1;
}

void cpng_release(uint8_t *data) { free(data); }
