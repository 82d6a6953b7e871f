// Operators, loosest first: `or`, `and`, `not`, comparisons, ranges, `|`, `&`, `+ -`,
// `* / // % @`, unary `- !`, `^`. What they join stands in Parser+Operands.

extension Parser {
    /// How tightly an operator binds.
    enum Precedence: Int, Comparable {
        case or, and, not, comparison, range, bitOr, bitAnd, sum, product, prefix
        static func < (a: Precedence, b: Precedence) -> Bool { a.rawValue < b.rawValue }
        var tighter: Precedence { Precedence(rawValue: rawValue + 1) ?? .prefix }
    }

    enum Infix {
        case or, and
        case comparison(ComparisonOperator)
        case range(inclusive: Bool)
        case binary(BinaryOperator, Precedence)

        var precedence: Precedence {
            switch self {
            case .or: .or
            case .and: .and
            case .comparison: .comparison
            case .range: .range
            case .binary(_, let precedence): precedence
            }
        }
    }

    /// A whole expression. The height of the tree is counted afresh in each, so that the
    /// elements of a list do not add up.
    func expression() throws(Bail) -> Expression {
        let outer = height
        height = 0
        defer { height = max(outer, height) }
        return try operators(from: .or)
    }

    private func operators(from minimum: Precedence) throws(Bail) -> Expression {
        var left = at(.not) ? try negation(minimum) : try unary()
        while let infix = infix(), infix.precedence >= minimum {
            left = try extend(left, infix)
        }
        return left
    }

    /// One more operator and its right side.
    private func extend(_ left: Expression, _ infix: Infix) throws(Bail) -> Expression {
        let sign = current
        switch infix {
        case .or:
            if sign.kind == .doublePipe { report("`||` is written `or`", sign.span) }
            advance()
            let right = try operators(from: .and)
            return try make(.or(left, right), left.span.joined(right.span))
        case .and:
            if sign.kind == .doubleAmpersand { report("`&&` is written `and`", sign.span) }
            advance()
            let right = try operators(from: .not)
            return try make(.and(left, right), left.span.joined(right.span))
        case .comparison:
            return try comparison(left)
        case .range(let inclusive):
            return try range(left, inclusive)
        case .binary(let op, let precedence):
            advance()
            try checkStep(sign, op)
            let right = try operators(from: precedence.tighter)
            return try make(.binary(op, left, right, operatorSpan: sign.span), left.span.joined(right.span))
        }
    }

    /// `x++` and `x--` at the end of a statement.
    private func checkStep(_ sign: Token, _ op: BinaryOperator) throws(Bail) {
        guard op == .add || op == .subtract, current.kind == sign.kind, current.start == sign.end else {
            return
        }
        let next = peek()
        guard next.kind == .end || next.startsLine || next.kind == .semicolon || next.kind.isCloser else {
            return
        }
        let sign = op.rawValue
        throw failure(
            "`\(sign)\(sign)` is not a form", Span(Int(previous.start), Int(current.end)),
            help: "write `x \(sign)= 1`")
    }

    /// The operator that continues the expression here, if one does.
    private func infix() -> Infix? {
        if isAfterNewline { return nil }
        switch current.kind {
        case .or, .doublePipe: return .or
        case .and, .doubleAmpersand: return .and
        case .equal, .tripleEqual: return .comparison(.equal)
        case .notEqual, .lessGreater, .bangDoubleEqual: return .comparison(.notEqual)
        case .less: return .comparison(.less)
        case .lessOrEqual: return .comparison(.lessOrEqual)
        case .greater: return .comparison(.greater)
        case .greaterOrEqual: return .comparison(.greaterOrEqual)
        case .ellipsis: return .range(inclusive: true)
        case .halfOpenRange: return .range(inclusive: false)
        case .pipe: return .binary(.bitOr, .bitOr)
        case .ampersand: return .binary(.bitAnd, .bitAnd)
        case .plus: return .binary(.add, .sum)
        case .minus: return .binary(.subtract, .sum)
        case .star: return .binary(.multiply, .product)
        case .slash: return .binary(.divide, .product)
        case .doubleSlash: return .binary(.floorDivide, .product)
        case .percent: return .binary(.remainder, .product)
        case .at: return .binary(.matrixProduct, .product)
        default: return nil
        }
    }

