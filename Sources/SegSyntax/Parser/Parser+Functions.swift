// Functions with and without a name, their parameters, and types.

extension Parser {
    /// `x -> e`, `(a, b=2) -> { … }`, from the arrow on.
    func function(_ parameters: [Parameter], from start: Int32) throws(Bail) -> Expression {
        if at(.fatArrow) { report("`=>` is written `->`", current.span, help: "a comparison is `>=`") }
        let outer = height
        height = 0
        defer { height = max(outer, height) }
        advance()
        let (body, isExpression) = try nested { () throws(Bail) in try self.functionBody() }
        let whole = span(from: start)
        let function = FunctionSyntax(
            name: nil, nameSpan: Span(Int(start), Int(start)), parameters: parameters, body: body,
            isExpression: isExpression, doc: nil, span: whole)
        return try make(.function(function), whole)
    }

    /// What follows `=` or `->`: a block, or one expression.
    func functionBody() throws(Bail) -> (Block, isExpression: Bool) {
        if at(.leftBrace) { return (try block(), false) }
        if at(.return) {
            report(
                "a function of one expression needs no `return`", current.span,
                help: "leave it out, or write { return … }")
            advance()
        }
        let value = try expression()
        return (Block([Statement(.expression(value), value.span)], value.span), true)
    }

    /// Parameters from what was read as the entries of parentheses.
    func parameters(_ entries: [Entry]) throws(Bail) -> [Parameter] {
        var list = ParameterList(allowsNamedOnly: false)
        for entry in entries {
            switch entry.key {
            case nil: list.add(entry.value, nil, entry.span, self)
            case .name(let name)?: list.add(name, entry.value, entry.span, self)
            case .spread?: list.addRest(entry.value, entry.span, self)
            case .string?: report("a parameter is a name", entry.span)
            }
        }
        return list.parameters
    }

    /// Parameters from what was read as the arguments of a call: `f(x, y=2) = …`.
    func parameters(_ arguments: [Argument], ofNative isNative: Bool = false) -> [Parameter] {
        var list = ParameterList(allowsNamedOnly: isNative)
        for argument in arguments {
            switch argument.label {
            case .positional: list.add(argument.value, nil, argument.span, self)
            case .named(let name): list.add(name, argument.value, argument.span, self)
            case .spread: list.addRest(argument.value, argument.span, self)
            }
        }
        return list.parameters
    }

    /// Collects parameters and reports what cannot be one.
    private struct ParameterList {
        var parameters: [Parameter] = []
        private var names: Set<String> = []
        /// In a native's signature parameters with defaults may follow `...rest`; only by name.
        private let allowsNamedOnly: Bool

        init(allowsNamedOnly: Bool) { self.allowsNamedOnly = allowsNamedOnly }

        mutating func add(_ expression: Expression, _ value: Expression?, _ span: Span, _ parser: Parser) {
            switch expression.kind {
            case .name(let name): add(name, value, span, parser)
            case .list(let items) where value == nil && !allowsNamedOnly:
                guard let pattern = pattern(items, span, parser) else { return }
                checkPlace(pattern.text, hasDefault: false, span, parser)
                parameters.append(Parameter(pattern: pattern, span: span))
            case .selfReference:
                parser.reportAnew(
                    "`self` is not a parameter", span,
                    help: "leave it out: `self` is always defined in a method")
            default: parser.reportAnew("a parameter is a name", span, help: "write f(x, y=2) = …")
            }
        }

        /// The names in the brackets of a parameter; nil, and reported, where there is something else.
        private mutating func pattern(_ items: [Argument], _ span: Span, _ parser: Parser) -> Pattern? {
            var parts: [Pattern] = []
            if items.isEmpty {
                parser.reportAnew("a parameter in brackets needs names", span, help: "write [i, x] -> …")
                return nil
            }
            for item in items {
                switch (item.label, item.value.kind) {
                case (.positional, .name(let name)):
                    checkName(name, item.span, parser)
                    parts.append(.name(name, item.span))
                case (.positional, .list(let inner)):
                    guard let part = pattern(inner, item.span, parser) else { return nil }
                    parts.append(part)
                case (.spread, _):
                    parser.reportAnew(
                        "a parameter in brackets has a fixed number of names", item.span,
                        help: "take the list by a name and slice it: xs[1...]")
                    return nil
                default:
                    parser.reportAnew(
                        "a parameter in brackets holds names", item.span, help: "write [i, x] -> …")
                    return nil
                }
            }
            return .elements(parts, span)
        }

        mutating func add(_ name: String, _ value: Expression?, _ span: Span, _ parser: Parser) {
            if checkName(name, span, parser) {
                checkPlace(name, hasDefault: value != nil, span, parser)
            }
            parameters.append(Parameter(name: name, defaultValue: value, isRest: false, span: span))
        }

