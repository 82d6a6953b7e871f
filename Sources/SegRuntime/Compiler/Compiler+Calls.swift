// Calls: arguments in the registers after the callee's, with a separate instruction for each
// common case.

import SegSyntax
import SegSystem

extension Compiler {
    func call(_ whole: Expression, _ callee: Expression, _ arguments: [Argument], to: Register) {
        let origin = Origin.expression(whole)
        if arguments.count > 250, arguments.count > 20_000 {
            report(
                .syntax, "a call takes at most 20,000 arguments, this one has \(arguments.count)", whole.span)
            return
        }
        let shape = arguments.allSatisfy { $0.label == .positional } ? nil : CallShape(arguments.map(\.label))
        if case .member(let base, let name, _) = callee.kind {
            return memberCall(base, name, arguments, shape, to: to, origin)
        }
        let register = scope.fresh()
        var name: String?
        if case .name(let text) = callee.kind { name = text }
        switch name.map({ ($0, scope.resolve($0)) }) {
        case (let name, nil)?:
            guard let slot = slot(reading: name, callee.span) else {
                gatherArguments(arguments)
                return
            }
            if options.isChecking { check(whole, name, arguments, callee.span) }
            if shape == nil {
                gatherArguments(arguments)
                emit(.callGlobal(base: register, count: scope.operand(arguments.count), to: to, slot), origin)
                return
            }
            emit(.getGlobal(to: register, slot), .expression(callee))
        case (_, .method(let slot, let access)?)? where shape == nil:
            let receiver = scope.fresh()
            if let capture = access.capture {
                emit(.loadCapture(to: receiver, scope.operand(capture)), origin)
            } else {
                emit(.move(to: receiver, from: 0), origin)
            }
            gatherArguments(arguments)
            emit(
                .callOwnMethod(
                    base: register, count: scope.operand(arguments.count), to: to,
                    method: scope.operand(slot)),
                origin)
            return
        default: value(callee, to: register)
        }
        gatherArguments(arguments)
        let count = scope.operand(arguments.count)
        if let shape {
            let site = scope.site(Site(shape: shape))
            emit(.callShaped(base: register, count: count, to: to, site: site), origin)
        } else {
            emit(.call(base: register, count: count, to: to), origin)
        }
    }

    private func gatherArguments(_ arguments: [Argument]) {
        for argument in arguments { value(argument.value, to: scope.fresh()) }
    }

    private func memberCall(
        _ base: Expression, _ name: String, _ arguments: [Argument], _ shape: CallShape?, to: Register,
        _ origin: Origin
    ) {
        let register = scope.fresh()
        value(base, to: scope.fresh())
        gatherArguments(arguments)
        var named = Site(name: name, shape: shape, candidates: candidates(name))
        if named.candidates.count == 1, case .global(let slot) = named.candidates[0] {
            named.onlyGlobal = slot
        }
        let site = scope.site(named)
        emit(.callMember(base: register, count: scope.operand(arguments.count), to: to, site: site), origin)
    }

    /// Where `x.f(…)` searches f if x has no such member, nearest first.
    private func candidates(_ name: String) -> [Site.Candidate] {
        var found: [Site.Candidate] = []
        switch scope.resolve(name) {
        case .register(let register): found.append(.register(Int(register)))
        case .cell(let register): found.append(.cell(Int(register)))
        case .capture(let place), .capturedObject(let place): found.append(.capture(place))
        case .ownFunction: found.append(.ownFunction)
        case .field(let slot, let access): found.append(.field(slot, capturedSelf: access.capture))
        case .method(let slot, let access): found.append(.method(slot, capturedSelf: access.capture))
        case .ownType, nil: break
        }
        if let slot = module.slot(of: name) { found.append(.global(slot)) }
        if let slot = interpreter.librarySlot(name, seenFrom: module) { found.append(.global(slot)) }
        return found
    }

    // MARK: Checking calls of functions that are known

