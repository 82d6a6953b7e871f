// Elementwise, reducing, normalising, pooling, resizing and loss kernels against plain formulas in double
// precision.

import CKernels
@preconcurrency import Glibc
import Testing

@testable import SegTensor

@Suite(.serialized) struct KernelMeasureTests {
    @Test func functionsAreAccurate() {
        var numbers = TestNumbers(3)
        let x =
            numbers.floats(4001, scale: 20) + [
                0, -0.0, 88, -87, -100, .leastNonzeroMagnitude, 3, -3, 6, .infinity, -.infinity,
            ]
        var out = x
        func check(_ op: Int, _ name: String, relative: Double, _ f: (Double) -> Double) {
            ew_unary_f32(op, x, &out, x.count)
            for (value, result) in zip(x, out) {
                let exact = f(Double(value))
                let close =
                    exact.isNaN
                    ? result.isNaN
                    : Float(exact).isInfinite
                        ? Double(result) == Double(Float(exact))
                        : abs(Double(result) - exact) <= relative * abs(exact) + 1e-43
                #expect(close, "\(name)(\(value)) = \(result), not \(exact)")
                if !close { return }
            }
        }
        check(EW_EXP, "exp", relative: 3e-7) { exp($0) }
        check(EW_LOG, "log", relative: 3e-7) { $0 < 0 ? .nan : log($0) }
        check(EW_TANH, "tanh", relative: 5e-7) { tanh($0) }
        check(EW_SIGMOID, "sigmoid", relative: 5e-7) { 1 / (1 + exp(-$0)) }
        check(EW_SQRT, "sqrt", relative: 1e-7) { $0 < 0 ? .nan : $0.squareRoot() }
        check(EW_RELU, "relu", relative: 0) { max($0, 0) }
        check(EW_ROUND, "round", relative: 0) { $0.rounded(.toNearestOrEven) }
        check(EW_RECIPROCAL, "reciprocal", relative: 1e-7) { 1 / $0 }
        let finite = x.filter(\.isFinite)
        out = finite
        ew_unary_f32(EW_HARDSWISH, finite, &out, finite.count)
        for (value, result) in zip(finite, out) {
            let exact = Double(value) * min(max(Double(value) + 3, 0), 6) / 6
            #expect(abs(Double(result) - exact) <= 2e-7 * abs(exact) + 1e-6)
        }
    }

    @Test func extremesCarryNaN() {
        let a: [Float] = [1, .nan, 3, .nan]
        let b: [Float] = [2, 2, .nan, .nan]
        var out = a
        ew_binary_f32(EW_MAX, a, 1, b, 1, &out, 4)
        #expect(out[0] == 2 && out[1...].allSatisfy(\.isNaN))
        ew_unary_f32(EW_RELU, b, &out, 4)
        #expect(out[0] == 2 && out[2].isNaN)
        var least = [Float](repeating: 0, count: 1)
        reduce_axis_f32(REDUCE_MIN, [3, .nan, 1], 1, 3, 1, &least)
        #expect(least[0].isNaN)
        var place = [Int64](repeating: 0, count: 1)
        reduce_arg_f32(0, [3, 5, .nan, 7], 1, 4, 1, &place)
        #expect(place == [2])
    }

    @Test func castsSaturate() {
        let x: [Float] = [-1, 0.9, 254.6, 255, 300, .nan, .infinity, -.infinity]
        var bytes = [UInt8](repeating: 9, count: x.count)
        ew_cast(KIND_F32, x, KIND_U8, &bytes, x.count)
        #expect(bytes == [0, 0, 254, 255, 255, 0, 255, 0])
        var wide = [Int32](repeating: 9, count: x.count)
        ew_cast(KIND_F32, x, KIND_I32, &wide, x.count)
        #expect(wide == [-1, 0, 254, 255, 300, 0, .max, .min])
        var whole = [Int64](repeating: 0, count: 2)
        ew_binary_i64(EW_FLOOR_DIV, [-7, 7], 1, [2, 0], 1, &whole, 2)
        #expect(whole == [-4, 0])
        ew_binary_i64(EW_MOD, [-7, .min], 1, [3, -1], 1, &whole, 2)
        #expect(whole == [2, 0])
    }

