// Every case of ops.json: values and gradients of operations against PyTorch's in float64. A row of the table that says
// so, and that no case passes through, fails.

import Foundation
import Testing

@testable import SegTensor

struct OperationFixtureTests {
    @Test func valuesAndGradientsArePyTorchs() throws {
        let file = try Fixtures.read("ops.json")
        let cotangentCode = file["cotangent_code"] as? Int ?? 0
        let cases = file["cases"] as? [[String: Any]] ?? []
        #expect(cases.count > 100)
        var met = Set<MetOperation>()
        for one in cases {
            let name = one["case"] as? String ?? "?"
            do {
                let problems = try Self.problems(one, cotangentCode, &met)
                #expect(problems.isEmpty, "\(name): \(problems.joined(separator: "; "))")
            } catch {
                Issue.record("\(name): \(error)")
            }
        }
        for row in OperationRow.all {
            guard case .fixtures = row.values else { continue }
            for name in row.names where !met.contains(MetOperation(row.type, name)) {
                Issue.record("no case of ops.json passes through \(name) (\(row.type))")
            }
        }
    }

    private static func problems(
        _ one: [String: Any], _ cotangentCode: Int, _ met: inout Set<MetOperation>
    ) throws -> [String] {
        let inputs = one["inputs"] as? [String: [String: Any]] ?? [:]
        let outputs = one["outputs"] as? [String: [String: Any]] ?? [:]
        let wanted = one["gradients"] as? [String: [String: Any]] ?? [:]
        let scope = TrackingScope()
        var tensors: [String: Tensor] = [:]
        for (key, entry) in inputs {
            let tensor = try Fixtures.tensor(entry)
            tensors[key] = wanted[key] == nil ? tensor : try scope.track(tensor)
        }
        let call = FixtureCall(
            name: one["operation"] as? String ?? "", title: one["case"] as? String ?? "",
            arguments: one["arguments"] as? [String: Any] ?? [:], inputs: tensors)
        let results = try call.run()
        met.formUnion(MetOperation.all(below: Array(results.values)))
        var problems = outputs.isEmpty ? ["the case has no outputs"] : []
        for (key, entry) in outputs {
            guard let result = results[key] else {
                problems.append("no \(key)")
                continue
            }
            if let text = try Fixtures.difference(result, entry) { problems.append("\(key): \(text)") }
        }
        guard !wanted.isEmpty, let first = results["out"] ?? results["values"] else { return problems }
        let keys = wanted.keys.sorted()
        let leaves = keys.compactMap { tensors[$0] }
        let cotangent = try Fixtures.cotangent(cotangentCode, first.shape, dtype: first.dtype)
        let loss = try Tensor.reduce(.sum, first * cotangent)
        let found = try gradients(of: loss, wrt: leaves)
        met.formUnion(MetOperation.all(below: found))
        scope.end(from: [loss])
        for (key, gradient) in zip(keys, found) {
            if let entry = wanted[key], let text = try Fixtures.difference(gradient, entry, tolerance: 5e-5) {
                problems.append("gradient by \(key): \(text)")
            }
        }
        return problems
    }
}

/// One case's call, in the engine's terms.
struct FixtureCall {
    let name: String
    let title: String
    let arguments: [String: Any]
    let inputs: [String: Tensor]

    struct Unknown: Error { let name: String }

    private func tensor(_ key: String) throws -> Tensor {
        guard let tensor = inputs[key] else { throw Unknown(name: key) }
        return tensor
    }
    private func int(_ key: String) -> Int? { arguments[key] as? Int }
    private func pair(_ key: String, _ plain: Int) -> (Int, Int) {
        if let list = arguments[key] as? [Int], list.count == 2 { return (list[0], list[1]) }
        let one = int(key) ?? plain
        return (one, one)
    }
    private func bool(_ key: String) -> Bool { arguments[key] as? Bool ?? false }
    private var axes: [Int]? { arguments["axis"] as? [Int] ?? int("axis").map { [$0] } }

    func run() throws -> [String: Tensor] {
        if let result = try layers() { return result }
        if let result = try elementwise() { return result }
        if let result = try arrangement() { return result }
        throw Unknown(name: name)
    }