        @discardableResult
        private mutating func checkName(_ name: String, _ span: Span, _ parser: Parser) -> Bool {
            if Token.Kind.keywords[name] != nil {
                parser.reportAnew("`\(name)` is a keyword and cannot name a parameter", span)
            } else if !names.insert(name).inserted {
                parser.reportAnew("the parameter `\(name)` appears twice", span)
            } else {
                return true
            }
            return false
        }

        private func checkPlace(_ name: String, hasDefault: Bool, _ span: Span, _ parser: Parser) {
            guard let last = parameters.last else { return }
            if last.isRest, !hasDefault || !allowsNamedOnly {
                parser.reportAnew("`...\(last.name)` collects the rest and comes last", last.span)
            } else if !hasDefault, last.defaultValue != nil {
                parser.reportAnew(
                    "`\(name)` has no default but comes after one that has", span,
                    help: "parameters with defaults come last")
            }
        }

        mutating func addRest(_ expression: Expression, _ span: Span, _ parser: Parser) {
            guard case .name(let name) = expression.kind else {
                parser.reportAnew("a parameter is a name", span, help: "the rest is collected by `...rest`")
                return
            }
            if let last = parameters.last, last.isRest {
                parser.reportAnew("`...\(last.name)` collects the rest and comes last", last.span)
            }
            if !names.insert(name).inserted {
                parser.reportAnew("the parameter `\(name)` appears twice", span)
            }
            parameters.append(Parameter(name: name, defaultValue: nil, isRest: true, span: span))
        }
    }

    // MARK: Named functions and types

    /// `f(x, y=2) = e`, from the `=` on; the head has been read as a call.
    func definition(_ name: String, _ nameSpan: Span, _ arguments: [Argument], doc: String?) throws(Bail)
        -> Statement
    {
        let parameters = parameters(arguments)
        advance()
        let (body, isExpression) = try functionBody()
        let whole = span(from: nameSpan.start)
        return Statement(
            .function(
                FunctionSyntax(
                    name: name, nameSpan: nameSpan, parameters: parameters, body: body,
                    isExpression: isExpression,
                    doc: doc, span: whole)), whole)
    }

    /// `type Name(a, b=2) { … }`
    func typeDefinition(doc: String?) throws(Bail) -> Statement {
        let word = current
        advance()
        guard continues(with: .name) else {
            if continues(with: .leftParen) {
                throw failure(
                    "`type` begins the definition of a type", word.span,
                    help: "write type Name(a, b) { … }; the type of a value is type_of(x)", isLocal: false)
            }
            throw missing("the name of the type", help: "write type Name(a, b) { … }")
        }
        let name = current
        advance()
        var parameters: [Parameter] = []
        if continues(with: .leftParen) {
            let arguments = try bracketed { (open) throws(Bail) in try self.arguments(open) }
            parameters = self.parameters(arguments)
            if let unpacked = parameters.first(where: { $0.pattern != nil }) {
                reportAnew(
                    "the parameters of a type are its fields, each with a name", unpacked.span,
                    help: "unpack in the body: a, b = pair")
            }
        }
        if continues(with: .assign), peek().kind == .leftBrace {
            report(
                "a type's body follows its head without `=`", current.span, help: "write type Name(a) { … }")
            advance()
        }
        let body = try suite(after: "the head of the type")
        let whole = span(from: word.start)
        return Statement(
            .type(
                FunctionSyntax(
                    name: text(name), nameSpan: name.span, parameters: parameters, body: body,
                    isExpression: false,
                    doc: doc, span: whole)), whole)
    }

    /// A signature alone, as a native declares it: `clamp(x, low=nil, high=nil)`. The body is
    /// empty; nil where it cannot be read, and `diagnostics` says why.
    public func parseSignature() -> (signature: FunctionSyntax?, diagnostics: [Diagnostic]) {
        let name = current
        do throws(Bail) {
            guard at(.name) || current.kind.isKeyword else { throw missing("a name") }
            advance()
            guard at(.leftParen) else { throw missing("`(`") }
            let arguments = try bracketed { (open) throws(Bail) in try self.arguments(open) }
            let parameters = parameters(arguments, ofNative: true)
            if !at(.end) { throw failure("\(quoted(current)) is not expected here", current.span) }
            guard diagnostics.isEmpty else { return (nil, diagnostics) }
            let whole = span(from: name.start)
            return (
                FunctionSyntax(
                    name: text(name), nameSpan: name.span, parameters: parameters,
                    body: Block([], Span(Int(whole.end), Int(whole.end))), isExpression: false, doc: nil,
                    span: whole),
                []
            )
        } catch {
            return (nil, diagnostics)
        }
    }
}
