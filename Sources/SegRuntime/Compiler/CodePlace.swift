// From an instruction back to the text: the span an error underlines, the sign it points at,
// the operands its notes belong to; and the current line, for what is computed later.

import SegSyntax

/// The part of the text that an instruction came from.
struct CodePlace {
    let source: Source
    let span: Span
    var point: Span?
    /// The operands that a failure's notes belong to.
    var operands: [Span] = []
    /// The arguments of a call, the receiver of `x.f(a)` first.
    var arguments: [Span] = []
    /// The name that is called.
    var callee: String?

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
                if case .name(let name) = callee.kind { self.callee = name }
                arguments = list.map(\.span)
                if case .member(let base, _, _) = callee.kind { arguments.insert(base.span, at: 0) }
                operands = arguments
            default: break
            }
        }
    }
}

extension Interpreter {
    /// A number for the current line of the script; `location(ofSite:)` gives the line.
    /// It is cheap, as every lazy computation records it. 0 where no script runs.
    public func currentSite() -> UInt64 {
        guard let frame = innermostUserFrame() else { return 0 }
        if let known = siteNumbers[frame.ip] { return known }
        let here = CodePlace(of: frame, frame.ip)
        let code = frame.function._withUnsafeGuaranteedRef { $0.code }
        // The code is kept, so that its instructions' addresses are not reused.
        sites.append((code, .init(source: here.source, span: here.span, point: here.point)))
        let number = UInt64(sites.count)
        siteNumbers[frame.ip] = number
        return number
    }

    public func location(ofSite number: UInt64) -> Diagnostic.Location? {
        number > 0 && number <= UInt64(sites.count) ? sites[Int(number) - 1].location : nil
    }

    /// The innermost frame of code that is not the library's; the outermost of all where there is none.
    func innermostUserFrame() -> Frame? {
        var place = frameCount - 1
        while place >= 0 {
            let frame = frames[place]
            if !frame.function._withUnsafeGuaranteedRef({ $0.code.source.isLibrary }) { return frame }
            place -= 1
        }
        return frameCount > 0 ? frames[0] : nil
    }
}