    @Test(arguments: [(1, 100_003, 1), (1, 5001, 37), (7, 13, 5), (300, 32, 1), (3, 1, 4), (2, 300, 600)])
    func reductionsAgreeWithPlainSums(_ shape: (Int, Int, Int)) {
        let (outer, axis, inner) = shape
        var numbers = TestNumbers(5)
        let x = numbers.floats(outer * axis * inner)
        var places = [Int64](repeating: 0, count: outer * inner)
        reduce_arg_f32(0, x, outer, axis, inner, &places)
        for op in [REDUCE_SUM, REDUCE_MEAN, REDUCE_MAX] {
            let out = sameAtAnyThreadCount {
                var out = [Float](repeating: 0, count: outer * inner)
                reduce_axis_f32(op, x, outer, axis, inner, &out)
                return out
            }
            for o in stride(from: 0, to: outer, by: max(1, outer / 3)) {
                for i in stride(from: 0, to: inner, by: max(1, inner / 3)) {
                    let line = (0..<axis).map { Double(x[(o * axis + $0) * inner + i]) }
                    let largest = line.max() ?? 0
                    let exact =
                        op == REDUCE_MAX
                        ? largest : line.reduce(0, +) / (op == REDUCE_MEAN ? Double(axis) : 1)
                    #expect(abs(Double(out[o * inner + i]) - exact) <= 1e-6 * max(1, abs(exact)))
                    #expect(line.firstIndex(of: largest) == Int(places[o * inner + i]))
                }
            }
        }
    }

    @Test func softmaxAndItsGradient() {
        var numbers = TestNumbers(23)
        for channels in [1, 5, 32, 41] {
            let rows = 13
            let x = numbers.floats(rows * channels, scale: 8)
            let dy = numbers.floats(rows * channels)
            for logarithm in [0, 1] {
                var y = x
                var dx = x
                softmax_forward_f32(logarithm, x, &y, rows, channels)
                softmax_backward_f32(logarithm, dy, y, &dx, rows, channels)
                for r in 0..<rows {
                    let line = x[r * channels..<(r + 1) * channels].map { exp(Double($0)) }
                    let p = line.map { $0 / line.reduce(0, +) }
                    let g = dy[r * channels..<(r + 1) * channels].map(Double.init)
                    let dot = zip(p, g).reduce(0) { $0 + $1.0 * $1.1 }
                    let sum = g.reduce(0, +)
                    for c in 0..<channels {
                        let exact = logarithm == 1 ? log(p[c]) : p[c]
                        let slope = logarithm == 1 ? g[c] - p[c] * sum : (g[c] - dot) * p[c]
                        #expect(abs(Double(y[r * channels + c]) - exact) < 1e-5)
                        #expect(abs(Double(dx[r * channels + c]) - slope) < 1e-5)
                    }
                }
            }
        }
    }

    @Test func normalisationSurvivesALargeMean() throws {
        var numbers = TestNumbers(29)
        let (rows, channels) = (5000, 19)
        let x = numbers.floats(rows * channels).map { $0 + 1000 }
        let dy = numbers.floats(rows * channels)
        let gamma = numbers.floats(channels)
        let beta = numbers.floats(channels)
        func tensor(_ values: [Float], _ shape: [Int]) throws -> Tensor {
            Tensor(try TensorData(values, shape: shape))
        }
        let all = try sameAtAnyThreadCount {
            let scope = TrackingScope()
            let leaves = try [
                tensor(x, [1, channels, rows, 1]), tensor(gamma, [channels]), tensor(beta, [channels]),
            ].map { try scope.track($0) }
            let result = try Tensor.batchNormTraining(leaves[0], weight: leaves[1], bias: leaves[2])
            let found = try gradients(
                of: result.output, wrt: leaves, seed: tensor(dy, [1, channels, rows, 1]))
            scope.end(from: [result.output])
            return try ([result.output, result.variance] + found).map { try $0.doubles() }
        }
        for c in 0..<channels {
            let column = x[c * rows..<(c + 1) * rows].map(Double.init)
            let g = dy[c * rows..<(c + 1) * rows].map(Double.init)
            let mean = column.reduce(0, +) / Double(rows)
            let variance = column.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(rows)
            let inverse = 1 / (variance + 1e-5).squareRoot()
            #expect(abs(all[1][c] - variance) < 1e-6)
            let dot = zip(column, g).reduce(0) { $0 + ($1.0 - mean) * inverse * $1.1 }
            #expect(abs(all[3][c] - dot) < 0.05)
            #expect(abs(all[4][c] - g.reduce(0, +)) < 1e-3)
            for r in [0, 777, rows - 1] {
                let normalised = (column[r] - mean) * inverse
                let exact = normalised * Double(gamma[c]) + Double(beta[c])
                #expect(abs(all[0][c * rows + r] - exact) < 3e-4)
                let slope =
                    Double(gamma[c]) * inverse
                    * (g[r] - g.reduce(0, +) / Double(rows) - normalised * dot / Double(rows))
                #expect(abs(all[2][c * rows + r] - slope) < 1e-4)
            }
        }
    }

