// Convolution of float32, channels last: [N, H, W, I] by [O, I/g, kh, kw].
//
// No unfolding is needed: a kernel of six pixels by sixteen channels multiplies pixels,
// found through a table of pointers (Dukhan, "The Indirect Convolution Algorithm",
// 2019), by weights packed into panels. Each sample is computed independently.
// Depthwise layers are in depthwise.h; the Swift side (`ConvolutionKernels`) chooses the kernel.

#ifndef SEG_CONVOLUTION_H
#define SEG_CONVOLUTION_H

/// The geometry of a convolution layer and of its input. Output sizes are given, not derived.
typedef struct {
    long batch;
    long input_channels, input_height, input_width;
    long output_channels, output_height, output_width;
    long kernel_height, kernel_width;
    long stride_height, stride_width;
    long padding_height, padding_width;
    long dilation_height, dilation_width;
    long groups;
} conv_geometry;

enum {
    ACTIVATION_NONE, ACTIVATION_RELU, ACTIVATION_RELU6, ACTIVATION_HARDSWISH, ACTIVATION_HARDSIGMOID,
    ACTIVATION_SIGMOID
};

/// The operations applied to a tile while it is in cache:
/// out = activation((product + bias[c]) * scale[c] + shift[c] + residual). Any pointer may
/// be NULL (scale and shift are given together). Equal to the separate kernels, to the bit.
typedef struct {
    const float *bias;
    const float *scale;
    const float *shift;
    const float *residual;
    long activation;
} conv_epilogue;

/// The number of floats of packed weights, and packing itself. One form is for the
/// forward pass, the other for the input gradient.
long conv_packed_count(const conv_geometry *g);
void conv_pack(const conv_geometry *g, const float *weight, float *packed);
long conv_packed_transposed_count(const conv_geometry *g);
void conv_pack_transposed(const conv_geometry *g, const float *weight, float *packed);

/// Forward pass. Returns 0, or -1 if there is no scratch memory.
int conv_forward(
    const conv_geometry *g, const float *input, const float *packed, const conv_epilogue *epilogue,
    float *output);

/// Input gradient, from weights packed by conv_pack_transposed. Returns as conv_forward.
int conv_input_gradient(
    const conv_geometry *g, const float *output_gradient, const float *packed, const conv_epilogue *epilogue,
    float *input_gradient);

/// The bytes that both need for lists of the kernel's taps, which are many where it is large.
long conv_plan_bytes(const conv_geometry *g, int is_gradient);

/// The forward pass of a convolution of one group, whose inputs and weights are rounded to bfloat16 and whose sums are of
/// float32. The bits are the same with and without the processor's instructions for it. `rounded` is memory of so many
/// floats for the input of one sample.
long conv_bfloat16_count(const conv_geometry *g);
void conv_bfloat16_pack(const conv_geometry *g, const float *weight, float *packed);
long conv_bfloat16_rounded_count(const conv_geometry *g);
int conv_bfloat16(
    const conv_geometry *g, const float *input, const float *packed, const conv_epilogue *epilogue, float *rounded,
    float *output);

/// Forward pass and input gradient in float32 through Winograd's F(4x4, 3x3) or, for dilations above 4, F(3x3, 3x3) or tiles
/// of one or two pixels along each axis, for kernels of 3 x 3 with stride 1, one dilation for both axes, one group and channels in multiples of 8. The input gradient
/// of such a layer is a forward pass over the upstream gradient with `transposed` filters, [input][output][3][3] turned by
/// 180 degrees.
long conv_winograd_count(const conv_geometry *g);
void conv_winograd_pack(const conv_geometry *g, const float *weight, int transposed, float *filters);
int conv_winograd(
    const conv_geometry *g, const float *input, const float *filters, const conv_epilogue *epilogue,
    float *output);

/// The points of a tile, the tiles of a result, those that a point is needed for, and the products of all.
long conv_winograd_points(const conv_geometry *g);
long conv_winograd_tiles(const conv_geometry *g);
void conv_winograd_range(const conv_geometry *g, long point, long *first, long *end);
long conv_winograd_products(const conv_geometry *g);

/// The gradient by the weights of such a layer, in three parts: `count` tiles from `first` of one sample's input as
/// [point][tile][input] and of its upstream gradient as [point][tile][output]; their products, summed over tiles and samples
/// into [point][output][input], which the caller makes; and these back into weights [output][input][3][3].
int conv_winograd_gradient_points(
    const conv_geometry *g, const float *input, const float *upstream, long first, long count, float *pixels,
    float *gradients);
void conv_winograd_fold(const conv_geometry *g, const float *sums, float *weight_gradient);

/// Rows of floats that belong to the places of a grid `width` places wide: `step` floats from place to place, `line_step`
/// from line to line.
typedef struct {
    const float *first;
    long width, step, line_step;
} conv_rows;

/// c [m, n] = the sum over `k` places of the outer products of `a`, rows of m floats, and `b`, rows of n floats, or that
/// sum added to c, whose rows are `c_step` floats apart. On this thread; returns 0, or -1 if there is no scratch memory.
int conv_outer_product(
    long m, long n, long k, const conv_rows *a, const conv_rows *b, int accumulate, float *c, long c_step);

/// Rows [pixels, columns] of one group's taps and channels, starting at column `first_column` of
/// [tap][channel]; `input` is one sample, and pixels are those of its output.
void conv_unfold(
    const conv_geometry *g, const float *input, long group, long first_pixel, long pixels, long first_column,
    long columns, float *out);

/// Adds `part_count` partial gradients [outputs][taps][channels] in order, into [outputs][channels][taps].
void conv_fold_weights(
    const float *parts, long part_count, long part_stride, long outputs, long channels, long taps,
    float *weight_gradient);

#endif