    private func layers() throws -> [String: Tensor]? {
        switch name {
        case "conv2d":
            return [
                "out": try .conv2d(
                    tensor("x"), tensor("weight"), bias: inputs["bias"], stride: pair("stride", 1),
                    padding: pair("padding", 0), dilation: pair("dilation", 1), groups: int("groups") ?? 1)
            ]
        case "conv_transpose2d":
            return [
                "out": try .convTranspose2d(
                    tensor("x"), tensor("weight"), bias: inputs["bias"], stride: pair("stride", 1),
                    padding: pair("padding", 0), outputPadding: pair("output_padding", 0),
                    groups: int("groups") ?? 1, dilation: pair("dilation", 1))
            ]
        case "batch_norm":
            let (mean, variance) = (try tensor("running_mean"), try tensor("running_var"))
            let eps = arguments["eps"] as? Double ?? 1e-5
            if bool("training") {
                let x = try tensor("x")
                let result = try Tensor.batchNormTraining(
                    x, weight: inputs["weight"], bias: inputs["bias"], epsilon: eps)
                let momentum = arguments["momentum"] as? Double ?? 0.1
                let n = Double(x.count / x.shape[1])
                return [
                    "out": result.output,
                    "running_mean": try mean * (1 - momentum) + result.mean * momentum,
                    "running_var": try variance * (1 - momentum) + result.variance * (momentum * n / (n - 1)),
                ]
            }
            let out = try Tensor.batchNorm(
                tensor("x"), mean: mean, variance: variance, weight: inputs["weight"], bias: inputs["bias"],
                epsilon: eps)
            return ["out": out, "running_mean": mean, "running_var": variance]
        case "max_pool2d":
            return [
                "out": try .maxPool2d(
                    tensor("x"), kernel: pair("kernel_size", 2), stride: pair("stride", 2),
                    padding: pair("padding", 0), dilation: pair("dilation", 1), ceilMode: bool("ceil_mode"))
            ]
        case "avg_pool2d":
            return [
                "out": try .avgPool2d(
                    tensor("x"), kernel: pair("kernel_size", 2), stride: pair("stride", 2),
                    padding: pair("padding", 0), ceilMode: bool("ceil_mode"),
                    countIncludePad: arguments["count_include_pad"] as? Bool ?? true)
            ]
        case "adaptive_avg_pool2d":
            return ["out": try .adaptiveAvgPool2d(tensor("x"), size: pair("output_size", 1))]
        case "interpolate":
            let mode = Tensor.Interpolation(rawValue: arguments["mode"] as? String ?? "") ?? .bilinear
            if let scale = arguments["scale_factor"] as? Double {
                return [
                    "out": try .interpolate(
                        tensor("x"), scale: (scale, scale),
                        mode: bool("align_corners") ? .bilinearOnCorners : mode)
                ]
            }
            return [
                "out": try .interpolate(
                    tensor("x"), size: pair("size", 1),
                    mode: bool("align_corners") ? .bilinearOnCorners : mode)
            ]
        case "cross_entropy": return ["out": try loss(tensor("logits"))]
        case "interpolate, cross_entropy":
            let target = try tensor("target")
            let logits = try Tensor.interpolate(tensor("logits"), size: (target.shape[1], target.shape[2]))
            return ["out": try loss(logits)]
        case "softmax": return ["out": try .softmax(tensor("x"), axis: int("axis") ?? 1)]
        case "log_softmax": return ["out": try .logSoftmax(tensor("x"), axis: int("axis") ?? 1)]
        default: return nil
        }
    }

    private func loss(_ logits: Tensor) throws -> Tensor {
        try .crossEntropy(
            logits, tensor("target"), weight: inputs["weights"] ?? inputs["weight"],
            ignoreIndex: int("ignore_index"), smoothing: arguments["label_smoothing"] as? Double ?? 0,
            reduction: Tensor.LossReduction(rawValue: arguments["reduction"] as? String ?? "mean") ?? .mean)
    }

