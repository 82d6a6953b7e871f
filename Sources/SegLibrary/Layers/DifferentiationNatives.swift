// Gradients as functions of the language: `grad`, `value_and_grad`, `no_grad`; and the step that commits all
// changes at once.

import SegRuntime
import SegSyntax
import SegTensor

private func scalar(_ value: Value) throws -> TensorValue {
    guard let tensor = value.asTensorValue else {
        throw Failure(
            .type, "the function gave \(value.typeName), not a tensor: it has no gradient",
            help:
                "its value must depend on tensors through operations of the library; item() and plain numbers have no gradient"
        )
    }
    guard tensor.promise.count == 1 else {
        throw Failure(
            .shape,
            "the function gave a tensor of shape \(tensor.promise.shape), not one number: it has no gradient",
            help: "reduce it, as with sum or mean")
    }
    return tensor
}

/// The value of `f(point)` and its gradient by the point.
private func valueAndGradient(of f: Value, at point: TensorValue, _ interpreter: Interpreter) throws -> Value
{
    let scope = TrackingScope()
    let tracked = try scope.track(try point.tensor)
    let result = try scalar(try interpreter.call(f, [.tensor(tracked)]))
    let gradient = try gradients(of: try result.tensor, wrt: [tracked])[0]
    scope.end(from: [result.promise, gradient])
    return .list([.object(result), .tensor(gradient)])
}

/// The value of `f(model)` in training mode and its gradients by the model's trainable parameters, by name.
/// The fields hold tracked tensors while f runs, and their original ones afterwards, even if it fails;
/// running statistics keep the values that f set unless it failed.
private func modelValueAndGradient(of f: Value, model: Value, _ interpreter: Interpreter) throws -> Value {
    let walk = try ModelWalk(model)
    let trainable = walk.trainable
    guard !trainable.isEmpty else {
        throw Failure(
            .value, "the model has no trainable parameters",
            help: "all are frozen; unfreeze(…) some, such as the head")
    }
    let scope = TrackingScope()
    var tracked: [Tensor] = []
    func putBack(_ places: [TensorPlace]) {
        for place in places { place.owner.setField(named: place.field, to: .object(place.value)) }
    }
    do {
        for place in trainable {
            let tensor = try scope.track(try place.value.tensor)
            tracked.append(tensor)
            place.owner.setField(named: place.field, to: .object(TensorValue(tensor, mark: place.mark)))
        }
        let value = try interpreter.layers.within(training: true) { try interpreter.call(f, [model]) }
        let result = try scalar(value)
        let reached = try foundGradients(of: try result.tensor, wrt: tracked)
        guard reached.contains(where: { $0 != nil }) else {
            throw Failure(
                .value, "no gradient reaches the model: the value does not depend on what is trainable in it",
                help:
                    "argmax, comparisons, item() and no_grad have no gradient; a loss of nothing is 0 * sum(logits)"
            )
        }
        let found = try zip(tracked, reached).map { parameter, gradient in
            try gradient ?? Tensor.zeros(parameter.shape, dtype: parameter.dtype)
        }
        putBack(trainable)
        let buffers = try ModelWalk(model).tensors.filter { $0.mark?.role == .buffer }.map(\.value.promise)
        scope.end(from: [result.promise] + found + buffers)
        let record = RecordObject(zip(trainable, found).map { ($0.path, .tensor($1)) })
        return .list([.object(TensorValue(result.promise)), .object(record)])
    } catch {
        putBack(walk.tensors)
        throw error
    }
}

