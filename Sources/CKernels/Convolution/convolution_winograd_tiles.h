// Winograd's transforms for tiles of OUT x OUT results, read from IN x IN pixels from the tile's pixel number SKIPPED along
// each axis, which give ALONG x ALONG points. Included by convolution_winograd.c for each size, with the transforms of
// lines; TILE names what belongs to the size.
// Names that are defined for it are undefined at its end, for the next size.

/// Transforms `channels` of the pixels of `count` tiles, from `input` on, into [point][tile][channel]; points are
/// `point_step` floats apart.
TILE_LEVELS(static, void, TILE(transform_tiles),
    (const conv_geometry *g, const float *zeros, const float *input, long channels, const tile_place *places, long count,
     float *out, long point_step),
    (g, zeros, input, channels, places, count, out, point_step)) {
    const long dilation = g->dilation_height;
    for (long tile = 0; tile < count; tile++, out += channels) {
        const float *pixels[IN * IN];
        for (long i = 0; i < IN; i++) {
            const long y = places[tile].y - g->padding_height + (i + SKIPPED) * dilation;
            for (long j = 0; j < IN; j++) {
                const long x = places[tile].x - g->padding_width + (j + SKIPPED) * dilation;
                const int inside = y >= 0 && y < g->input_height && x >= 0 && x < g->input_width;
                pixels[i * IN + j] = inside ? input + (y * g->input_width + x) * g->input_channels : zeros;
            }
        }
        for (long c = 0; c < channels; c += 8) {
            float8 lines[ALONG * IN];
            UNROLLED for (long j = 0; j < IN; j++) {
                float8 d[IN];
                UNROLLED for (long i = 0; i < IN; i++) d[i] = *(const float8 *)(pixels[i * IN + j] + c);
                INPUT_LINE(d, lines + j, IN);
            }
            UNROLLED for (long i = 0; i < ALONG; i++) {
                float8 t[ALONG];
                INPUT_LINE(lines + IN * i, t, 1);
                UNROLLED for (long j = 0; j < ALONG; j++) *(float8 *)(out + (i * ALONG + j) * point_step + c) = t[j];
            }
        }
    }
}

/// Transforms [point][tile][column] back into pixels of the result, for the columns from `first`, and applies the
/// epilogue to them.
TILE_LEVELS(static, void, TILE(transform_back),
    (const winograd_job *job, const float *products, long point_step, long row_length, const tile_place *places,
     long count, long first, long columns, float *output, const float *residual),
    (job, products, point_step, row_length, places, count, first, columns, output, residual)) {
    const conv_geometry *g = job->g;
    const long channels = g->output_channels, dilation = g->dilation_height;
    float8 dump[OUT];
    for (long tile = 0; tile < count; tile++, products += row_length) {
        const long rows = min_long(OUT, parts_of(g->output_height - places[tile].y, dilation));
        const long length = min_long(OUT, parts_of(g->output_width - places[tile].x, dilation));
        const long place = (places[tile].y * g->output_width + places[tile].x) * channels + first;
        const long row_step = dilation * g->output_width * channels, step = dilation * channels;
        for (long c = 0; c < columns; c += 8) {
            float8 lines[OUT * ALONG];
            UNROLLED for (long j = 0; j < ALONG; j++) {
                float8 m[ALONG];
                UNROLLED for (long i = 0; i < ALONG; i++)
                    m[i] = HAS_POINT(i, rows) && HAS_POINT(j, length)
                               ? *(const float8 *)(products + (i * ALONG + j) * point_step + c) : splat8(0.0f);
                OUTPUT_LINE(m, lines + j, ALONG);
            }
            UNROLLED for (long i = 0; i < OUT; i++) {
                float8 y[OUT];
                OUTPUT_LINE(lines + ALONG * i, y, 1);
                float *row = output + place + i * row_step + c;
                UNROLLED for (long j = 0; j < OUT; j++) {
                    float *to = i < rows && j < length ? row + j * step : (float *)dump;
                    *(float8 *)to = y[j];
                }
            }
        }
        for (long i = 0; i < rows; i++) {
            const long row = place + i * row_step;
            epilogue_rows(
                job->epilogue, first, residual == NULL ? NULL : residual + row, output + row, length, columns, step);
        }
    }
}

