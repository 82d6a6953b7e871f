// Signs and words of MATLAB, Julia and other languages for ranges, matrices, operators and types, named with
// the form of seg. Called where the parser finds something that is not allowed there.

extension Parser {
    // MARK: Ranges

    /// `for i in 1:10 { … }` and `for i in 0...10 by 2 { … }`; in `for x in xs: f(x)` the colon begins a block.
    func rangeOfLoopSlip() -> Bail? {
        if let slip = wordOperatorSlip(inBrackets: false) { return slip }
        guard continues(with: .colon), !peek().startsLine, peek().kind != .end else { return nil }
        guard previous.kind == .number else { return nil }
        return rangeSlip(isLocal: false)
    }

    /// A colon behind a whole expression: a range, or the type of a parameter or of a result. Nil for anything else.
    func colonSlip(inBrackets: Bool) -> Bail? {
        let next = peek()
        guard !next.startsLine, next.kind.startsOperand else { return nil }
        let isInRound = inBrackets && openBrackets.last?.kind == .leftParen
        if isInRound, previous.kind == .name, next.kind == .name, Parser.typesElsewhere.contains(text(next)) {
            return failure(
                "a parameter has no type", current.span, help: "write its name alone; a test is `x is list`",
                isLocal: true)
        }
        if !inBrackets, previous.kind == .rightParen, next.kind == .name,
            Parser.typesElsewhere.contains(text(next))
        {
            return failure(
                "a function does not declare the type of its value", current.span, help: "write f(x) = …",
                isLocal: false)
        }
        // `{1: 2}` is meant as a record.
        guard previous.kind == .number, previous.start != statementStart else { return nil }
        return rangeSlip(isLocal: inBrackets)
    }

    private static let typesElsewhere: Set<String> = [
        "int", "float", "str", "bool", "list", "dict", "tuple", "set", "string", "number", "tensor", "Tensor",
        "double", "any", "Any", "Optional", "List", "Dict", "object", "record", "function",
    ]

    /// `1:10`, `0:2:10` as in MATLAB and Julia, from the first colon on.
    private func rangeSlip(isLocal: Bool) -> Bail {
        let colon = current
        let before = Int(previous.start) > 0 ? source.bytes[Int(previous.start) - 1] : 0
        let first = [UInt8(ascii: "-"), UInt8(ascii: ".")].contains(before) ? nil : text(previous)
        advance()
        let second = plainOperand()
        var third: String?
        if second != nil, at(.colon) {
            advance()
            third = plainOperand()
        }
        var help = "a range is `1...10` with its end, `1..<10` without; arange(0, 11, 2) has a step"
        let isWhole = at(.end) || current.startsLine || current.kind.isCloser
        if isWhole || at(.comma) || at(.leftBrace) || at(.semicolon), let first, let second {
            if let third {
                let end = Int(third).map { $0 < Int.max ? "\($0 + 1)" : third } ?? "\(third) + 1"
                help = "write `arange(\(first), \(end), \(second))`"
            } else {
                help = "write `\(first)...\(second)`"
            }
        }
        return failure("a range is not written with `:`", colon.span, help: help, isLocal: isLocal)
    }

    /// The text of a number or a name that is short; nil, and nothing is read, for anything else.
    private func plainOperand() -> String? {
        guard at(.number) || at(.name), !current.startsLine else { return nil }
        let operand = text(current)
        guard operand.utf8.count <= 20 else { return nil }
        advance()
        return operand
    }

    // MARK: Matrices

    /// `[1, 2; 3, 4]`
    func matrixRowsSlip(_ open: Token) -> Bail? {
        guard at(.semicolon), open.kind == .leftBracket else { return nil }
        let next = peek()
        guard !next.startsLine, next.kind == .number || next.kind == .minus else { return nil }
        return failure(
            "the rows of a matrix are lists", current.span, help: "write tensor([[1, 2], [3, 4]])",
            isLocal: false)
    }

    /// `a .* b`, from the sign on; the dot before it has been read.
    func dottedSignSlip() -> Bail? {
        let signs: [Token.Kind] = [.star, .slash, .caret, .plus, .minus]
        guard signs.contains(current.kind), current.start == previous.end, !isAfterNewline else { return nil }
        let sign = text(current)
        return failure(
            "`.\(sign)` is written `\(sign)`", Span(Int(previous.start), Int(current.end)),
            help: "`\(sign)` computes element by element on tensors: tensor(list) makes one")
    }

    // MARK: Words

    /// `7 mod 3`, `7 div 2`, `0...10 by 2`
    func wordOperatorSlip(inBrackets: Bool) -> Bail? {
        guard at(.name), previous.kind.endsOperand, !isAfterNewline else { return nil }
        let next = peek()
        guard next.kind.startsOperand, !next.startsLine else { return nil }
        let word = text(current)
        if word == "by" || word == "step", previous.start != statementStart {
            return failure(
                "a range has no step", current.span, help: "arange(0, 11, 2) has 0, 2, … 10",
                isLocal: inBrackets)
        }
        let signs = ["mod": "%", "rem": "%", "div": "//", "xor": "!="]
        guard let sign = signs[word] else { return nil }
        return failure("`\(word)` is written `\(sign)`", current.span, isLocal: inBrackets)
    }

    /// `switch (x) { … }`
    func switchSlip() -> Bail? {
        let start = Int(statementStart)
        for word in ["switch", "match"] {
            let end = start + word.utf8.count
            guard end < source.bytes.count, source.bytes[start..<end].elementsEqual(word.utf8),
                !Lexer.isWordByte(source.bytes[end])
            else { continue }
            return noSwitch(Span(start, end))
        }
        return nil
    }

    func noSwitch(_ word: Span) -> Bail {
        failure(
            "there is no `\(source.text(word))`", word,
            help: "write if x == 1 { … } else if x == 2 { … } else { … }", isLocal: false)
    }

    // MARK: Statements

    /// `@decorator` on a line of its own.
    func decoratorSlip() -> Bail? {
        guard at(.at), current.start == statementStart, indentation(at: Int(current.start)) == 0 else {
            return nil
        }
        let next = peek()
        guard next.kind == .name, next.start == current.end else { return nil }
        return failure(
            "seg has no decorators", current.span.joined(next.span),
            help: "call it with the function: g = \(text(next))(f)", isLocal: false)
    }

    /// `a = b = 3`, from the second `=` on.
    func secondAssignSlip(_ places: [Expression], _ values: [Expression]) -> Bail {
        let sign = current
        var help = "write `b = e; a = b`"
        if places.count == 1, values.count == 1 {
            let (outer, inner) = (source.text(places[0].span), source.text(values[0].span))
            advance()
            let value = restOfLine(40)
            let isPlain = !value.isEmpty && !value.contains { "…=}".contains($0) }
            if isPlain, outer.utf8.count <= 20, inner.utf8.count <= 20 {
                help = "write `\(inner) = \(value); \(outer) = \(inner)`"
            }
        }
        return failure("one statement assigns once", sign.span, help: help, isLocal: false)
    }
}
