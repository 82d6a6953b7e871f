// The gradient of a convolution by its weights through Winograd's F(4x4, 3x3): sample by sample, the tiles are
// transformed into 36 points, and each point is one sum of outer products. Samples are added in order.

import CKernels
import Synchronization

enum WinogradWeightGradient {
    /// Rows of a product that one task computes.
    private static let taskRows = 256

    /// Computes the gradient into [O, I, 3, 3].
    static func run(
        _ g: ConvolutionGeometry, input: UnsafePointer<Float>, outputGradient: UnsafePointer<Float>,
        into weightGradient: UnsafeMutablePointer<Float>
    ) throws {
        let points = 36
        var geometry = g.kernelGeometry
        let tiles = conv_winograd_tiles(&geometry)
        let (inputs, outputs) = (g.inputChannels, g.outputChannels)
        func workspace(_ floats: Int) throws -> Storage {
            try Storage(byteCount: floats * MemoryLayout<Float>.stride, for: "the gradient of conv2d")
        }
        let workspaces = try (
            pixels: workspace(points * tiles * inputs), gradients: workspace(points * tiles * outputs),
            sums: workspace(points * outputs * inputs)
        )
        let pixels = workspaces.pixels.bytes.assumingMemoryBound(to: Float.self)
        let gradients = workspaces.gradients.bytes.assumingMemoryBound(to: Float.self)
        let sums = workspaces.sums.bytes.assumingMemoryBound(to: Float.self)
        let failed = Atomic(false)
        let rows = MatrixProduct.parts(outputs, limit: taskRows)
        try withExtendedLifetime(workspaces) {
            for sample in 0..<g.batch {
                let status = conv_winograd_gradient_points(
                    &geometry, input + sample * g.inputHeight * g.inputWidth * inputs,
                    outputGradient + sample * g.outputHeight * g.outputWidth * outputs, pixels, gradients)
                try KernelMemory.check(status, for: "the gradient of conv2d")
                Parallel.run(points * rows.count) { task in
                    let point = task / rows.count
                    let first = task % rows.count * rows.size
                    let height = min(rows.size, outputs - first)
                    guard height > 0 else { return }
                    var upstream = conv_rows(
                        first: gradients + point * tiles * outputs + first, width: tiles, step: outputs,
                        line_step: 0)
                    var input = conv_rows(
                        first: pixels + point * tiles * inputs, width: tiles, step: inputs, line_step: 0)
                    let status = conv_outer_product(
                        height, inputs, tiles, &upstream, &input, sample == 0 ? 0 : 1,
                        sums + (point * outputs + first) * inputs, inputs)
                    if status != 0 { failed.store(true, ordering: .relaxed) }
                }
                try KernelMemory.check(
                    failed.load(ordering: .relaxed) ? -1 : 0, for: "the gradient of conv2d")
            }
            conv_winograd_fold(&geometry, sums, weightGradient)
        }
    }
}
