// Signs and words of MATLAB, Julia and other languages for ranges, matrices, operators and types, named with
// the form of seg. Called where the parser finds something that is not allowed there.

extension Parser {
    // MARK: Ranges

    /// `for i in 1:10 { … }` and `for i in 0...10 by 2 { … }`; in `for x in xs: f(x)` the colon begins a block.
    func rangeOfLoopSlip() -> Bail? {
        if let slip = wordOperatorSlip(inBrackets: false) { return slip }
        guard at(.colon), !isAfterNewline, previous.kind == .number, isWholeOperand(previous),
            blockFollowsRange()
        else { return nil }
        return rangeSlip(isLocal: false)
    }

    /// Whether nothing before a number on its line belongs to it, as in `n + 1` or `0...1`.
    private func isWholeOperand(_ number: Token) -> Bool {
        let before = source.bytes[Int(statementStart)..<Int(number.start)]
        guard let last = before.last(where: { $0 != UInt8(ascii: " ") }) else { return true }
        return "=([,{:".utf8.contains(last) || before.count > 3 && before.suffix(4).elementsEqual(" in ".utf8)
    }

    /// Whether behind the colon a number or name follows, perhaps another after a second colon, and a block.
    private func blockFollowsRange() -> Bool {
        var rest = source.bytes[Int(current.end)...].prefix { $0 != UInt8(ascii: "\n") }
        func skipSpaces() { while rest.first == UInt8(ascii: " ") { rest.removeFirst() } }
        for part in 0..<2 {
            skipSpaces()
            let length = rest.prefix { Lexer.isWordByte($0) || $0 == UInt8(ascii: ".") }.count
            if length == 0 { return false }
            rest.removeFirst(length)
            skipSpaces()
            if part == 0, rest.first == UInt8(ascii: ":") { rest.removeFirst() } else { break }
        }
        return rest.first == UInt8(ascii: "{")
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
        guard previous.kind == .number, previous.start != statementStart, isWholeOperand(previous) else {
            return nil
        }
        return rangeSlip(isLocal: inBrackets)
    }

    private static let typesElsewhere: Set<String> = [
        "int", "float", "str", "bool", "list", "dict", "tuple", "set", "string", "number", "tensor", "Tensor",
        "double", "any", "Any", "Optional", "List", "Dict", "object", "record", "function",
    ]

    /// `1:10`, `0:2:10` as in MATLAB and Julia, from the first colon on.
    private func rangeSlip(isLocal: Bool) -> Bail {
        let colon = current
        let first = text(previous)
        advance()
        let second = plainOperand()
        var third: String?
        if second != nil, at(.colon) {
            advance()
            third = plainOperand()
        }
        var help = "a range is `1...10` with its end, `1..<10` without; arange(0, 11, 2) has a step"
        let isWhole = at(.end) || current.startsLine || current.kind.isCloser
        if isWhole || at(.comma) || at(.leftBrace) || at(.semicolon), let second {
            if third == nil {
                help = "write `\(first)...\(second)`"
            } else if let end = third.flatMap({ Int($0) }), end < Int.max, Int(first) != nil,
                Int(second) != nil
            {
                help = "write `arange(\(first), \(end + 1), \(second))`"
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
        let isRange = source.bytes[Int(statementStart)..<Int(current.start)].split(
            separator: UInt8(ascii: "."), omittingEmptySubsequences: false
        ).contains { $0.isEmpty }
        if word == "by" || word == "step", isRange {
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
            // A part of a text or of brackets would not be whole.
            let isPlain = !value.isEmpty && !value.contains { "…=\"([{}".contains($0) }
            let areNames = (outer + inner).utf8.allSatisfy { Lexer.isWordByte($0) || $0 == UInt8(ascii: ".") }
            if isPlain, areNames, outer.utf8.count <= 20, inner.utf8.count <= 20 {
                help = "write `\(inner) = \(value); \(outer) = \(inner)`"
            }
        }
        return failure("one statement assigns once", sign.span, help: help, isLocal: false)
    }
}