    @Test func poolingFindsTheFirstMaximum() {
        var g = KernelTests.geometry(2, 35, 9, 7, 35, kernel: (3, 3), stride: 2, padding: 1).kernelGeometry
        var numbers = TestNumbers(31)
        // Few distinct values, so that ties are common.
        let x = (0..<2 * 9 * 7 * 35).map { _ in Float(numbers.integer(below: 4)) }
        let count = 2 * g.output_height * g.output_width * 35
        let dy = numbers.floats(count)
        var y = dy
        pool_max_forward(&g, x, &y)
        let dx = sameAtAnyThreadCount {
            var dx = x
            pool_max_backward(&g, x, dy, &dx)
            return dx
        }
        var exact = [Double](repeating: 0, count: x.count)
        for i in 0..<count {
            let c = i % 35
            let ox = i / 35 % g.output_width
            let oy = i / 35 / g.output_width % g.output_height
            let n = i / 35 / g.output_width / g.output_height
            var best = (value: -Float.infinity, place: 0)
            for ky in 0..<3 {
                for kx in 0..<3 {
                    let (py, px) = (oy * 2 - 1 + ky, ox * 2 - 1 + kx)
                    guard (0..<9).contains(py), (0..<7).contains(px) else { continue }
                    let place = ((n * 9 + py) * 7 + px) * 35 + c
                    if x[place] > best.value { best = (x[place], place) }
                }
            }
            #expect(y[i] == best.value)
            exact[best.place] += Double(dy[i])
        }
        #expect(largestDifference(dx, exact) < 1e-6)
    }

    /// Source places and weights of PyTorch's bilinear interpolation.
    static func source(_ i: Int, _ input: Int, _ output: Int) -> (first: Int, second: Int, fraction: Double) {
        let place = max(0, (Double(i) + 0.5) * Double(input) / Double(output) - 0.5)
        let first = min(Int(place), input - 1)
        return (first, min(first + 1, input - 1), place - Double(first))
    }

    @Test(arguments: [(5, 7, 13, 20), (9, 8, 4, 3), (1, 1, 3, 2), (6, 6, 6, 6)])
    func bilinearAndItsGradient(_ sizes: (Int, Int, Int, Int)) {
        let (h, w, bigH, bigW) = sizes
        let channels = 5
        var g = resize_geometry(
            batch: 2, channels: channels, in_height: h, in_width: w, out_height: bigH, out_width: bigW,
            on_corners: 0,
            step_y: 0, step_x: 0)
        var numbers = TestNumbers(37)
        let x = numbers.floats(2 * h * w * channels)
        let dy = numbers.floats(2 * bigH * bigW * channels)
        let (y, dx) = (
            sameAtAnyThreadCount {
                var y = dy
                _ = resize_bilinear_forward(&g, x, &y)
                return y
            },
            sameAtAnyThreadCount {
                var dx = x
                _ = resize_bilinear_backward(&g, dy, &dx)
                return dx
            }
        )
        var exact = [Double](repeating: 0, count: dy.count)
        var slope = [Double](repeating: 0, count: x.count)
        for i in 0..<dy.count {
            let c = i % channels
            let column = Self.source(i / channels % bigW, w, bigW)
            let row = Self.source(i / channels / bigW % bigH, h, bigH)
            let n = i / channels / bigW / bigH
            for (yy, wy) in [(row.first, 1 - row.fraction), (row.second, row.fraction)] {
                for (xx, wx) in [(column.first, 1 - column.fraction), (column.second, column.fraction)] {
                    let place = ((n * h + yy) * w + xx) * channels + c
                    exact[i] += wy * wx * Double(x[place])
                    slope[place] += wy * wx * Double(dy[i])
                }
            }
        }
        #expect(largestDifference(y, exact) < 1e-5)
        #expect(largestDifference(dx, slope) < 1e-5)
    }

    @Test func nearestTakesTheFloor() {
        var g = resize_geometry(
            batch: 1, channels: 1, in_height: 2, in_width: 3, out_height: 3, out_width: 7, on_corners: 0,
            step_y: 0, step_x: 0)
        let labels: [UInt8] = [1, 2, 3, 4, 5, 6]
        var out = [UInt8](repeating: 0, count: 21)
        resize_nearest_forward(&g, 1, labels, &out)
        let columns = [0, 0, 0, 1, 1, 2, 2]
        #expect(out == [0, 0, 1].flatMap { row in columns.map { labels[row * 3 + $0] } })
    }

