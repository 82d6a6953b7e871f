// How an error leaves: it gets the place of its instruction, unwinds the calls, which it
// lists, and ends at the nearest `catch` or with whoever called the interpreter.

import SegSyntax

extension Interpreter {
    /// Finds the handler for an error that rose in the frame on top, or unwinds and throws it.
    /// - Returns: where to go on, in the frame then on top.
    func handle(
        _ error: any Error, at ip: UnsafeMutablePointer<Instruction>
    ) throws -> UnsafeMutablePointer<Instruction> {
        var problem = scriptError(error, at: ip)
        var place = ip
        while true {
            let frame = frames[frameCount - 1]
            let code = frame.function._withUnsafeGuaranteedRef { $0.code }
            let offset = place - frame.executable.pointee.instructions - 1
            if problem.diagnostic.kind != .interrupt,
                let handler = code.handlers.first(where: { $0.start <= offset && offset < $0.end })
            {
                frame.registers[handler.register] = caught(problem)
                return frame.executable.pointee.instructions + handler.target
            }
            for register in 0..<frame.executable.pointee.registerCount { clear(frame.registers + register) }
            if frame.training != 0 { isTraining = frame.training == 2 }
            frameCount -= 1
            if frameCount > 0, code.role != .file { addCall(of: code, to: &problem) }
            if frame.result == nil { throw problem }
            place = frames[frameCount - 1].ip
        }
    }

    /// The error with the place of the instruction before `ip` in the frame on top.
    private func scriptError(_ error: any Error, at ip: UnsafeMutablePointer<Instruction>) -> ScriptError {
        if let located = error as? ScriptError { return located }
        let failure =
            error as? Failure ?? translateError?(error) ?? Failure(.value, String(describing: error))
        var diagnostic = Diagnostic(failure.kind, failure.message, help: failure.help)
        let frame = frames[frameCount - 1]
        let place = Place(of: frame, ip)
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
    /// shown at the user's line that led there.
    private func addCall(of code: Code, to problem: inout ScriptError) {
        let caller = frames[frameCount - 1]
        let place = Place(of: caller, caller.ip)
        problem.diagnostic.trace.append(.init(function: code.name, source: place.source, span: place.span))
        if problem.diagnostic.location?.source.isLibrary ?? true, !place.source.isLibrary {
            problem.diagnostic.location = .init(source: place.source, span: place.span, point: nil)
            problem.diagnostic.notes = []
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
        for frame in diagnostic.trace.prefix(100) {
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

    /// Where the script stands now, at the user's own line: for what is computed later.
    public func currentLocation() -> Diagnostic.Location? {
        var place = frameCount - 1
        var found: Diagnostic.Location?
        while place >= 0 {
            let frame = frames[place]
            let here = Place(of: frame, frame.ip)
            found = .init(source: here.source, span: here.span, point: here.point)
            if !here.source.isLibrary { return found }
            place -= 1
        }
        return found
    }

    /// The part of the text that an instruction came from.
    private struct Place {
        let source: Source
        let span: Span
        var point: Span?
        /// The operands that a failure's notes belong to.
        var operands: [Span] = []
        /// The arguments of a call, the receiver of `x.f(a)` first.
        var arguments: [Span] = []

        init(of frame: Frame, _ ip: UnsafeMutablePointer<Instruction>) {
            let code = frame.function._withUnsafeGuaranteedRef { $0.code }
            source = code.source
            let offset = ip - frame.executable.pointee.instructions - 1
            guard code.origins.indices.contains(offset) else {
                span = Span(0, 0)
                return
            }
            switch code.origins[offset] {
            case .place(let span): self.span = span
            case .assignment(let span, let point, let operands):
                self.span = span
                self.point = point == span ? nil : point
                self.operands = operands
            case .comparison(let expression, let index):
                guard case .comparison(let operands, let signs) = expression.kind else {
                    span = expression.span
                    return
                }
                span = operands[index].span.joined(operands[index + 1].span)
                point = signs[index].1
                self.operands = [operands[index].span, operands[index + 1].span]
            case .expression(let expression):
                span = expression.span
                switch expression.kind {
                case .binary(_, let left, let right, let sign):
                    point = sign
                    operands = [left.span, right.span]
                case .unary(_, let operand), .not(let operand): operands = [operand.span]
                case .range(let start, let end, _): operands = [start.span] + (end.map { [$0.span] } ?? [])
                case .member(let base, _, let name):
                    point = name
                    operands = [base.span]
                case .index(let base, let items):
                    operands = [base.span]
                    for item in items {
                        switch item {
                        case .value(let value): operands.append(value.span)
                        case .wholeAxis(let span): operands.append(span)
                        }
                    }
                case .call(let callee, let list):
                    arguments = list.map(\.span)
                    if case .member(let base, _, _) = callee.kind { arguments.insert(base.span, at: 0) }
                    operands = arguments
                default: break
                }
            }
        }
    }
}
