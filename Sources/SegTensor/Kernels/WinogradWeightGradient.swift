// The gradient of a convolution by its weights through Winograd's algorithm: sample by sample, tiles are transformed into
// points, and each point is one sum of outer products. Parts of samples are added in order.

import CKernels
import Synchronization

enum WinogradWeightGradient {
    /// Rows of a product that one task computes.
    private static let taskRows = 256
    /// The most numbers of transformed tiles at a time.
    private static let workspace = 1 << 24

    /// Computes the gradient into [O, I, 3, 3].
    static func run(
        _ g: ConvolutionGeometry, input: UnsafePointer<Float>, outputGradient: UnsafePointer<Float>,
        into weightGradient: UnsafeMutablePointer<Float>
    ) throws {
        var geometry = g.kernelGeometry
        let (points, all) = (conv_winograd_points(&geometry), conv_winograd_tiles(&geometry))
        let (inputs, outputs) = (g.inputChannels, g.outputChannels)
        let parts = (all * points * (inputs + outputs) + workspace - 1) / workspace
        let most = (all + parts - 1) / parts
        func memory(_ floats: Int) throws -> Storage {
            try Storage(byteCount: floats * MemoryLayout<Float>.stride, for: "the gradient of conv2d")
        }
        let workspaces = try (
            pixels: memory(points * most * inputs), gradients: memory(points * most * outputs),
            sums: memory(points * outputs * inputs)
        )
        let pixels = workspaces.pixels.bytes.assumingMemoryBound(to: Float.self)
        let gradients = workspaces.gradients.bytes.assumingMemoryBound(to: Float.self)
        let sums = workspaces.sums.bytes.assumingMemoryBound(to: Float.self)
        let failed = Atomic(false)
        let rows = MatrixProduct.parts(outputs, limit: taskRows)
        // The tiles of a part that a point is needed for.
        let ranges = (0..<points).map { point in
            var (first, end) = (0, 0)
            conv_winograd_range(&geometry, point, &first, &end)
            return first..<end
        }
        func range(_ point: Int, in part: Range<Int>) -> Range<Int> { ranges[point].clamped(to: part) }
        try withExtendedLifetime(workspaces) {
            for part in 0..<g.batch * parts {
                let (sample, first) = (part / parts, part % parts * most)
                let tiles = min(most, all - first)
                guard tiles > 0 else { continue }
                let status = conv_winograd_gradient_points(
                    &geometry, input + sample * g.inputHeight * g.inputWidth * inputs,
                    outputGradient + sample * g.outputHeight * g.outputWidth * outputs, first, tiles, pixels,
                    gradients)
                try KernelMemory.check(status, for: "the gradient of conv2d")
                Parallel.run(points * rows.count) { task in
                    let point = task / rows.count
                    let row = task % rows.count * rows.size
                    let height = min(rows.size, outputs - row)
                    guard height > 0 else { return }
                    let needed = range(point, in: first..<first + tiles)
                    let place = point * tiles + needed.lowerBound - first
                    var upstream = conv_rows(
                        first: gradients + place * outputs + row, width: needed.count, step: outputs,
                        line_step: 0)
                    var input = conv_rows(
                        first: pixels + place * inputs, width: needed.count, step: inputs, line_step: 0)
                    let status = conv_outer_product(
                        height, inputs, needed.count, &upstream, &input, part == 0 ? 0 : 1,
                        sums + (point * outputs + row) * inputs, inputs)
                    if status != 0 { failed.store(true, ordering: .relaxed) }
                }
                try KernelMemory.check(
                    failed.load(ordering: .relaxed) ? -1 : 0, for: "the gradient of conv2d")
            }
            conv_winograd_fold(&geometry, sums, weightGradient)
        }
    }
}
