// What is between brackets: arguments, lists, records, index items, and the parameters
// of a function, which are read as a record first and understood when the `->` is seen.

extension Parser {
    /// Reads elements separated by commas up to the closing bracket, which is left current.
    /// An element that cannot be read is left out, and the next one is tried.
    func elements(closing open: Token, _ read: () throws(Bail) -> Void) throws(Bail) {
        let closer = open.kind.closer ?? .end
        let openCount = openBrackets.count
        while !at(closer) {
            do throws(Bail) {
                if at(.comma) { throw failure("a value is missing before `,`", current.span) }
                try read()
                if at(.comma) {
                    advance()
                } else if !at(closer) {
                    throw separatorSlip(open, closer)
                }
            } catch {
                guard error.isLocal, skipToElementEnd(closer, openCount: openCount) else { throw Bail() }
                if at(.comma) { advance() }
            }
            try count(current.span)
        }
    }

    /// There is something else where `,` or the closing bracket should be.
    private func separatorSlip(_ open: Token, _ closer: Token.Kind) -> Bail {
        if at(.invalid) { return Bail() }
        let sign = closer == .rightParen ? ")" : "]"
        if current.startsLine, current.kind.startsOperand,
            indentation(at: Int(current.start)) > indentation(at: Int(statementStart))
        {
            return failure("`,` or `\(sign)` is missing after \(quoted(previous))", previous.span)
        }
        if let slip = matrixRowsSlip(open) { return slip }
        if at(.end) || current.startsLine || current.kind.isCloser || at(.semicolon) { return unclosed(open) }
        if let slip = leftoverSlip(inBrackets: true) { return slip }
        return failure("`,` or `\(sign)` is missing before \(quoted(current))", current.span)
    }

    // MARK: Calls

    func call(_ callee: Expression) throws(Bail) -> Expression {
        let arguments = try bracketed { (open) throws(Bail) in try self.arguments(open) }
        return try make(.call(callee, arguments), callee.span.joined(previous.span))
    }

    /// The arguments of a call: plain ones, then named ones, and spreads.
    func arguments(_ open: Token) throws(Bail) -> [Argument] {
        var result: [Argument] = []
        var names: Set<String> = []
        try elements(closing: open) { () throws(Bail) in
            let start = current
            if at(.ellipsis) {
                advance()
                let value = try expression()
                result.append(Argument(.spread, value, span(from: start.start)))
                return
            }
            if current.kind.isWord, peek().kind == .assign {
                let name = text(start)
                advance()
                advance()
                let value = try expression()
                if !names.insert(name).inserted {
                    report("`\(name)` is given twice", start.span)
                }
                result.append(Argument(.named(name), value, span(from: start.start)))
                return
            }
            let value = try expression()
            if at(.assign) {
                throw unnamed(
                    value, "`=` gives an argument a name; this is not a name",
                    help: "a comparison is `==`; a named argument is `f(lr=0.1)`")
            }
            if !names.isEmpty {
                report(
                    "a plain argument comes after a named one", value.span,
                    help: "plain arguments come first: f(x, lr=0.1)")
            }
            result.append(Argument(.positional, value, value.span))
        }
        return result
    }

    // MARK: Lists and indices

    func list() throws(Bail) -> Expression {
        let start = current.start
        var items: [Argument] = []
        try bracketed { (open) throws(Bail) in
            try self.elements(closing: open) { () throws(Bail) in
                let first = self.current
                if self.at(.ellipsis) {
                    self.advance()
                    let value = try self.expression()
                    items.append(Argument(.spread, value, self.span(from: first.start)))
                    return
                }
                let value = try self.expression()
                if self.at(.assign) {
                    throw self.failure(
                        "the elements of a list have no names", self.span(from: first.start),
                        help: "a record is written in parentheses: (a=1, b=2)")
                }
                items.append(Argument(.positional, value, value.span))
            }
        }
        let list = try make(.list(items), span(from: start))
        guard continues(with: .arrow) || continues(with: .fatArrow) else { return list }
        return try function(
            try parameters([Entry(key: nil, value: list, span: list.span)]), from: start)
    }

    func index(_ object: Expression) throws(Bail) -> Expression {
        var items: [IndexItem] = []
        try bracketed { (open) throws(Bail) in
            if self.at(.rightBracket) {
                self.report(
                    "an index is missing", open.span.joined(self.current.span),
                    help: "the first element is x[0], the last x[-1]")
            }
            self.allowsOpenRange = true
            try self.elements(closing: open) { () throws(Bail) in items.append(try self.indexItem()) }
        }
        return try make(.index(object, items), object.span.joined(previous.span))
    }

    private func indexItem() throws(Bail) -> IndexItem {
        if at(.colon) {
            let colon = current
            advance()
            if at(.comma) || at(.rightBracket) { return .wholeAxis(colon.span) }
            throw try sliceSlip(from: "0", colon)
        }
        if at(.ellipsis) || at(.halfOpenRange) {
            throw failure(
                "a range has a left end", current.span,
                help:
                    "write `0\(text(current))` for one axis; a whole axis is `:`, so NumPy's `x[..., 0]` is `x[:, :, 0]` with a `:` for each"
            )
        }
        if at(.name), text(current) == "None" {
            throw failure(
                "an axis is not added by an index", current.span,
                help: "write unsqueeze(x, 0) for a new first axis, unsqueeze(x, 1) for a second")
        }
        let value = try expression()
        if at(.colon) {
            let colon = current
            advance()
            if case .range = value.kind { throw stepSlip(colon) }
            throw try sliceSlip(from: source.text(value.span), colon)
        }
        return .value(value)
    }

