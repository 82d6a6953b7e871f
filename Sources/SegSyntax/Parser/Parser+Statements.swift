// Statements and blocks.

import SegSystem

extension Parser {
    /// Statements up to the `}` of their block, or to the end of the text. An error costs the
    /// statement that contains it, and parsing continues with the next one.
    func statements(inBlock: Bool) -> [Statement] {
        var result: [Statement] = []
        let outerStart = statementStart
        defer { statementStart = outerStart }
        while true {
            while at(.semicolon) { advance() }
            if at(.end) { return result }
            if at(.rightBrace) {
                if inBlock { return result }
                report("this `}` closes nothing", current.span, help: "no `{` is open here")
                advance()
                continue
            }
            let start = current
            statementStart = start.start
            let openBefore = openBrackets.count
            let (savedNewlines, savedNesting, savedRange) = (newlinesMatter, nesting, allowsOpenRange)
            do throws(Bail) {
                result.append(try statement())
                if !at(.end), !at(.semicolon), !at(.rightBrace), !current.startsLine {
                    if at(.invalid) { throw Bail() }
                    throw leftoverSlip(inBrackets: false) ?? leftover()
                }
            } catch {
                (newlinesMatter, nesting, allowsOpenRange) = (savedNewlines, savedNesting, savedRange)
                synchronize(from: start, openBefore: openBefore)
            }
        }
    }

    private func leftover() -> Bail {
        failure(
            "\(quoted(current)) is not expected here", current.span,
            help: current.kind.startsOperand ? "two statements on one line are separated by `;`" : nil)
    }

    /// A block: `{ … }`.
    func block() throws(Bail) -> Block {
        let start = current.start
        let statements = try bracketed { (_) throws(Bail) in self.statements(inBlock: true) }
        return Block(statements, span(from: start))
    }

    private func statement() throws(Bail) -> Statement {
        let outer = height
        height = 0
        defer { height = max(outer, height + 1) }
        try count(current.span)
        let start = current
        let doc = start.docStart >= 0 ? documentation(Int(start.docStart), Int(start.start)) : nil
        switch start.kind {
        case .for: return try forLoop()
        case .while: return try whileLoop()
        case .break, .continue:
            advance()
            return Statement(start.kind == .break ? .breakLoop : .continueLoop, start.span)
        case .return: return try returnStatement()
        case .global: return try globalAssignment()
        case .type: return try typeDefinition(doc: doc)
        default:
            if let slip = try statementSlip(doc: doc) { return slip }
            return try simpleStatement(doc: doc)
        }
    }

    /// The text of `##` lines, without their marks.
    private func documentation(_ start: Int, _ end: Int) -> String {
        source.text(Span(start, end)).split(whereSeparator: \.isNewline).compactMap { line in
            guard let mark = line.range("##") else { return nil }
            let text = line[mark...]
            return String(text.first == " " ? text.dropFirst() : text).trimmedEnd()
        }.joined(separator: "\n")
    }

    // MARK: Expressions, assignments, definitions

    /// A statement that begins with an expression: the sign after it says what it is.
    func simpleStatement(doc: String?) throws(Bail) -> Statement {
        let start = current
        let first = try expression()
        if isAfterNewline { return Statement(.expression(first), first.span) }
        switch current.kind {
        case .assign:
            if case .call(let callee, let arguments) = first.kind, case .name(let name) = callee.kind {
                return try definition(name, callee.span, arguments, doc: doc)
            }
            return try assignment([first], from: start.start, doc: doc)
        case .plusAssign, .minusAssign, .starAssign, .slashAssign:
            return try compoundAssignment(first)
        case .comma:
            return try unpacking(first, from: start.start)
        case .colonAssign:
            report("`:=` is written `=`", current.span)
            return try assignment([first], from: start.start, doc: doc)
        case .otherAssign:
            let sign = text(current)
            let op = sign == "**=" ? "^" : String(sign.dropLast())
            throw failure(
                "`\(sign)` is not valid syntax", current.span, help: "write `x = x \(op) …`", isLocal: false)
        default:
            return Statement(.expression(first), first.span)
        }
    }

    /// `a, b = pair`, `X, Y = 100, 50`: from the first comma on.
    private func unpacking(_ first: Expression, from start: Int32) throws(Bail) -> Statement {
        var targets = [first]
        while continues(with: .comma) {
            advance()
            if at(.assign) { break }
            targets.append(try expression())
            try count(current.span)
        }
        guard continues(with: .assign) else {
            if let slip = leftoverSlip(inBrackets: false) { throw slip }
            throw failure(
                "a comma joins names before `=`, or arguments in ( )", span(from: start),
                help: "a list is written in brackets: [a, b]", isLocal: false)
        }
        return try assignment(targets, from: start, doc: nil)
    }

