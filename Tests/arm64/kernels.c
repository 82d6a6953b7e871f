// Prints a digest of what each kernel computes from the same random numbers. Two processors that print the same lines
// compute the same bits.

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "CKernels.h"

static uint64_t state = 53;

static uint32_t next_random(void) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(state >> 33);
}

static void *memory(long bytes) {
    void *m = aligned_alloc(64, (size_t)(bytes + 127) / 64 * 64);
    if (m == NULL) exit(1);
    memset(m, 0, (size_t)bytes);
    return m;
}

/// Numbers from -2 to 2.
static float *numbers(long n) {
    float *x = memory(n * 4);
    for (long i = 0; i < n; i++) x[i] = (float)(next_random() & 0xffff) / 16384.0f - 2.0f;
    return x;
}

static uint8_t *bytes_below(long n, uint32_t end) {
    uint8_t *x = memory(n);
    for (long i = 0; i < n; i++) x[i] = (uint8_t)(next_random() % end);
    return x;
}

/// FNV-1a.
static void digest(const char *name, long part, const void *result, long bytes) {
    uint64_t sum = 0xcbf29ce484222325u;
    for (long i = 0; i < bytes; i++) sum = (sum ^ ((const uint8_t *)result)[i]) * 0x100000001b3u;
    printf("%-24s %3ld %016llx\n", name, part, (unsigned long long)sum);
}

static conv_geometry layer(long batch, long inputs, long size, long outputs, long kernel, long stride, long dilation, long groups) {
    const long padding = dilation * (kernel / 2), out = (size + 2 * padding - dilation * (kernel - 1) - 1) / stride + 1;
    return (conv_geometry){batch, inputs, size, size, outputs, out, out, kernel, kernel, stride, stride, padding, padding,
                           dilation, dilation, groups};
}

static void convolutions(void) {
    const conv_geometry layers[] = {
        layer(2, 3, 21, 16, 3, 2, 1, 1), layer(1, 40, 17, 72, 1, 1, 1, 1), layer(1, 33, 19, 70, 3, 1, 12, 1),
        layer(2, 64, 25, 48, 3, 1, 2, 1), layer(1, 24, 14, 36, 5, 2, 1, 2), layer(1, 130, 11, 20, 3, 1, 1, 1),
        layer(1, 40, 25, 24, 3, 1, 9, 1), layer(1, 40, 25, 24, 3, 1, 15, 1),
    };
    for (long l = 0; l < (long)(sizeof layers / sizeof *layers); l++) {
        const conv_geometry g = layers[l];
        const long in = g.batch * g.input_height * g.input_width * g.input_channels;
        const long out = g.batch * g.output_height * g.output_width * g.output_channels;
        float *x = numbers(in), *w = numbers(g.output_channels * g.input_channels / g.groups * g.kernel_height * g.kernel_width);
        float *bias = numbers(g.output_channels), *y = memory(4 * out), *dx = memory(4 * in);
        const conv_epilogue after = {.bias = bias, .activation = ACTIVATION_HARDSWISH};
        float *packed = memory(4 * conv_packed_count(&g));
        conv_pack(&g, w, packed);
        if (conv_forward(&g, x, packed, &after, y) != 0) exit(1);
        digest("convolution", l, y, 4 * out);
        float *residual = numbers(out);
        const conv_epilogue normed = {.scale = bias, .shift = bias, .residual = residual, .activation = l % ACTIVATION_SIGMOID};
        if (conv_forward(&g, x, packed, &normed, y) != 0) exit(1);
        digest("convolution and norm", l, y, 4 * out);
        float *transposed = memory(4 * conv_packed_transposed_count(&g));
        conv_pack_transposed(&g, w, transposed);
        if (conv_input_gradient(&g, y, transposed, NULL, dx) != 0) exit(1);
        digest("input gradient", l, dx, 4 * in);
        if (g.groups > 1) continue;
        float *rounded = memory(4 * conv_bfloat16_count(&g)), *room = memory(4 * conv_bfloat16_rounded_count(&g));
        conv_bfloat16_pack(&g, w, rounded);
        if (conv_bfloat16(&g, x, rounded, &after, room, y) != 0) exit(1);
        digest("bfloat16", l, y, 4 * out);
        if (g.kernel_height == 3 && g.stride_height == 1 && g.input_channels % 8 == 0 && g.output_channels % 8 == 0) {
            float *filters = memory(4 * conv_winograd_count(&g));
            conv_winograd_pack(&g, w, 0, filters);
            if (conv_winograd(&g, x, filters, &after, y) != 0) exit(1);
            digest("Winograd", l, y, 4 * out);
        }
    }
    const long m = 37, n = 70, k = 500;
    float *a = numbers(m * k), *b = numbers(n * k), *c = memory(4 * m * n);
    const conv_rows upstream = {a, k, m, 0}, input = {b, k / 20, n, k / 20 * n};
    if (conv_outer_product(m, n, k, &upstream, &input, 0, c, n) != 0) exit(1);
    digest("outer product", 0, c, 4 * m * n);
    for (long stride = 1; stride <= 2; stride++) {
        const conv_geometry g = layer(2, 40, 23, 40, 5, stride, 1, 40);
        const long in = 2 * 23 * 23 * 40, out = 2 * g.output_height * g.output_width * 40;
        float *x = numbers(in), *w = numbers(40 * 25), *packed = memory(4 * 40 * 25), *y = memory(4 * out), *d = memory(4 * in);
        depthwise_pack(&g, w, packed);
        if (depthwise_forward(&g, x, packed, NULL, y) != 0) exit(1);
        digest("depthwise", stride, y, 4 * out);
        if (depthwise_input_gradient(&g, y, packed, d) != 0) exit(1);
        digest("depthwise input", stride, d, 4 * in);
        if (depthwise_weight_gradient(&g, x, y, memory(4 * depthwise_parts_count(&g)), w) != 0) exit(1);
        digest("depthwise weights", stride, w, 4 * 40 * 25);
    }
}