    /// The result of the fused loss.
    struct LossResult: Equatable {
        var loss: [Double]
        var weight: [Double]
        var gradient: [Float]
        var confusion: [Int64]
        var predictions: [Int64]
    }

    @Test(arguments: [(32, 5, 4, 40, 31, 0.0, -1), (21, 4, 5, 19, 23, 0.1, 3), (3, 6, 6, 6, 6, 0.2, 0)])
    func fusedLossAgreesWithItsFormula(_ c: (Int, Int, Int, Int, Int, Double, Int)) {
        let (classes, h, w, height, width, smoothing, ignore) = c
        let batch = 2
        var numbers = TestNumbers(41)
        let logits = numbers.floats(batch * h * w * classes, scale: 5)
        let masks = (0..<batch * height * width).map { _ in UInt8(numbers.integer(below: classes)) }
        let weights = numbers.floats(classes).map(abs)
        let result = sameAtAnyThreadCount {
            var r = LossResult(
                loss: [0, 0], weight: [0, 0], gradient: logits,
                confusion: .init(repeating: 0, count: classes * classes),
                predictions: .init(repeating: -1, count: masks.count))
            logits.withUnsafeBufferPointer { logits in
                masks.withUnsafeBytes { masks in
                    weights.withUnsafeBufferPointer { weights in
                        var input = segmentation_input(
                            batch: batch, classes: classes, in_height: h, in_width: w, height: height,
                            width: width,
                            logits: logits.baseAddress, masks: masks.baseAddress, mask_kind: KIND_U8,
                            class_weights: weights.baseAddress, ignore: ignore,
                            label_smoothing: Float(smoothing))
                        r.loss.withUnsafeMutableBufferPointer { loss in
                            r.weight.withUnsafeMutableBufferPointer { weight in
                                r.gradient.withUnsafeMutableBufferPointer { gradient in
                                    r.confusion.withUnsafeMutableBufferPointer { confusion in
                                        r.predictions.withUnsafeMutableBufferPointer { predictions in
                                            var output = segmentation_output(
                                                loss: loss.baseAddress, weight: weight.baseAddress,
                                                gradient: gradient.baseAddress,
                                                confusion: confusion.baseAddress, confusion_stride: 0,
                                                predictions: predictions.baseAddress)
                                            #expect(segmentation_loss(&input, &output) == 0)
                                        }
                                    }
                                }
                            }
                        }
                    }
                }
            }
            return r
        }
        let total = weights.reduce(0) { $0 + Double($1) }
        var gradient = [Double](repeating: 0, count: logits.count)
        var confusion = [Int64](repeating: 0, count: classes * classes)
        for n in 0..<batch {
            var (loss, weight) = (0.0, 0.0)
            for pixel in 0..<height * width {
                let row = Self.source(pixel / width, h, height)
                let column = Self.source(pixel % width, w, width)
                let corners = [
                    (row.first, column.first, (1 - row.fraction) * (1 - column.fraction)),
                    (row.first, column.second, (1 - row.fraction) * column.fraction),
                    (row.second, column.first, row.fraction * (1 - column.fraction)),
                    (row.second, column.second, row.fraction * column.fraction),
                ].map { (place: ((n * h + $0.0) * w + $0.1) * classes, share: $0.2) }
                let z = (0..<classes).map { k in
                    corners.reduce(0) { $0 + $1.share * Double(logits[$1.place + k]) }
                }
                let best = z.indices.max { z[$0] < z[$1] } ?? 0
                #expect(Int(result.predictions[n * height * width + pixel]) == best)
                let truth = Int(masks[n * height * width + pixel])
                if truth == ignore { continue }
                confusion[truth * classes + best] += 1
                let logSum = log(z.reduce(0) { $0 + exp($1) })
                let own = Double(weights[truth])
                loss += (1 - smoothing) * own * (logSum - z[truth])
                weight += own
                for k in 0..<classes {
                    let share = smoothing / Double(classes)
                    loss += share * Double(weights[k]) * (logSum - z[k])
                    let p = exp(z[k] - logSum)
                    let slope =
                        (1 - smoothing) * own * (p - (k == truth ? 1 : 0)) + share
                        * (p * total - Double(weights[k]))
                    for corner in corners { gradient[corner.place + k] += slope * corner.share }
                }
            }
            #expect(abs(result.loss[n] - loss) < 1e-6 * loss)
            #expect(abs(result.weight[n] - weight) < 1e-9 * weight)
        }
        #expect(result.confusion == confusion)
        let largest = gradient.reduce(0) { max($0, abs($1)) }
        #expect(largestDifference(result.gradient, gradient) < 3e-6 * largest)
    }
}