let differentiationNatives: [Native] = [
    Native(
        "grad(f)",
        "The function that returns the gradient of the scalar f by its first argument. Other arguments go to f, "
            + "all by position or all by name.",
        examples: ["slope = grad(x -> sum(x ^ 2))\nprint(slope(tensor([1, 3])))  # expect: tensor([2, 6])"]
    ) { call in try call.made(by: "gradient_function", of: try call.function(0)) },
    Native(
        "value_and_grad(x, f=nil)",
        "Of f(x) a list of its value and its gradient. By a tensor `x` the gradient is a tensor; by a model, with "
            + "the value in training mode, a record of tensors by parameter name. With a function alone: the "
            + "function that returns its value and its gradient by its first argument.",
        examples: [
            "v, g = value_and_grad(x -> sum(x ^ 2))(tensor([3]))\nprint(v, g)  # expect: 9 tensor([6])"
        ]
    ) { call in
        guard call.isGiven(1) else {
            return try call.made(by: "value_and_gradient_function", of: try call.function(0))
        }
        if let point = call[0].asTensorValue {
            return try valueAndGradient(of: call[1], at: point, call.interpreter)
        }
        if case .number = call[0] {
            throw Failure(.type, "value_and_grad: x is a number; it is a tensor or a model", argument: 0)
        }
        return try modelValueAndGradient(of: call[1], model: call[0], call.interpreter)
    },
    Native(
        "no_grad(f)", "The value of f() as constants: no gradient flows through it.",
        examples: ["print(grad(x -> sum(x * no_grad(() -> x)))(tensor([3])))  # expect: tensor([3])"]
    ) { call in
        // A list that is shared, or contains itself, is cut once.
        var known: [ObjectIdentifier: Value] = [:]
        func cut(_ value: Value, _ depth: Int = 0) throws -> Value {
            if let tensor = value.asTensorValue {
                return .object(TensorValue(try tensor.promise.detached(), categories: tensor.categories))
            }
            guard case .object(let list as ListObject) = value else { return value }
            if let copy = known[ObjectIdentifier(list)] { return copy }
            guard depth < 1000 else { throw Failure(.value, "no_grad: the lists are nested too deeply") }
            let copy = ListObject([])
            known[ObjectIdentifier(list)] = .object(copy)
            copy.items = try call.interpreter.made(list.items.count) { try cut(list.items[$0], depth + 1) }
            return .object(copy)
        }
        return try cut(try call.interpreter.call(call[0], []))
    },
    Native(
        "without_changes(state, f)",
        "The value of f(), with everything reachable from `state` restored afterwards.",
        examples: ["s = (n=1)\nprint(without_changes(s, () -> { s.n = 2; s.n }), s.n)  # expect: 2 1"]
    ) { call in
        let snapshot = try Snapshot(of: call[0], poll: call.interpreter.checkInterrupt)
        defer { snapshot.restore() }
        return try call.interpreter.call(call[1], [])
    },
    Native(
        "commit_step(state, work, commit, alone=[])",
        "Applies all changes or none: runs work(), then commit(its value). If work fails or is interrupted, "
            + "everything reachable from `state` is restored, and of the objects and lists in `alone` their own fields "
            + "and items. commit runs without interruption by Ctrl-C, so it "
            + "should only assign what work computed; then the values that it left pending are computed.",
        examples: [
            "s = (n=1)\ntry { commit_step(s, () -> { s.n = 2; error(\"no\") }, x -> x) } catch { }\nprint(s.n)  # expect: 1"
        ]
    ) { call in
        call.interpreter.flushOutput()
        let alone = try call.list(3).items
        let snapshot = try Snapshot(of: call[0], alone: alone, poll: call.interpreter.checkInterrupt)
        let made: Value
        do {
            made = try call.interpreter.steps.during(snapshot) { try call.interpreter.call(call[1], []) }
        } catch {
            snapshot.restore()
            throw error
        }
        let result = try call.interpreter.holdingInterrupts {
            do {
                let result = try call.interpreter.call(call[2], [made])
                try Tensor.evaluate(
                    TensorGraph.pending(in: .list([call[0], result]), poll: call.interpreter.checkInterrupt))
                return result
            } catch {
                snapshot.restore()
                throw error
            }
        }
        // Between two steps is the time to hear of what other ranks have done.
        if let deliver = call.interpreter.resultDelivery.deliver { try deliver() }
        return result
    },
]

extension Arguments {
    /// What a function of the library's scripts makes of another.
    fileprivate func made(by maker: String, of function: Value) throws -> Value {
        guard let maker = try interpreter.libraryValue(maker) else { return .nilValue }
        return try interpreter.call(maker, [function])
    }
}