/// The filters of one panel of channels: [point][input][lane]. The points are far apart, by powers of two, and would
/// push each other out of the cache: those of eight inputs are collected and then written as runs.
TILE_LEVELS(static, void, TILE(transform_filters), (const filter_job *job, long column), (job, column)) {
    const long rest = job->outputs - column, lanes = rest <= CONV_NARROW ? CONV_NARROW : CONV_PANEL;
    float *out = job->filters + column * POINTS * job->inputs;
    const long lane_step = job->transposed ? TAPS : job->inputs * TAPS;
    const long input_step = job->transposed ? job->outputs * TAPS : TAPS;
    float8 points[POINTS][FILTER_INPUTS * CONV_PANEL / 8];
    for (long first = 0; first < job->inputs; first += FILTER_INPUTS) {
        const float *from = job->weight + column * lane_step + first * input_step;
        for (long input = 0; input < FILTER_INPUTS; input++, from += input_step) {
            for (long lane = 0; lane < lanes; lane += 8) {
                float8 taps[TAPS], lines[ALONG * 3];
                read_taps(from + lane * lane_step, lane_step, rest - lane, job->transposed, taps);
                UNROLLED for (long x = 0; x < 3; x++) FILTER_LINE(taps + x, 3, lines + x, 3);
                float8 *to = &points[0][(input * lanes + lane) / 8];
                UNROLLED for (long i = 0; i < ALONG; i++)
                    FILTER_LINE(lines + 3 * i, 1, to + i * ALONG * (long)(sizeof points[0] / sizeof *to), sizeof points[0] / sizeof *to);
            }
        }
        for (long point = 0; point < POINTS; point++)
            memcpy(out + (point * job->inputs + first) * lanes, points[point], (size_t)(FILTER_INPUTS * lanes) * sizeof(float));
    }
}

/// Transforms the upstream gradient of `count` tiles into [point][tile][channel].
TILE_LEVELS(static, void, TILE(transform_upstream), (const gradient_job *job, long first, long count), (job, first, count)) {
    const conv_geometry *g = job->g;
    const long channels = g->output_channels, dilation = g->dilation_height, point_step = job->tiles * channels;
    for (long tile = first; tile < first + count; tile++) {
        const float *from[OUT * OUT];
        for (long i = 0; i < OUT; i++) {
            for (long j = 0; j < OUT; j++) {
                const long y = job->places[tile].y + i * dilation, x = job->places[tile].x + j * dilation;
                from[i * OUT + j] = y < g->output_height && x < g->output_width
                                        ? job->upstream + (y * g->output_width + x) * channels : job->zeros;
            }
        }
        float *out = job->gradients + tile * channels;
        for (long c = 0; c < channels; c += 8) {
            float8 lines[ALONG * OUT];
            UNROLLED for (long j = 0; j < OUT; j++) {
                float8 u[OUT];
                UNROLLED for (long i = 0; i < OUT; i++) u[i] = *(const float8 *)(from[i * OUT + j] + c);
                UPSTREAM_LINE(u, lines + j, OUT);
            }
            UNROLLED for (long i = 0; i < ALONG; i++) {
                float8 t[ALONG];
                UPSTREAM_LINE(lines + OUT * i, t, 1);
                UNROLLED for (long j = 0; j < ALONG; j++) *(float8 *)(out + (i * ALONG + j) * point_step + c) = t[j];
            }
        }
    }
}

/// The sums of all points back into the taps of one output channel.
TILE_LEVELS(static, void, TILE(fold_output), (const fold_job *job, long output), (job, output)) {
    const long point_step = job->inputs * job->outputs;
    for (long c = 0; c < job->inputs; c += 8) {
        float8 lines[3 * ALONG], taps[TAPS];
        UNROLLED for (long j = 0; j < ALONG; j++) {
            float8 m[ALONG];
            UNROLLED for (long i = 0; i < ALONG; i++)
                m[i] = *(const float8 *)(job->sums + (i * ALONG + j) * point_step + output * job->inputs + c);
            TAPS_LINE(m, lines + j, ALONG);
        }
        UNROLLED for (long i = 0; i < 3; i++) TAPS_LINE(lines + ALONG * i, taps + 3 * i, 1);
        float *to = job->gradient + (output * job->inputs + c) * TAPS;
        for (long l = 0; l < 8; l++)
            for (long t = 0; t < TAPS; t++) to[l * TAPS + t] = taps[t][l];
    }
}

#undef OUT
#undef IN
#undef SKIPPED
#undef ALONG
#undef POINTS
#undef HAS_POINT
#undef TILE
#undef INPUT_LINE
#undef OUTPUT_LINE
#undef FILTER_LINE
#undef UPSTREAM_LINE
#undef TAPS_LINE