static void elementwise(void) {
    const long n = 1003;
    float *a = numbers(n), *b = numbers(n), *out = memory(4 * n);
    // Powers, logarithms, sines and cosines are those of the system's library.
    for (long op = EW_ADD; op <= EW_SQRT_GRAD; op++) {
        if (op == EW_POW) continue;
        ew_binary_f32(op, a, 1, b, 1, out, n);
        digest("binary", op, out, 4 * n);
    }
    for (long i = 0; i < n; i++) b[i] = a[i] < 0 ? -a[i] : a[i];
    for (long op = EW_NEG; op <= EW_GELU; op++) {
        if (op >= EW_LOG && op <= EW_COS) continue;
        // A root of a negative number is NaN, whose sign is each processor's own.
        ew_unary_f32(op, op == EW_SQRT ? b : a, out, n);
        digest("unary", op, out, 4 * n);
    }
}

static void reductions(void) {
    const long rows = 301, channels = 37, n = rows * channels;
    float *x = numbers(n), *u = numbers(n), *y = memory(4 * n), mean[37], variance[37], product[37], sum[37];
    for (long logarithm = 0; logarithm <= 1; logarithm++) {
        softmax_forward_f32(logarithm, x, y, rows, channels);
        digest("softmax", logarithm, y, 4 * n);
        softmax_backward_f32(logarithm, u, y, y, rows, channels);
        digest("softmax gradient", logarithm, y, 4 * n);
    }
    for (long op = REDUCE_SUM; op <= REDUCE_MIN; op++) {
        reduce_axis_f32(op, x, 7, 43, 37, y);
        digest("reduction", op, y, 4 * 7 * 37);
    }
    if (norm_statistics_f32(x, mean, variance, rows, channels) != 0) exit(1);
    digest("batch norm mean", 0, mean, sizeof mean);
    digest("batch norm variance", 0, variance, sizeof variance);
    if (norm_gradient_sums_f32(NULL, u, x, mean, variance, product, sum, rows, channels) != 0) exit(1);
    digest("batch norm gradient", 0, product, sizeof product);
    norm_fold_f32(mean, variance, x, u, 1e-5f, product, sum, channels);
    digest("batch norm factors", 0, product, sizeof product);
    digest("batch norm factors", 1, sum, sizeof sum);
    for (long activation = ACTIVATION_NONE; activation < ACTIVATION_SIGMOID; activation++) {
        const norm_follower follower = {activation, product, sum};
        float sums[74];
        if (norm_gradient_sums_f32(&follower, u, x, mean, variance, sums, sums + 37, rows, channels) != 0) exit(1);
        digest("batch norm sums", activation, sums, sizeof sums);
        norm_input_gradient_f32(&follower, u, x, sums, mean, variance, y, rows, channels);
        digest("batch norm input gradient", activation, y, 4 * n);
    }
    conv_geometry g = layer(1, 37, 17, 37, 3, 2, 1, 37);
    const long pooled = g.output_height * g.output_width * 37;
    pool_max_forward(&g, x, y);
    digest("max pool", 0, y, 4 * pooled);
    pool_average_forward(&g, 0, x, y);
    digest("average pool", 0, y, 4 * pooled);
    pool_average_backward(&g, 1, u, y);
    digest("average pool gradient", 0, y, 4 * 17 * 17 * 37);
    const resize_geometry larger = {.batch = 1, .channels = 37, .in_height = 7, .in_width = 7, .out_height = 16, .out_width = 18};
    if (resize_bilinear_forward(&larger, x, y) != 0) exit(1);
    digest("bilinear", 0, y, 4 * 16 * 18 * 37);
    float *back = memory(4 * 7 * 7 * 37);
    if (resize_bilinear_backward(&larger, u, back) != 0) exit(1);
    digest("bilinear gradient", 0, back, 4 * 7 * 7 * 37);
    const resize_geometry stepped = {.batch = 1, .channels = 37, .in_height = 7, .in_width = 7, .out_height = 16,
                                     .out_width = 15, .on_corners = 1};
    if (resize_bilinear_forward(&stepped, x, y) != 0) exit(1);
    digest("bilinear", 1, y, 4 * 16 * 15 * 37);
    resize_nearest_forward(&larger, 4, x, y);
    digest("nearest", 0, y, 4 * 16 * 18 * 37);
}