    /// `xs[1:3]`, from behind the colon: names the range that it means.
    private func sliceSlip(from lower: String, _ colon: Token) throws(Bail) -> Bail {
        var upper: String?
        if current.kind.startsOperand { upper = source.text(try expression().span) }
        if at(.colon) {
            let second = current
            advance()
            return stepSlip(second)
        }
        let isPlain = (at(.rightBracket) || at(.comma)) && lower.utf8.count + (upper?.utf8.count ?? 0) < 40
        return failure(
            "a slice is not written with `:`", colon.span,
            help: lower.hasPrefix("\"")
                ? "names are listed: `[[\(lower), …]]`, or positions are given: `2...5`"
                : isPlain
                    ? "write `\(lower)\(upper.map { "..<" + $0 } ?? "...")`"
                    : "a slice is `1...3` with its end, `1..<3` without, `2...` to the end")
    }

    /// `xs[0:9:2]` and `xs[0...9:2]`, from behind the last colon.
    private func stepSlip(_ colon: Token) -> Bail {
        let isBackwards = at(.minus)
        return failure(
            isBackwards ? "a slice does not go backwards" : "a slice has no step", colon.span,
            help: isBackwards
                ? "flip(x, 0) turns an axis of a tensor, reversed(xs) a list"
                : "x[arange(0, 10, 2)] takes every second of the first ten of a tensor; for a list, filter its indices"
        )
    }

    // MARK: Parentheses

    /// One thing between parentheses, before it is known what they make.
    struct Entry {
        var key: RecordEntry.Key?
        var value: Expression
        var span: Span
    }

    /// `(e)`, a record, `()`, or the parameters of `(a, b=2) -> e`.
    func parenthesized() throws(Bail) -> Expression {
        let start = current.start
        var entries: [Entry] = []
        var trailingComma: Token?
        try bracketed { (open) throws(Bail) in
            try self.elements(closing: open) { () throws(Bail) in entries.append(try self.entry()) }
            if self.previous.kind == .comma { trailingComma = self.previous }
        }
        if continues(with: .arrow) || continues(with: .fatArrow) {
            return try function(try parameters(entries), from: start)
        }
        let whole = span(from: start)
        if let single = entries.first, entries.count == 1, single.key == nil {
            if trailingComma != nil {
                report("`(x,)` is not valid syntax", whole, help: "a list of one is [x]")
            }
            // The parentheses count for the span of the expression, not for its meaning.
            return Expression(single.value.kind, whole)
        }
        if let plain = entries.first(where: { $0.key == nil }) {
            let hasNames = entries.contains { $0.key != nil }
            report(
                hasNames ? "every entry of a record has a name" : "values in parentheses are not a list",
                hasNames ? plain.span : whole,
                help: hasNames
                    ? "write name=value"
                    : continues(with: .assign)
                        ? "to unpack, write a, b = pair" : "a list is written in brackets: [a, b]")
        }
        return try make(.record(try record(entries)), whole)
    }

    private func entry() throws(Bail) -> Entry {
        let start = current
        if at(.ellipsis) {
            advance()
            let value = try expression()
            return Entry(key: .spread, value: value, span: span(from: start.start))
        }
        if current.kind.isWord, peek().kind == .assign {
            advance()
            advance()
            let value = try expression()
            return Entry(key: .name(text(start)), value: value, span: span(from: start.start))
        }
        let value = try expression()
        guard at(.assign) else { return Entry(key: nil, value: value, span: value.span) }
        // `(1 +` and on the next line `y = 2`: the bracket is what is wrong.
        let between = source.bytes[Int(value.span.start)..<Int(current.start)]
        if between.contains(UInt8(ascii: "\n")), let open = openBrackets.last { throw unclosed(open) }
        guard case .string = value.kind else {
            throw unnamed(
                value, "the name of an entry is a name or a string",
                help: "write (lr=0.1) or (\"Road\"=1); a comparison is `==`")
        }
        advance()
        let content = try expression()
        return Entry(key: .string(value), value: content, span: span(from: start.start))
    }

    /// Something before `=` in parentheses that is not a name.
    private func unnamed(_ value: Expression, _ message: String, help: String) -> Bail {
        if case .list = value.kind {
            return failure(
                "a parameter in brackets takes no default", value.span, help: "write f([a, b], c=2) = …")
        }
        return failure(message, value.span, help: help)
    }

    private func record(_ entries: [Entry]) throws(Bail) -> [RecordEntry] {
        var names: Set<String> = []
        var result: [RecordEntry] = []
        for entry in entries {
            guard let key = entry.key else { continue }
            var known: String?
            switch key {
            case .name(let name): known = name
            case .string(let key):
                if case .string(let pieces) = key.kind, pieces.count == 1,
                    case .text(let text) = pieces[0].kind
                {
                    known = text
                }
            case .spread: break
            }
            if let known, !names.insert(known).inserted {
                report("`\(known)` appears twice in this record", entry.span)
            }
            result.append(RecordEntry(key, entry.value, entry.span))
        }
        return result
    }
}
