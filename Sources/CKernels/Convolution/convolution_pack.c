// Weights in the layout that the kernels read: for each group and panel of columns,
// [tap][channel][column]; columns past the end are zero.

#include <stddef.h>

#include "levels.h"
#include "convolution.h"
#include "convolution_tile.h"
#include "pool.h"

typedef struct {
    const float *weight;
    float *packed;
    long taps, depth, width, panels, group_floats;
    /// Strides within the weights of one group.
    long depth_step, width_step, group_step;
} pack_job;

static void pack_task(void *context, long index) {
    const pack_job *j = context;
    const long group = index / j->panels, column = index % j->panels * CONV_PANEL;
    const long rest = j->width - column;
    const long lanes = rest <= CONV_NARROW ? CONV_NARROW : CONV_PANEL;
    const float *weight = j->weight + group * j->group_step + column * j->width_step;
    float *out = j->packed + group * j->group_floats + column * j->taps * j->depth;
    for (long tap = 0; tap < j->taps && !pool_stops(j->depth * lanes); tap++) {
        for (long d = 0; d < j->depth; d++, out += lanes) {
            const float *from = weight + d * j->depth_step + tap;
            for (long l = 0; l < lanes; l++) out[l] = l < rest ? from[l * j->width_step] : 0.0f;
        }
    }
}

static long packed_count(const conv_geometry *g, long width, long depth) {
    return g->groups * conv_packed_columns(width) * depth * g->kernel_height * g->kernel_width;
}

static void pack(const conv_geometry *g, const float *weight, float *packed, int transposed) {
    const long inputs = g->input_channels / g->groups, outputs = g->output_channels / g->groups;
    const long taps = g->kernel_height * g->kernel_width;
    pack_job j = {.weight = weight, .packed = packed, .taps = taps};
    j.depth = transposed ? outputs : inputs;
    j.width = transposed ? inputs : outputs;
    j.depth_step = transposed ? inputs * taps : taps;
    j.width_step = transposed ? taps : inputs * taps;
    j.group_step = outputs * inputs * taps;
    j.panels = parts_of(j.width, CONV_PANEL);
    j.group_floats = conv_packed_columns(j.width) * taps * j.depth;
    pool_run(g->groups * j.panels, pack_task, &j);
}

long conv_packed_count(const conv_geometry *g) {
    return packed_count(g, g->output_channels / g->groups, g->input_channels / g->groups);
}

void conv_pack(const conv_geometry *g, const float *weight, float *packed) { pack(g, weight, packed, 0); }

long conv_packed_transposed_count(const conv_geometry *g) {
    return packed_count(g, g->input_channels / g->groups, g->output_channels / g->groups);
}

void conv_pack_transposed(const conv_geometry *g, const float *weight, float *packed) {
    pack(g, weight, packed, 1);
}
