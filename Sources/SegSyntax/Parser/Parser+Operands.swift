// What operators join: literals, names, brackets, `if`, `try`, `import`, blocks, and the
// calls, indices and members that follow them.

extension Parser {
    /// An operand with its calls, indices and members.
    func postfix() throws(Bail) -> Expression {
        // After the `}` of a block a bracket begins something new.
        let isBlockLike = at(.leftBrace) || at(.if) || at(.try)
        var result = try operand()
        while true {
            if at(.dot), !isAfterNewline || startsMemberLine {
                result = try member(of: result)
                continue
            }
            if isAfterNewline || isBlockLike { return result }
            if at(.leftParen) {
                result = try call(result)
            } else if at(.leftBracket) {
                result = try index(result)
            } else {
                return result
            }
        }
    }

    /// A line that begins with `.name` belongs to the one above.
    private var startsMemberLine: Bool {
        let next = peek()
        return next.kind.isWord && next.start == current.end
    }

    private func member(of object: Expression) throws(Bail) -> Expression {
        advance()
        guard current.kind.isWord, !isAfterNewline else {
            if at(.number) {
                throw failure("a name is expected after `.`", current.span, help: "an element is x[0]")
            }
            if let slip = dottedSignSlip() { throw slip }
            throw missing("a name", help: "a member is `x.name`")
        }
        let name = current
        advance()
        return try make(.member(object, text(name), nameSpan: name.span), object.span.joined(name.span))
    }

    private func operand() throws(Bail) -> Expression {
        if isAfterNewline, !previous.kind.continuesLine, current.start != statementStart {
            throw missing("a value")
        }
        let token = current
        switch token.kind {
        case .number:
            advance()
            return try leaf(.number(Lexer.value(ofNumber: text(token)) ?? 0), token.span)
        case .string:
            return try string()
        case .name:
            return try name()
        case .true, .false:
            advance()
            return try leaf(.bool(token.kind == .true), token.span)
        case .nil:
            advance()
            return try leaf(.nilLiteral, token.span)
        case .self:
            advance()
            return try leaf(.selfReference, token.span)
        case .leftParen:
            return try parenthesized()
        case .leftBracket:
            return try list()
        case .leftBrace:
            // `{ }` as a value; in `for x in { }` it is the body that came too early.
            let isValue = token.start != statementStart && previous.kind != .in
            let errors = diagnostics.count
            let block = try block()
            if block.statements.isEmpty, isValue, previous.kind == .rightBrace, diagnostics.count == errors {
                report(
                    "an empty block has no value", block.span,
                    help: "an empty record is (), an empty list []")
            }
            return try make(.block(block), block.span)
        case .if:
            return try conditional()
        case .try:
            return try attempt()
        case .import:
            return try importFile()
        case .dot where peek().kind == .number && peek().start == token.end:
            // `.5` as in Python.
            advance()
            let number = current
            advance()
            let span = token.span.joined(number.span)
            guard let value = Lexer.value(ofNumber: "0" + source.text(span)) else {
                throw failure("`\(source.text(span))` is not a number", span)
            }
            return try leaf(.number(value), span)
        default:
            throw operandSlip()
        }
    }

    private func name() throws(Bail) -> Expression {
        let token = current
        let name = text(token)
        if let slip = try nameSlip(token, name) { return slip }
        advance()
        if continues(with: .arrow) || continues(with: .fatArrow) {
            let parameter = Parameter(name: name, defaultValue: nil, isRest: false, span: token.span)
            return try function([parameter], from: token.start)
        }
        return try leaf(.name(name), token.span)
    }

    // MARK: Strings

    private func string() throws(Bail) -> Expression {
        let token = current
        advance()
        if source.bytes[Int(token.start)] == UInt8(ascii: "'") {
            let inner = source.text(Span(Int(token.start) + 1, Int(token.end) - 1))
            return try leaf(.string([StringPiece(.text(inner), token.span)]), token.span)
        }
        var reader = Lexer(source: source, range: Int(token.start)..<Int(token.end))
        var parts: [StringPart]? = []
        _ = reader.scanString(&parts)
        var pieces: [StringPiece] = []
        for part in parts ?? [] {
            let span = Span(part.whole.lowerBound, part.whole.upperBound)
            try count(span)
            guard let range = part.expression else {
                pieces.append(StringPiece(.text(reader.unescape(part.text)), span))
                continue
            }
            let format = part.hasFormat ? source.text(Span(part.text.lowerBound, part.text.upperBound)) : nil
            guard let value = try nested({ () throws(Bail) in interpolation(range, span) }) else { continue }
            pieces.append(StringPiece(.value(value, format: format), span))
        }
        lexer.diagnostics += reader.diagnostics
        collectLexerErrors()
        return try make(.string(pieces), token.span)
    }

    /// The expression within the braces of a string; nil where it cannot be read.
    private func interpolation(_ range: Range<Int>, _ whole: Span) -> Expression? {
        var result: Expression?
        within(range) {
            if at(.end) {
                report(
                    "these braces are empty", whole,
                    help: "a value is written in them as \"{x:.2}\"; for a brace itself write `\\{`")
                return
            }
            do throws(Bail) {
                let value = try expression()
                if !at(.end), !at(.invalid) {
                    throw failure(
                        "\(quoted(current)) is not expected here", current.span, help: leftoverHelp())
                }
                result = value
            } catch {}
        }
        return result
    }