    private func assignment(_ places: [Expression], from start: Int32, doc: String?) throws(Bail) -> Statement
    {
        var targets: [Target] = []
        for place in places { targets.append(try target(place)) }
        advance()
        var values = [try expression()]
        while continues(with: .comma) {
            advance()
            values.append(try expression())
            try count(current.span)
        }
        if continues(with: .assign) {
            if let joint = lineJoint, joint.next == previous, joint.sign.start > start {
                // `a = 3 +` with the next statement below it.
                throw failure(
                    "a value is missing after \(quoted(joint.sign))", joint.sign.span, isLocal: false)
            }
            throw secondAssignSlip(places, values)
        }
        let span = span(from: start)
        if targets.count == 1, values.count > 1 {
            report(
                "one name cannot take \(values.count) values", span,
                help: "a list is written in brackets: [a, b]"
            )
        } else if values.count > 1, values.count != targets.count {
            report("\(plural(targets.count, "name")) cannot take \(plural(values.count, "value"))", span)
        }
        return Statement(.assign(targets, values, doc: doc), span)
    }

    private func compoundAssignment(_ place: Expression) throws(Bail) -> Statement {
        let sign = current
        let target = try target(place)
        advance()
        let value = try expression()
        let op: BinaryOperator =
            switch sign.kind {
            case .plusAssign: .add
            case .minusAssign: .subtract
            case .starAssign: .multiply
            default: .divide
            }
        return Statement(
            .compoundAssign(target, op, value, operatorSpan: sign.span), place.span.joined(value.span))
    }

    /// What is allowed left of `=`.
    private func target(_ place: Expression) throws(Bail) -> Target {
        switch place.kind {
        case .name(let name): return .name(name, place.span)
        case .member(let object, let name, let nameSpan):
            return .member(object, name, nameSpan: nameSpan, span: place.span)
        case .index(let object, let items): return .index(object, items, span: place.span)
        default: throw targetSlip(place)
        }
    }

    /// `global x = e`; also `global x += e`.
    private func globalAssignment() throws(Bail) -> Statement {
        let word = current
        advance()
        guard continues(with: .name) else { throw missing("a name", help: "write `global x = e`") }
        let name = current
        let nameText = text(name)
        advance()
        let sign = current
        var op: BinaryOperator?
        switch sign.kind {
        case .assign where !isAfterNewline: break
        case .plusAssign: op = .add
        case .minusAssign: op = .subtract
        case .starAssign: op = .multiply
        case .slashAssign: op = .divide
        default:
            throw failure(
                "`global` must come before an assignment", word.span, help: "write `global \(nameText) = e`",
                isLocal: false)
        }
        advance()
        var value = try expression()
        if let op {
            let old = try make(.name(nameText), name.span)
            value = try make(.binary(op, old, value, operatorSpan: sign.span), name.span.joined(value.span))
        }
        return Statement(.global(nameText, nameSpan: name.span, value), span(from: word.start))
    }

    private func returnStatement() throws(Bail) -> Statement {
        let word = current
        advance()
        if isAfterNewline || at(.end) || at(.semicolon) || at(.rightBrace) {
            return Statement(.returnValue(nil), word.span)
        }
        let value = try expression()
        if continues(with: .comma) {
            throw failure(
                "`return` gives one value", current.span,
                help: "a list is written in brackets: return [a, b]",
                isLocal: false)
        }
        return Statement(.returnValue(value), word.span.joined(value.span))
    }

    // MARK: Loops

    /// `for i, [a, b] in xs`: only parameters unpack what is within an element.
    private func nestedNamesSlip(isFirst: Bool) -> Bail {
        failure(
            "the names of a `for` have no brackets", current.span,
            help: isFirst
                ? "write for a, b in xs { … }"
                : "write for i, pair in xs { a, b = pair … }, or each element by map: xs.map([i, [a, b]] -> …)",
            isLocal: false)
    }

    private func forLoop() throws(Bail) -> Statement {
        let word = current
        advance()
        if at(.leftParen) { throw forParenthesesSlip() }
        var names: [(String, Span)] = []
        var seen: Set<String> = []
        repeat {
            if at(.comma) { advance() }
            if at(.leftBracket) { throw nestedNamesSlip(isFirst: names.isEmpty) }
            guard at(.name), !isAfterNewline || previous.kind == .comma else {
                throw missing("a name", help: "write for x in xs { … }")
            }
            if !seen.insert(text(current)).inserted {
                report("the name `\(text(current))` appears twice", current.span)
            }
            names.append((text(current), current.span))
            advance()
        } while continues(with: .comma)
        guard continues(with: .in) else {
            if at(.assign) {
                throw failure(
                    "`for` runs over values with `in`", current.span, help: "write for i in 1...10 { … }",
                    isLocal: false)
            }
            throw missing("`in`", help: "write for x in xs { … }")
        }
        advance()
        let values = try expression()
        if let slip = rangeOfLoopSlip() { throw slip }
        let body = try suite(after: "the values of `for`")
        return Statement(.forLoop(names: names, in: values, body: body), span(from: word.start))
    }

    private func whileLoop() throws(Bail) -> Statement {
        let word = current
        advance()
        let test = try condition(after: "while")
        let body = try suite(after: "the condition")
        return Statement(.whileLoop(test, body: body), span(from: word.start))
    }
}

extension Substring {
    /// Where the text behind the first occurrence of a mark begins.
    fileprivate func range(_ mark: String) -> Index? {
        var at = startIndex
        while at < endIndex {
            if self[at...].hasPrefix(mark) { return index(at, offsetBy: mark.count) }
            at = index(after: at)
        }
        return nil
    }
}

extension String {
    fileprivate func trimmedEnd() -> String {
        var text = self
        while let last = text.last, last.isWhitespace { text.removeLast() }
        return text
    }
}
