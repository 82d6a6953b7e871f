// How an error propagates: it gets the place of its instruction, unwinds and lists the calls,
// and ends at the nearest `catch` or at the caller of the interpreter.

import SegSyntax

extension Interpreter {
    /// Finds the handler for an error of the frame on top, or unwinds and throws it.
    /// - Returns: where to continue, in the frame then on top.
    func handle(
        _ error: any Error, at ip: UnsafeMutablePointer<Instruction>
    ) throws -> UnsafeMutablePointer<Instruction> {
        var problem = scriptError(error, at: ip)
        // Handlers that follow one another without a loop are no way past Ctrl-C.
        if problem.diagnostic.kind.isForScripts, isToStop {
            do { try checkInterrupt() } catch { problem = scriptError(error, at: ip) }
        }
        var place = ip
        while true {
            let frame = frames[frameCount - 1]
            let code = frame.function._withUnsafeGuaranteedRef { $0.code }
            let offset = place - frame.executable.pointee.instructions - 1
            if problem.diagnostic.kind.isForScripts,
                let handler = code.handler(at: offset)
            {
                let executable = frame.executable.pointee
                // What the statement that failed held is needed no longer.
                clear(frame.registers, from: handler.register + 1, to: executable.firstTemporary)
                clear(frame.registers, from: handler.firstFree, to: executable.registerCount)
                frame.registers[handler.register] = caught(problem)
                return executable.instructions + handler.target
            }
            if frame.hooked != 0 {
                objectHook?.failed(UInt8(truncatingIfNeeded: frame.hooked - 1))
                if let object = frame.registers.pointee.asInstance { leave(object, with: &problem) }
            }
            clear(frame.registers, from: 0, to: frame.executable.pointee.registerCount)
            frameCount -= 1
            if frameCount > 0, code.role != .file { addCall(of: code, to: &problem) }
            if frame.result == nil { throw problem }
            place = frames[frameCount - 1].ip
        }
    }

    private func clear(_ registers: UnsafeMutablePointer<Value>, from first: Int, to end: Int) {
        for register in stride(from: first, to: end, by: 1) { SegRuntime.clear(registers + register) }
    }

    /// The error with the place of the instruction before `ip` in the frame on top.
    private func scriptError(_ error: any Error, at ip: UnsafeMutablePointer<Instruction>) -> ScriptError {
        if let located = error as? ScriptError { return located }
        let failure = failure(of: error) ?? Failure(.value, String(describing: error))
        var diagnostic = Diagnostic(failure.kind, failure.message, help: failure.help)
        let frame = frames[frameCount - 1]
        let place = CodePlace(of: frame, ip)
        if let location = failure.location {
            diagnostic.location = location
        } else {
            var span = place.span
            var point = place.point
            if let argument = failure.argument, argument < place.arguments.count {
                span = place.arguments[argument]
                point = nil
            }
            diagnostic.location = .init(source: place.source, span: span, point: point)
            for (operand, text) in zip(place.operands, failure.notes) where !text.isEmpty {
                diagnostic.notes.append(.init(span: operand, text: text))
            }
        }
        return ScriptError(diagnostic)
    }

    /// Adds the call of a function whose frame was just left. An error inside the library is
    /// shown at the user's line that led there; calls within the library are left out.
    private func addCall(of code: Code, to problem: inout ScriptError) {
        let caller = frames[frameCount - 1]
        let place = CodePlace(of: caller, caller.ip)
        if !(code.source.isLibrary && place.source.isLibrary) {
            // A user's function that the library calls: at the user's line that led into the library.
            let user = place.source.isLibrary ? innermostUserFrame() : nil
            let shown = user.map { CodePlace(of: $0, $0.ip) } ?? place
            problem.diagnostic.trace.append(
                .init(function: code.name, source: shown.source, span: shown.span))
        }
        if problem.diagnostic.location?.source.isLibrary ?? true, !place.source.isLibrary {
            problem.diagnostic.location = .init(source: place.source, span: place.span, point: nil)
            problem.diagnostic.notes = []
        }
    }

    /// Notes the object whose `forward` an error leaves: the innermost, by its path in the outermost.
    private func leave(_ object: Instance, with problem: inout ScriptError) {
        guard problem.left != nil else {
            problem.left = LeftObjects(object)
            problem.diagnostic.part = nil
            return
        }
        if problem.left?.leave(object) == true, let path = problem.left?.text, let objectHook {
            problem.diagnostic.part = "\(objectHook.noun) \(path)"
        }
    }

    /// What `catch e` sees.
    private func caught(_ problem: ScriptError) -> Value {
        let diagnostic = problem.diagnostic
        let record = RecordObject()
        record["message"] = .string(diagnostic.message)
        record["kind"] = .string(diagnostic.kind.rawValue)
        record["help"] = diagnostic.help.map { .string($0) } ?? .nilValue
        var trace: [String] = []
        if let location = diagnostic.location { trace.append(place(location.source, location.span)) }
        for frame in diagnostic.trace.frames.prefix(100) {
            trace.append("\(frame.function), called at \(place(frame.source, frame.span))")
        }
        record["trace"] = .list(trace.map { .string($0) })
        caughtErrors.append((record, problem))
        if caughtErrors.count > 8 { caughtErrors.removeFirst() }
        return .object(record)
    }

    private func place(_ source: Source, _ span: Span) -> String {
        let (line, column) = source.position(of: Int(span.start))
        return "\(source.name):\(line):\(column)"
    }
}