static void losses(void) {
    const long classes = 21, height = 24, width = 40;
    float *logits = numbers(6 * 10 * classes), *weights = numbers(classes), *gradient = memory(4 * 6 * 10 * classes);
    for (long c = 0; c < classes; c++) weights[c] += 3;
    uint8_t *masks = bytes_below(height * width, 23);
    double loss = 0, weight = 0;
    int64_t *confusion = memory(8 * classes * classes), *predictions = memory(8 * height * width);
    const segmentation_input in = {1, classes, 6, 10, height, width, logits, masks, KIND_U8, weights, 3, 0.1f};
    const segmentation_output out = {&loss, &weight, gradient, confusion, 0, predictions};
    if (segmentation_loss(&in, &out) != 0) exit(1);
    digest("loss", 0, &loss, sizeof loss);
    digest("loss gradient", 0, gradient, 4 * 6 * 10 * classes);
    digest("confusion", 0, confusion, 8 * classes * classes);
    digest("predictions", 0, predictions, 8 * height * width);
}

static void pictures(void) {
    const long width = 61, height = 43, n = width * height;
    uint8_t *picture = bytes_below(3 * n, 256), *target = memory(3 * n);
    image_saturation_rgb(picture, n, target, 1.3f);
    digest("saturation", 0, target, 3 * n);
    image_hue_rgb(picture, n, target, 0.1f);
    digest("hue", 0, target, 3 * n);
    image_contrast(picture, 3 * n, target, 101.5f, 0.7f);
    digest("contrast", 0, target, 3 * n);
    const double turned[6] = {0.9, 0.2, 1, -0.2, 0.9, 2};
    image_affine_rgb(picture, width, height, target, turned);
    digest("affine", 0, target, 3 * n);
    const float weights[3] = {0.4f, 0.2f, 0.1f};
    image_blur_rgb(picture, width, height, target, weights, 2, memory(12 * n));
    digest("blur", 0, target, 3 * n);
}

int main(void) {
    pool_set_threads(3);
    convolutions();
    elementwise();
    reductions();
    losses();
    pictures();
    return 0;
}