    /// `a < b <= c`: all the operands in one node.
    private func comparison(_ first: Expression) throws(Bail) -> Expression {
        var operands = [first]
        var operators: [(ComparisonOperator, Span)] = []
        while let infix = infix(), case .comparison(let op) = infix {
            reportComparisonSlip()
            operators.append((op, current.span))
            advance()
            operands.append(try self.operators(from: .range))
            try count(current.span)
        }
        return try make(.comparison(operands, operators), first.span.joined(span(from: first.span.start)))
    }

    private func reportComparisonSlip() {
        switch current.kind {
        case .tripleEqual: report("`===` is written `==`", current.span)
        case .lessGreater, .bangDoubleEqual: report("`\(text(current))` is written `!=`", current.span)
        default: break
        }
    }

    private func range(_ lower: Expression, _ inclusive: Bool) throws(Bail) -> Expression {
        advance()
        var upper: Expression?
        if !(allowsOpenRange && (at(.rightBracket) || at(.comma))) { upper = try operators(from: .bitOr) }
        let whole = try make(.range(lower, upper, inclusive: inclusive), span(from: lower.span.start))
        if !isAfterNewline, at(.ellipsis) || at(.halfOpenRange) {
            throw failure("ranges do not chain", current.span, help: "a range has two ends: 0...9")
        }
        return whole
    }

    /// `not x`: looser than a comparison.
    private func negation(_ minimum: Precedence) throws(Bail) -> Expression {
        let first = current
        var signs: [Token] = []
        while at(.not) {
            signs.append(current)
            advance()
        }
        if minimum > .not {
            report(
                "`not` binds looser than `\(text(previousSign(first)))`", first.span,
                help: "put it into parentheses: (not x)")
        }
        var result = try operators(from: .comparison)
        for sign in signs.reversed() {
            result = try make(.not(result), sign.span.joined(result.span))
        }
        return result
    }

    private func previousSign(_ not: Token) -> Token {
        var sign = not
        sign.end = not.start
        var end = Int(not.start)
        while end > 0, source.bytes[end - 1] <= UInt8(ascii: " ") { end -= 1 }
        var start = end
        while start > 0, end - start < 3, source.bytes[start - 1] > UInt8(ascii: " "),
            !Lexer.isWordByte(source.bytes[start - 1])
        {
            start -= 1
        }
        return Token(
            kind: .end, startsLine: false, followsSpace: false, start: Int32(clamping: start),
            end: Int32(clamping: end))
    }

    /// `-x` and `!x`, any number of them.
    private func unary() throws(Bail) -> Expression {
        guard at(.minus) || at(.bang) else { return try power() }
        var signs: [Token] = []
        while at(.minus) || at(.bang) {
            signs.append(current)
            advance()
        }
        if at(.not) { throw missing("a value", help: "`not` stands in parentheses here: (not x)") }
        var result = try power()
        for sign in signs.reversed() {
            let op: UnaryOperator = sign.kind == .minus ? .minus : .not
            result = try make(.unary(op, result), sign.span.joined(result.span))
        }
        return result
    }

    /// `a ^ b`, right-associative and tighter than the minus before it: `-2^2` is -4.
    private func power() throws(Bail) -> Expression {
        let base = try postfix()
        guard continues(with: .caret) || continues(with: .doubleStar) else { return base }
        let sign = current
        if at(.doubleStar) { report("`**` is written `^`", sign.span) }
        advance()
        let exponent = try nested { () throws(Bail) in try unary() }
        return try make(
            .binary(.power, base, exponent, operatorSpan: sign.span), base.span.joined(exponent.span))
    }
}