    private func check(_ whole: Expression, _ name: String, _ arguments: [Argument], _ span: Span) {
        let parameters: [ParameterInfo]
        if let syntax = definitions[name] {
            parameters = syntax.parameterInfos(source)
        } else if module.slot(of: name) == nil, let known = interpreter.libraryParameters(name) {
            parameters = known
        } else {
            return
        }
        if let failure = mismatch(name, parameters, arguments) {
            let place = failure.argument.map { arguments[$0].span } ?? whole.span
            report(failure.kind, failure.message, place, help: failure.help)
        }
    }

    /// What is wrong with a call, as far as its text shows; `argument` is the position in the call.
    private func mismatch(_ name: String, _ parameters: [ParameterInfo], _ arguments: [Argument])
        -> Failure?
    {
        let rest = parameters.firstIndex { $0.isRest }
        let hasSpread = arguments.contains { $0.label == .spread }
        var given: Set<String> = []
        var positional = 0
        for (place, argument) in arguments.enumerated() {
            switch argument.label {
            case .spread: break
            case .positional:
                if positional < rest ?? parameters.count {
                    given.insert(parameters[positional].name)
                } else if rest == nil, !hasSpread {
                    return interpreter.callFailure(
                        .tooMany(arguments.filter { $0.label == .positional }.count), name, parameters)
                }
                positional += 1
            case .named(let label):
                guard parameters.contains(where: { $0.isNamed(label) }) else {
                    if rest == parameters.count - 1 { continue }
                    var failure = interpreter.callFailure(.unknown(label), name, parameters)
                    failure.argument = place
                    return failure
                }
                if !given.insert(label).inserted {
                    var failure = interpreter.callFailure(.twice(label), name, parameters)
                    failure.argument = place
                    return failure
                }
            }
        }
        if hasSpread { return nil }
        let missing = parameters.filter { $0.defaultSource == nil && !$0.isRest && !given.contains($0.name) }
        return missing.isEmpty
            ? nil : interpreter.callFailure(.missing(missing.map(\.name)), name, parameters)
    }
}

/// The ways in which a call does not fit a signature.
enum CallProblem {
    case unknown(String)
    case twice(String)
    case missing([String])
    case tooMany(Int)
}

extension Interpreter {
    /// The error for a call that does not fit, the same for the compiler and the machine.
    func callFailure(_ problem: CallProblem, _ name: String, _ parameters: [ParameterInfo]) -> Failure {
        let signature = parameters.signature(name)
        let habit = library.hints.help(forCall: name).map { "\($0); " } ?? ""
        switch problem {
        case .unknown(let label):
            let near = nearestName(to: label, among: parameters.filter(\.hasName).map(\.name))
            var hint =
                near.map { "did you mean \($0)? the signature is \(signature)" }
                ?? "the signature is \(signature)"
            let names = parameters.filter(\.hasName).map(\.name)
            if let habit = library.hints.help(forArgument: label, among: names) {
                hint = "\(habit); the signature is \(signature)"
            }
            if let whole = parameters.first(where: { $0.unpacked.contains(label) }) {
                hint = "\(whole.name) is given as one list, by its position; the signature is \(signature)"
            }
            return Failure(.call, "\(name) has no argument \(label)", help: hint)
        case .twice(let label):
            return Failure(
                .call, "\(name) gets the argument \(label) twice",
                help: "\(habit)the signature is \(signature)")
        case .missing(let names):
            let list = names.joined(separator: ", ")
            let message =
                "\(name): \(names.count == 1 ? "argument \(list) is" : "arguments \(list) are") missing"
            return Failure(.call, message, help: "\(habit)the signature is \(signature)")
        case .tooMany(let count):
            let most = parameters.count
            let takes =
                most == 0
                ? "no arguments"
                : most == 1
                    ? "1 argument"
                    : "\(parameters.contains { $0.defaultSource != nil } ? "at most " : "")\(most) arguments"
            return Failure(
                .call, "\(name) takes \(takes), got \(count)", help: "\(habit)the signature is \(signature)")
        }
    }
}