    private func leftoverHelp() -> String? {
        at(.assign) ? "the value is written as \"{x}\", a format after a colon: \"{x:.3}\"" : nil
    }

    // MARK: if, try, import

    /// `if c { a } else if d { b } else { e }`; long chains are read in a loop.
    func conditional() throws(Bail) -> Expression {
        var arms: [(start: Int32, condition: Expression, body: Block)] = []
        var otherwise: Expression?
        var usesColons = false
        while true {
            let start = current.start
            advance()
            let test = try condition(after: "if")
            arms.append((start, test, try suite(after: "the condition", repeatsSlip: usesColons)))
            usesColons = usesColons || previous.kind != .rightBrace
            if at(.name), isElseIfWord(text(current)), usesColons || !newlinesMatter || peek().kind != .assign
            {
                if !usesColons { report("`\(text(current))` is written `else if`", current.span) }
                continue
            }
            guard at(.else) else { break }
            let word = current
            advance()
            if at(.if), !isAfterNewline { continue }
            if at(.colon), usesColons || !newlinesMatter { usesColons = true }
            let body = try suite(after: "`else`", repeatsSlip: usesColons)
            otherwise = try make(.block(body), word.span.joined(body.span))
            break
        }
        for arm in arms.reversed() {
            let end = otherwise?.span ?? arm.body.span
            otherwise = try make(
                .conditional(condition: arm.condition, then: arm.body, otherwise: otherwise),
                Span(Int(arm.start), Int(max(end.end, arm.body.span.end))))
        }
        guard let otherwise else { throw missing("a condition") }
        return otherwise
    }

    private func isElseIfWord(_ word: String) -> Bool {
        word == "elif" || word == "elseif" || word == "elsif"
    }

    /// The condition of `if` and `while`. `=` where `==` was meant is reported.
    func condition(after word: String) throws(Bail) -> Expression {
        if at(.leftBrace) { throw missing("a condition") }
        let start = current
        let value = try nested { () throws(Bail) in try expression() }
        if case .record(let entries) = value.kind, let entry = entries.first, start.kind == .leftParen {
            let name = source.text(entry.span)
            if let sign = name.firstIndex(of: "=") {
                let offset = Int(entry.span.start) + name[..<sign].utf8.count
                reportAssignment(
                    word, name[..<sign], Span(offset, offset + 1), name[name.index(after: sign)...])
            }
        } else if continues(with: .assign) {
            let line = source.line(at: Int(current.start)).range
            let rest = source.text(Span(Int(current.span.end), max(Int(current.span.end), line.upperBound)))
            reportAssignment(word, source.text(value.span)[...], current.span, rest.prefix { $0 != "{" })
            advance()
            _ = try expression()
        }
        return value
    }

    /// `if x = 3`: the condition as it is meant, where it is short.
    private func reportAssignment(_ word: String, _ left: Substring, _ sign: Span, _ right: Substring) {
        let sides = [left, right].map { $0.prefix(50).split(separator: " ").joined(separator: " ") }
        let isShort = sides.allSatisfy { !$0.isEmpty && $0.count <= 40 && !$0.contains(where: \.isNewline) }
        let meant = isShort ? "\(sides[0]) == \(sides[1])" : "x == 3"
        report("`=` names a value; a comparison is `==`", sign, help: "write `\(word) \(meant)`")
    }

    /// `try { … } catch e { … }`
    private func attempt() throws(Bail) -> Expression {
        let word = current
        advance()
        let body = try suite(after: "`try`")
        if at(.name), text(current) == "except" || text(current) == "rescue" {
            report("`\(text(current))` is written `catch`", current.span)
        } else if !at(.catch) {
            if at(.end) { markUnfinished() }  // `catch` may begin the next line
            let span = word.span
            throw failure(
                "this `try` has no `catch`", span, help: "write try { … } catch e { … }", isLocal: false)
        }
        advance()
        var name: Token?
        if at(.leftParen), peek().kind == .name {
            report(
                "the name after `catch` is written without parentheses", current.span,
                help: "write `catch e { … }`")
            advance()
            name = current
            advance()
            if at(.rightParen) { advance() }
        } else if continues(with: .name) {
            name = current
            advance()
        }
        let handler = try suite(after: name == nil ? "`catch`" : "the name")
        return try make(
            .attempt(body, name: name.map(text), nameSpan: name?.span, handler: handler),
            word.span.joined(handler.span))
    }

    /// `import("helpers.seg")`
    private func importFile() throws(Bail) -> Expression {
        let word = current
        advance()
        guard continues(with: .leftParen) else {
            let named = current.kind.isWord && !isAfterNewline ? text(current) : "helpers"
            if let slip = foreignLibrarySlip(named, word.span) { throw slip }
            throw failure(
                "`import` is called with a path", word.span,
                help: "write `\(named) = import(\"\(named).seg\")`",
                isLocal: false)
        }
        let path = try bracketed { (_) throws(Bail) -> Expression in
            if self.at(.rightParen) { throw self.missing("a path", help: "write import(\"helpers.seg\")") }
            let path = try self.expression()
            if self.at(.comma), self.peek().kind == .rightParen { self.advance() }
            return path
        }
        return try make(.importFile(path), span(from: word.start))
    }
}