    private func elementwise() throws -> [String: Tensor]? {
        if let function = UnaryFunction(rawValue: name) { return ["out": try .apply(function, tensor("x"))] }
        if name == "^", inputs["b"] == nil {
            let a = try tensor("a")
            return ["out": try Tensor.apply(.power, a, 2) + Tensor.apply(.power, a, 3)]
        }
        if let function = BinaryFunction.allCases.first(where: { $0.symbol == name }) {
            return ["out": try .apply(function, tensor("a"), tensor("b"))]
        }
        if let reduction = Reduction(rawValue: name), name != "any" {
            return ["out": try .reduce(reduction, tensor("x"), axes: axes, keepdims: bool("keepdims"))]
        }
        switch name {
        case "leaky_relu":
            return ["out": try .leakyReLU(tensor("x"), slope: arguments["negative_slope"] as? Double ?? 0)]
        case "gelu, tanh": return ["out": try .geluByTanh(tensor("x"))]
        case "clamp":
            let low = arguments["low"] as? Double ?? 0
            let high = arguments["high"] as? Double ?? 0
            return ["out": try tensor("x").clamp(min: .number(low), max: .number(high))]
        case "where":
            let condition = try tensor("condition").to(.bool)
            return ["out": try .where(.tensor(condition), .tensor(tensor("a")), .tensor(tensor("b")))]
        case "torch.var", "torch.std":
            let x = try tensor("x")
            return ["out": try x.variance(axes: axes, correction: 1, root: name == "torch.std")]
        case "argmin": return ["out": try tensor("x").argmin(axis: int("axis"))]
        case "argmax": return ["out": try tensor("x").argmax(axis: int("axis"))]
        case "cumsum": return ["out": try tensor("x").cumsum(axis: int("axis"))]
        case "any":
            let x = try tensor("x")
            return ["any": try .reduce(.any, x, axes: axes), "all": try .reduce(.all, x, axes: axes)]
        default: return nil
        }
    }

    private func arrangement() throws -> [String: Tensor]? {
        switch name {
        case "sort": return ["out": try tensor("x").sort(axis: int("axis") ?? -1)]
        case "argsort": return ["out": try tensor("x").argsort(axis: int("axis") ?? -1)]
        case "topk":
            let top = try tensor("x").topk(int("k") ?? 1, axis: int("axis") ?? -1)
            return ["values": top.values, "indices": top.indices]
        case "gather": return ["out": try tensor("x").gather(axis: int("axis") ?? 0, index: tensor("index"))]
        case "unique": return ["out": try tensor("x").unique()]
        case "bincount": return ["out": try tensor("x").bincount(minlength: int("minlength") ?? 0)]
        case "histogram":
            let range = (arguments["range"] as? [Double]).map { ($0[0], $0[1]) }
            let (counts, edges) = try tensor("x").histogram(bins: int("bins") ?? 10, range: range)
            return ["counts": counts, "edges": edges]
        case "one_hot": return ["out": try tensor("x").oneHot(classes: int("classes"))]
        case "flip": return ["out": try tensor("x").flip(axes: axes)]
        case "roll": return ["out": try tensor("x").roll([int("shift") ?? 0], axes: axes)]
        case "pad":
            let widths = arguments["padding"] as? [Int] ?? []
            let pairs = stride(from: widths.count - 2, through: 0, by: -2).map {
                (widths[$0], widths[$0 + 1])
            }
            if let border = (arguments["mode"] as? String).flatMap({ Tensor.Border(rawValue: $0) }) {
                return ["out": try tensor("x").pad(pairs, border: border)]
            }
            return ["out": try tensor("x").pad(pairs, value: arguments["value"] as? Double ?? 0)]
        case "cat": return ["out": try .cat([tensor("a"), tensor("b")], axis: int("axis") ?? 0)]
        case "stack": return ["out": try .stack([tensor("a"), tensor("b")], axis: int("axis") ?? 0)]
        case "permute": return ["out": try tensor("x").permute(arguments["axes"] as? [Int] ?? [])]
        case "expand": return ["out": try tensor("x").expand(arguments["shape"] as? [Int] ?? [])]
        case "matmul": return ["out": try .matmul(tensor("a"), tensor("b"))]
        default: return nil
        }
    }
}
