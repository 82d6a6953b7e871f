// Operators, loosest first: `or`, `and`, `not`, comparisons, ranges, `|`, `&`, `+ -`,
// `* / // % @`, unary `- !`, `^`. Their operands are in Parser+Operands.

extension Parser {
    /// How tightly an operator binds.
    enum Precedence: Int, Comparable {
        case or, and, not, comparison, range, bitOr, bitAnd, sum, product, prefix
        static func < (a: Precedence, b: Precedence) -> Bool { a.rawValue < b.rawValue }
        var tighter: Precedence { Precedence(rawValue: rawValue + 1) ?? .prefix }
    }

    enum Infix {
        case or, and
        case comparison(Relation)
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

    /// A whole expression. The height of the tree is counted from 0 in each, so that the
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

    /// `x++` and `x--` at the end of a statement, and `a ++ b`.
    private func checkStep(_ sign: Token, _ op: BinaryOperator) throws(Bail) {
        guard op == .add || op == .subtract, current.kind == sign.kind, current.start == sign.end else {
            return
        }
        let next = peek()
        if op == .add, next.kind.startsOperand, !next.startsLine {
            throw failure(
                "`++` is written `+`", Span(Int(previous.start), Int(current.end)),
                help: "texts and lists are joined by `+`")
        }
        guard next.kind == .end || next.startsLine || next.kind == .semicolon || next.kind.isCloser else {
            return
        }
        throw failure(
            "`\(op.rawValue)\(op.rawValue)` is not valid syntax", Span(Int(previous.start), Int(current.end)),
            help: "write `x \(op.rawValue)= 1`")
    }

    /// The operator that continues the expression here, if one does.
    private func infix() -> Infix? {
        if isAfterNewline { return nil }
        switch current.kind {
        case .or, .doublePipe: return .or
        case .and, .doubleAmpersand: return .and
        case .equal, .tripleEqual: return .comparison(.compares(.equal))
        case .notEqual, .lessGreater, .bangDoubleEqual: return .comparison(.compares(.notEqual))
        case .less: return .comparison(.compares(.less))
        case .lessOrEqual: return .comparison(.compares(.lessOrEqual))
        case .greater: return .comparison(.compares(.greater))
        case .greaterOrEqual: return .comparison(.compares(.greaterOrEqual))
        case .in: return .comparison(.isIn(negated: false))
        case .not where peek().kind == .in: return .comparison(.isIn(negated: true))
        case .is: return .comparison(.isOfType(negated: false))
        // Within brackets an operator may begin a line.
        case .name where current.startsLine && text(current) == "is":
            return .comparison(.isOfType(negated: false))
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
        var relations: [(Relation, Span)] = []
        while let infix = infix(), case .comparison(let next) = infix {
            if case .isOfType? = relations.last?.0 {
                throw failure(
                    "`is` ends a comparison", current.span, help: "join two conditions by `and`")
            }
            reportComparisonSlip()
            let (relation, sign) = relation(next)
            relations.append((relation, sign))
            if case .isOfType = relation {
                operands.append(try typeName())
            } else {
                operands.append(try operators(from: .range))
            }
            try count(current.span)
        }
        return try make(.comparison(operands, relations), first.span.joined(span(from: first.span.start)))
    }

    /// Skips the words or the sign of a relation: `<`, `not in`, `is not`.
    private func relation(_ next: Relation) -> (Relation, Span) {
        let start = current.span
        switch next {
        case .compares:
            advance()
            return (next, start)
        case .isIn(let negated):
            if negated { advance() }
            let word = current.span
            advance()
            return (next, start.joined(word))
        case .isOfType:
            current.kind = .is
            advance()
            let negated = at(.not)
            let last = current
            if negated { advance() }
            let words = negated ? start.joined(last.span) : start
            guard at(.in) else { return (.isOfType(negated: negated), words) }
            report("`\(negated ? "is not in" : "is in")` is written `\(negated ? "not in" : "in")`", words)
            advance()
            return (.isIn(negated: negated), words)
        }
    }

    /// What is on the right of `is`: the name of a type, or an expression that gives one.
    private func typeName() throws(Bail) -> Expression {
        let word = current
        if at(.type) {
            advance()
            return try leaf(.name("type"), word.span)
        }
        // `if f is function {`: the word is a type here, not the beginning of another language's function.
        if at(.name), peek().kind == .leftBrace {
            let name = text(word)
            advance()
            return try leaf(.name(name), word.span)
        }
        let value = try operators(from: .range)
        switch value.kind {
        case .number, .string, .bool, .range:
            report(
                "`is` needs a type on its right", value.span, help: "values are compared by `==`: x == 3")
        case .list, .record, .or, .binary(.bitOr, _, _, _):
            report(
                "`is` needs a type on its right", value.span,
                help: "one type after the other: x is list or x is record")
        default: break
        }
        return value
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
            throw failure("ranges cannot be chained", current.span, help: "a range has two ends: 0...9")
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
            kind: .end, startsLine: false, start: Int32(clamping: start),
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
        if at(.not) { throw missing("a value", help: "`not` must be in parentheses here: (not x)") }
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
