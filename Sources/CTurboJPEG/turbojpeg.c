// Finds TurboJPEG's functions at run time. The prototypes and numbers are those of its header in versions 2 and 3, which
// share the file name libturbojpeg.so.0.

#include "turbojpeg.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PIXELS_RGB = 0, PIXELS_CMYK = 11, SPACE_CMYK = 3, SPACE_YCCK = 4, SUBSAMPLING_NONE = 0 };
// A progressive file can ask for any number of passes over the picture.
enum { LIMIT_SCANS = 32768 };
enum { ERROR_IS_WARNING = 0 };

typedef void *Handle;

static pthread_once_t once = PTHREAD_ONCE_INIT;
static Handle (*init_decompress)(void);
static Handle (*init_compress)(void);
static int (*decompress_header)(Handle, const unsigned char *, unsigned long, int *, int *, int *, int *);
static int (*decompress)(Handle, const unsigned char *, unsigned long, unsigned char *, int, int, int, int, int);
static int (*compress)(
    Handle, const unsigned char *, int, int, int, int, unsigned char **, unsigned long *, int, int, int);
static char *(*error_text)(Handle);
static int (*error_code)(Handle);
static void (*release)(unsigned char *);
static int (*destroy)(Handle);
static char problem[256];
static int is_loaded;

static void load(void) {
    void *library = dlopen("libturbojpeg.so.0", RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) library = dlopen("libturbojpeg.so", RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) {
        const char *reason = dlerror();
        snprintf(problem, sizeof problem, "%s", reason == NULL ? "it cannot be loaded" : reason);
        return;
    }
    init_decompress = (Handle(*)(void))dlsym(library, "tjInitDecompress");
    init_compress = (Handle(*)(void))dlsym(library, "tjInitCompress");
    decompress_header = (int (*)(Handle, const unsigned char *, unsigned long, int *, int *, int *, int *))dlsym(
        library, "tjDecompressHeader3");
    decompress = (int (*)(Handle, const unsigned char *, unsigned long, unsigned char *, int, int, int, int, int))dlsym(
        library, "tjDecompress2");
    compress = (int (*)(
        Handle, const unsigned char *, int, int, int, int, unsigned char **, unsigned long *, int, int, int))dlsym(
        library, "tjCompress2");
    error_text = (char *(*)(Handle))dlsym(library, "tjGetErrorStr2");
    error_code = (int (*)(Handle))dlsym(library, "tjGetErrorCode");
    release = (void (*)(unsigned char *))dlsym(library, "tjFree");
    destroy = (int (*)(Handle))dlsym(library, "tjDestroy");
    is_loaded = init_decompress != NULL && init_compress != NULL && decompress_header != NULL && decompress != NULL
                && compress != NULL && error_text != NULL && error_code != NULL && release != NULL && destroy != NULL;
    if (!is_loaded) snprintf(problem, sizeof problem, "the library is older than version 2");
}

const char *turbojpeg_load(void) {
    pthread_once(&once, load);
    return is_loaded ? NULL : problem;
}

static void set_message(char *message, const char *text) { snprintf(message, TURBOJPEG_MESSAGE, "%s", text); }

// Whether a call failed. Of what the library only warns about, extra bytes between the parts of a file do no harm; all
// else means that pixels are missing.
static int failed(Handle handle, int result, char *message) {
    if (result == 0) return 0;
    const char *text = error_text(handle);
    if (error_code(handle) == ERROR_IS_WARNING && strstr(text, "extraneous bytes") != NULL) return 0;
    set_message(message, text);
    return 1;
}

// Inverted CMYK, as Adobe's programs write it, to RGB.
static void to_rgb(const uint8_t *source, size_t pixels, uint8_t *target) {
    for (size_t i = 0; i < pixels; i++) {
        for (int c = 0; c < 3; c++) {
            target[3 * i + c] = (uint8_t)((source[4 * i + c] * source[4 * i + 3] + 127) / 255);
        }
    }
}

int32_t turbojpeg_decode_rgb(
    const uint8_t *data, size_t size, int32_t width, int32_t height, uint8_t *pixels, char *message
) {
    message[0] = 0;
    Handle handle = is_loaded ? init_decompress() : NULL;
    if (handle == NULL) {
        set_message(message, "there is not enough memory for it");
        return 0;
    }
    int found_width = 0, found_height = 0, subsampling = 0, space = 0;
    int32_t done = 0;
    uint8_t *inks = NULL;
    if (failed(
            handle, decompress_header(handle, data, size, &found_width, &found_height, &subsampling, &space), message)) {
    } else if (found_width != width || found_height != height) {
        set_message(message, "it has two sizes");
    } else if (space == SPACE_CMYK || space == SPACE_YCCK) {
        inks = malloc((size_t)width * height * 4);
        if (inks == NULL) {
            set_message(message, "there is not enough memory for it");
        } else if (!failed(
                       handle, decompress(handle, data, size, inks, width, 0, height, PIXELS_CMYK, LIMIT_SCANS),
                       message)) {
            to_rgb(inks, (size_t)width * height, pixels);
            done = 1;
        }
    } else {
        done = !failed(
            handle, decompress(handle, data, size, pixels, width, 0, height, PIXELS_RGB, LIMIT_SCANS), message);
    }
    free(inks);
    destroy(handle);
    return done;
}

int32_t turbojpeg_encode_rgb(
    const uint8_t *pixels, int32_t width, int32_t height, int32_t quality, uint8_t **data, size_t *size, char *message
) {
    message[0] = 0;
    Handle handle = is_loaded ? init_compress() : NULL;
    if (handle == NULL) {
        set_message(message, "there is not enough memory for it");
        return 0;
    }
    unsigned char *bytes = NULL;
    unsigned long count = 0;
    const int32_t done = !failed(
        handle,
        compress(handle, pixels, width, 0, height, PIXELS_RGB, &bytes, &count, SUBSAMPLING_NONE, quality, 0), message);
    destroy(handle);
    if (!done) {
        if (bytes != NULL) release(bytes);
        return 0;
    }
    *data = bytes;
    *size = count;
    return 1;
}

void turbojpeg_release(uint8_t *data) {
    if (is_loaded && data != NULL) release(data);
}
