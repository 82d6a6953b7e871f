// What work of many parts (a sweep, folds) had finished when Ctrl-C or an error ended it.

import SegRuntime
import SegSyntax

/// The latest such result of an interpreter, and whether what follows an interrupt is running.
private final class PartialResult {
    var value = Value.nilValue
    var isFollowing = false
}

extension Interpreter {
    fileprivate var partialResult: PartialResult { attachment(PartialResult.self) { PartialResult() } }

    /// What follows the end of some work, or its error; nil where nothing follows. The library's own part is short, and goes
    /// to its end. Ctrl-C ends one of the user's; after another Ctrl-C nothing follows that.
    fileprivate func following<Success>(
        _ error: any Error, _ body: () throws -> Success
    ) -> Result<Success, ScriptError>? {
        if isCalledByLibrary {
            return Result { try holdingInterrupts(body) }.mapError(scriptError)
        }
        let isInterrupt = scriptError(error).diagnostic.kind == .interrupt
        guard !isInterrupt || !partialResult.isFollowing else { return nil }
        let wasFollowing = partialResult.isFollowing
        partialResult.isFollowing = wasFollowing || isInterrupt
        defer { partialResult.isFollowing = wasFollowing }
        let result = Result { try body() }.mapError(scriptError)
        guard case .failure(let other) = result, other.diagnostic.kind == .interrupt else { return result }
        if !isInterrupt { interruptFlag.raise() }
        return nil
    }

    /// The error that ended some work, which now says what is kept of it.
    fileprivate func keepingPart(_ error: any Error, _ part: () throws -> Value) -> any Error {
        var problem = scriptError(error)
        guard problem.diagnostic.kind != .exit, let followed = following(error, part) else { return error }
        switch followed {
        case .success(let value):
            guard let record = value.asRecord else { return error }
            partialResult.value = record["result"] ?? .nilValue
            let done = record["done"]?.asString ?? ""
            let advice = record["advice"]?.asString.map { "; \($0)" } ?? ""
            let access = partialResult.value.isNil ? nil : "partial_result() gives what is done"
            if problem.diagnostic.kind == .interrupt {
                if !done.isEmpty { problem.diagnostic.message += ": \(done)\(advice)" }
                problem.diagnostic.help = access
            } else {
                let kept = [problem.diagnostic.help, done, access].compactMap { $0 }.filter { !$0.isEmpty }
                if !kept.isEmpty { problem.diagnostic.help = kept.joined(separator: "; ") }
            }
        case .failure(let other):
            if other.diagnostic.kind == .exit { return other }
            add(other, to: &problem)
        }
        return problem
    }

    /// Adds the error of what followed: it is shown after the first. One of work that goes on in a `catch` is told there.
    private func add(_ other: ScriptError, to problem: inout ScriptError) {
        if problem.diagnostic.kind == .interrupt {
            problem.others += [other.diagnostic] + other.others
        } else {
            let told = "what is done was not kept: \(other.diagnostic.message)"
            problem.diagnostic.help = problem.diagnostic.help.map { "\($0); \(told)" } ?? told
        }
    }

    /// The error of interrupted work, after `f`: with that of `f`, if it failed; the end of the session where `f` asked for
    /// it.
    fileprivate func ending(_ error: any Error, after f: () throws -> Value) -> any Error {
        guard case .failure(let other) = following(error, f) else { return error }
        if other.diagnostic.kind == .exit { return other }
        var problem = scriptError(error)
        add(other, to: &problem)
        return problem
    }
}

let partialResultNatives: [Native] = [
    Native(
        "keep_partial(work, part)",
        "Calls work(). If Ctrl-C or an error ends it, part() gives a record: `result`, which partial_result() "
            + "then gives, and the texts `done`, and `advice` if there is any, which are said with the error.",
        examples: [
            "done = []"
                + "\nwork() = { for x in [1, 2, 0] { if x == 0 { error(\"no\") }; push(done, x) } }"
                + "\ntry { keep_partial(work, () -> (result=done, done=\"2 of 3 are done\")) } catch e { print(e.help) }"
                + "\n# expect: 2 of 3 are done; partial_result() gives what is done"
                + "\nprint(partial_result())  # expect: [1, 2]"
        ]
    ) { call in
        let interpreter = call.interpreter
        let (work, part) = (try call.function(0), try call.function(1))
        interpreter.partialResult.value = .nilValue
        do {
            return try interpreter.call(work, [])
        } catch {
            throw interpreter.keepingPart(error) { try interpreter.call(part, []) }
        }
    },
    Native(
        "on_interrupt(work, f)",
        "work(); if Ctrl-C or the end of a job of several ranks stops it, f() runs before the script ends. "
            + "If f fails, its error is shown too.",
        examples: ["print(on_interrupt(() -> 3, () -> print(\"stopped\")))  # expect: 3"]
    ) { call in
        let interpreter = call.interpreter
        let (work, f) = (try call.function(0), try call.function(1))
        do {
            return try interpreter.call(work, [])
        } catch {
            guard interpreter.scriptError(error).diagnostic.kind == .interrupt else { throw error }
            throw interpreter.ending(error) { try interpreter.alone { try interpreter.call(f, []) } }
        }
    },
    Native(
        "partial_result()",
        "What the latest sweep, halving, cross_validate or try_weights had done when it was interrupted. It is the "
            + "table of its trials, folds or formulas, or nil if none was ended by Ctrl-C or an error.",
        examples: ["print(partial_result())  # expect: nil"]
    ) { call in call.interpreter.partialResult.value },
]
