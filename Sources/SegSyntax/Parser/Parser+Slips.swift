// Forms of other languages, named with the form of seg. Each is reported where the parser
// finds something that is not allowed there; where the meaning is clear, parsing continues.

extension Parser {
    /// Reports at a place other than the current token, without the guard against repetition.
    func reportAnew(_ message: String, _ span: Span, help: String? = nil) {
        report(message, span, help: help)
    }

    /// `1..3`
    func twoDots(isLocal: Bool) -> Bail {
        failure(
            "`..` is not valid syntax", current.span,
            help: "a range is `0...9` with its end, `0..<9` without",
            isLocal: isLocal)
    }

    /// The block after a head; `:` or a newline in its place is named.
    func suite(after what: String, repeatsSlip: Bool = false) throws(Bail) -> Block {
        if at(.leftBrace) {
            if isAfterNewline {
                report("the `{` of a block must be on the line of its head", current.span)
            }
            return try block()
        }
        if continues(with: .colon) {
            if !repeatsSlip {
                report("a block is written in braces, without `:`", current.span, help: "write `{ … }`")
            }
            let place = current
            skipSuite()
            return Block([], place.span)
        }
        if continues(with: .name), ["then", "do", "begin"].contains(text(current)) {
            throw failure(
                "a block is written in braces, without `\(text(current))`", current.span,
                help: "write `{ … }`",
                isLocal: false)
        }
        throw missing("a block `{ … }`", help: "the block follows \(what) on its line")
    }

    /// Skips the lines that Python would take for the block after a colon: the rest of the
    /// line, and what is indented deeper than the statement.
    func skipSuite() {
        let column = indentation(at: Int(statementStart))
        advance()
        while !at(.end), !current.startsLine, !at(.rightBrace) { advance() }
        while !at(.end), !at(.rightBrace), !current.startsLine || indentation(at: Int(current.start)) > column
        { advance() }
    }

    /// Words of other languages at the start of a statement. A definition in another
    /// language's form is skipped; `let x = 3` is read on without its word.
    func statementSlip(doc: String?) throws(Bail) -> Statement? {
        let word = current
        switch word.kind {
        case .else: throw failure("this `else` has no `if` before it", word.span, isLocal: false)
        case .catch: throw failure("this `catch` has no `try` before it", word.span, isLocal: false)
        case .doubleSlash: throw failure("a comment begins with `#`", word.span, isLocal: false)
        case .star where peek().kind == .name && restOfLine(200).contains(","): throw starTargetSlip()
        case .name: break
        default: return nil
        }
        let next = peek()
        switch next.kind {
        case .assign, .leftParen, .leftBracket, .dot, .comma, .end: return nil
        default: break
        }
        guard !next.startsLine else { return nil }
        let name = text(word)
        switch name {
        case "def", "function", "func", "fn", "fun":
            guard next.kind == .name else { return nil }
            report(
                "a function is defined without `\(name)`", word.span,
                help: "write `\(text(next))(x) = …` or `\(text(next))(x) = { … }`")
            advance()
            return try foreignDefinition(doc: doc)
        case "let", "var", "const", "local", "val", "auto":
            guard next.kind == .name else { return nil }
            report("a variable needs no `\(name)`", word.span, help: "write `\(text(next)) = …`")
            advance()
            statementStart = current.start
            return try simpleStatement(doc: doc)
        case "class", "struct":
            guard next.kind == .name else { return nil }
            report("a type is defined by `type`", word.span, help: "write type \(text(next))(…) { … }")
            return try foreignDefinition(doc: doc)
        case "elif", "elseif", "elsif", "except", "finally":
            let meant = name == "except" ? "catch" : "else if"
            throw failure(
                "`\(name)` has no meaning here", word.span,
                help: name == "finally" ? nil : "write `\(meant)` behind the `}` of the block before",
                isLocal: false)
        case "from" where next.kind == .name:
            if let slip = foreignLibrarySlip(text(next), word.span) { throw slip }
            throw failure(
                "names are imported with their file", word.span,
                help: "write `w = import(\"\(text(next)).seg\")`, then w.name", isLocal: false)
        case "with":
            guard next.kind == .name else { return nil }
            throw failure(
                "`with` has no meaning here", word.span,
                help: "what holds for some code is a call that gets it as a function: no_grad(() -> { … })",
                isLocal: false)
        case "del":
            guard next.kind == .name else { return nil }
            throw failure(
                "`del` has no meaning here", word.span,
                help:
                    "a variable keeps its value until it is assigned again; at the prompt `:forget x` gives its name back",
                isLocal: false)
        case "raise", "throw":
            guard next.kind == .name || next.kind == .string else { return nil }
            throw failure(
                "an error is raised by a call", word.span, help: "write error(\"…\")", isLocal: false)
        default:
            return nil
        }
    }

    /// `import torch`, `from torch import nn`; nil for names that are no libraries of Python.
    func foreignLibrarySlip(_ name: String, _ span: Span) -> Bail? {
        let known = [
            "torch", "torchvision", "torchmetrics", "numpy", "matplotlib", "pandas", "sklearn", "scipy",
            "skimage", "seaborn", "tensorflow",
            "keras", "PIL", "cv2", "os", "sys", "time", "math", "random", "json", "csv", "copy", "tqdm",
            "pathlib", "glob", "pickle", "argparse", "collections", "functools", "itertools", "typing",
        ]
        guard known.contains(name) else { return nil }
        return failure(
            "\(name) is a library of Python; seg's own needs no import", span,
            help: name == "torch" || name == "torchvision"
                ? "its functions are there: Conv2d(…), relu(x), torch.where(…); import(\"file.seg\") is for files of your own"
                : "its functions are there: mean(x), sqrt(x), plot(data); import(\"file.seg\") is for files of your own",
            isLocal: false)
    }

    /// The rest of a definition in another language's form: its head is read as a call, its
    /// block as one, what Python indents is skipped.
    private func foreignDefinition(doc: String?) throws(Bail) -> Statement {
        let start = current
        if at(.name), ["class", "struct"].contains(text(current)) { advance() }
        let name = current
        statementStart = start.start
        let head = try expression()
        if continues(with: .arrow) {
            advance()
            _ = try expression()
        }
        var arguments: [Argument] = []
        if case .call(_, let given) = head.kind { arguments = given }
        if continues(with: .assign) { return try definition(text(name), name.span, arguments, doc: doc) }
        var body = Block([], head.span)
        if at(.leftBrace) {
            body = try block()
        } else if continues(with: .colon) {
            skipSuite()
        }
        let function = FunctionSyntax(
            name: text(name), nameSpan: name.span, parameters: [], body: body, isExpression: false, doc: doc,
            span: head.span)
        return Statement(.function(function), head.span)
    }

    /// A name that another language has for one of seg's values, or a prefix of another form.
    func nameSlip(_ token: Token, _ name: String) throws(Bail) -> Expression? {
        // Nearly every name leaves here.
        guard token.end - token.start <= 8, "TFNlfrbu".utf8.contains(source.bytes[Int(token.start)]) else {
            return nil
        }
        switch name {
        case "True", "False", "None":
            let next = peek()
            guard next.kind != .assign, next.kind != .leftParen else { return nil }
            let meant = name == "None" ? "nil" : name == "True" ? "true" : "false"
            report("`\(name)` is written `\(meant)`", token.span)
            advance()
            return try make(name == "None" ? .nilLiteral : .bool(name == "True"), token.span)
        case "lambda", "function", "func", "fn":
            let next = peek()
            guard !next.startsLine, next.kind == .name || next.kind == .colon || next.kind == .leftBrace
            else { return nil }
            throw failure(
                "a function without a name is written with `->`", token.span,
                help: "write x -> x + 1, or (a, b) -> a * b", isLocal: false)
        case "f", "r", "b", "u":
            let next = peek()
            guard next.kind == .string, next.start == token.end else { return nil }
            report(
                "strings have no prefix", token.span,
                help: name == "f" ? "\"{x}\" puts a value into any string" : nil)
            advance()
            return try postfix()
        default:
            return nil
        }
    }

    /// There is something else where a value should be.
    func operandSlip() -> Bail {
        let span = current.span
        switch current.kind {
        case .invalid: return Bail()
        case .end: return missing("a value")
        case .plus, .star, .slash, .percent, .at, .caret, .pipe, .ampersand, .and, .or, .equal, .notEqual,
            .less,
            .lessOrEqual, .greater, .greaterOrEqual, .doubleStar, .doubleAmpersand, .doublePipe:
            if let slip = decoratorSlip() { return slip }
            guard current.start == statementStart, current.start > 0 else { break }
            return failure(
                "a line cannot begin with `\(text(current))`", span,
                help: "put the sign at the end of the line above, or the whole into parentheses",
                isLocal: false)
        default: break
        }
        switch current.kind {
        case .plus:
            return failure("`+` has no value on its left", span, help: "leave the sign out")
        case .star where openBrackets.isEmpty && previous.kind == .comma: return starTargetSlip()
        case .doubleSlash: return failure("a comment begins with `#`", span, isLocal: false)
        case .slash where peek().kind == .star || peek().kind == .doubleStar:
            return failure("a comment begins with `#`", span, isLocal: false)
        case .arrow, .fatArrow:
            return failure(
                "the parameters are missing before `\(text(current))`", span, help: "write x -> e, or () -> e"
            )
        case .question:
            return failure(
                "`?` has no meaning here", span,
                help: "help is `?name` at the prompt, `help(name)` in a script")
        case .ellipsis, .halfOpenRange:
            return failure(
                "a value is missing before `\(text(current))`", span,
                help: "a range is `0...9`; `...xs` spreads a list within ( ) and [ ]")
        case .for where !openBrackets.isEmpty && !newlinesMatter:
            return failure("`for` is a statement", span, help: "to make a list, write xs.map(x -> …)")
        case .colon where !openBrackets.isEmpty && !newlinesMatter:
            return failure("`:` is allowed only alone in an index", span, help: "a whole axis is t[:, 0]")
        case .type where peek().kind == .leftParen:
            return failure(
                "`type` begins the definition of a type", span,
                help: "the name of a value's type is type_of(x); a test is `x is list`", isLocal: false)
        case .for, .while, .return, .break, .continue, .global, .type:
            return failure(
                "`\(text(current))` is a statement and has no value", span,
                help: "statements must be in a block: x -> { … }")
        case .doubleStar:
            return failure("`**` is written `^`", span, help: "a record is spread by `...settings`")
        case .star where !openBrackets.isEmpty && !newlinesMatter:
            return failure("a value is missing before `*`", span, help: "a list is spread by `...xs`")
        default:
            if current.kind.isCloser, !newlinesMatter, let open = openBrackets.last,
                open.kind.closer != current.kind
            {
                return unclosed(open)
            }
            if current.kind.isCloser, newlinesMatter || openBrackets.isEmpty {
                if previous.kind.continuesLine { return missing("a value") }
                return failure("this `\(text(current))` closes nothing", span)
            }
            return missing("a value")
        }
    }

    /// Something follows a whole expression that cannot. nil where nothing better is known.
    func leftoverSlip(inBrackets: Bool) -> Bail? {
        let span = current.span
        switch current.kind {
        case .if:
            return failure(
                "`if` begins its expression", span, help: "write if c { a } else { b }", isLocal: inBrackets)
        case .for:
            return failure(
                "`for` is a statement", span, help: "to make a list, write xs.map(x -> …)",
                isLocal: inBrackets)
        case .not where text(peek()) == "is":
            return failure("`not is` is written `is not`", span, isLocal: inBrackets)
        case .bang where peek().kind == .in:
            return failure("`!in` is written `not in`", span, isLocal: inBrackets)
        case .question:
            return failure(
                "`?` is not an operator", span, help: "write if c { a } else { b }", isLocal: inBrackets)
        case .doubleDot:
            return twoDots(isLocal: inBrackets)
        case .fatArrow:
            return failure(
                "`=>` is not an operator", span, help: "a function is `x -> e`, a comparison `>=`",
                isLocal: inBrackets)
        case .colon:
            if let slip = colonSlip(inBrackets: inBrackets) { return slip }
            if !newlinesMatter || openBrackets.last?.kind == .leftBrace {
                return failure(
                    "`:` has no meaning here", span, help: "a record is (a=1, \"b\"=2)", isLocal: inBrackets)
            }
            return failure(
                "`:` has no meaning here", span, help: "a name gets its value by `=`", isLocal: false)
        case .arrow:
            return failure(
                "`->` follows the parameters of a function", span,
                help: "write x -> e, (a, b) -> e, or f(x) = e", isLocal: inBrackets)
        case .assign where inBrackets, .plusAssign, .minusAssign, .starAssign, .slashAssign:
            return failure(
                "an assignment is a statement", span, help: "a comparison is `==`", isLocal: inBrackets)
        case .leftBrace where previous.kind == .rightParen:
            if let slip = switchSlip() { return slip }
            return failure(
                "this `{` begins a block where none is allowed", span,
                help: "a function is `f(x) = { … }`, or `x -> { … }` without a name", isLocal: inBrackets)
        case .rightParen, .rightBracket:
            guard !inBrackets else { return nil }
            let open = text(current) == ")" ? "(" : "["
            return failure(
                "this `\(text(current))` closes nothing", span, help: "no `\(open)` is open here",
                isLocal: false)
        case .name where text(current) == "instanceof":
            return failure("`instanceof` is written `is`", span, help: "x is list", isLocal: inBrackets)
        case .name, .number, .string:
            return juxtaposition(inBrackets: inBrackets)
        default:
            return nil
        }
    }

    /// `print x`, `2 x`, `x = 1 y = 2`.
    private func juxtaposition(inBrackets: Bool) -> Bail? {
        let span = current.span
        if previous.kind == .name, text(previous) == "new" {
            return failure(
                "an object is made without `new`", previous.span, help: "write \(restOfLine(40))",
                isLocal: inBrackets)
        }
        if !inBrackets, previous.kind == .name, ["switch", "match"].contains(text(previous)) {
            return noSwitch(previous.span)
        }
        if let slip = wordOperatorSlip(inBrackets: inBrackets) { return slip }
        if at(.name), peek().kind != .assign, let meant = keywordMeant(by: text(current)) {
            return failure(
                "\(quoted(current)) is not expected here", span, help: "did you mean `\(meant)`?",
                isLocal: inBrackets)
        }
        if !inBrackets, previous.kind == .name, previous.start == statementStart {
            if let meant = keywordMeant(by: text(previous)) {
                return failure(
                    "\(quoted(previous)) is not a keyword", previous.span, help: "did you mean `\(meant)`?",
                    isLocal: false)
            }
            return failure(
                "\(quoted(current)) is not expected here", span,
                help: "a call has parentheses: \(text(previous))(\(restOfLine(30)))", isLocal: false)
        }
        if !inBrackets, at(.name), peek().kind == .assign, previous.start != statementStart { return nil }
        if previous.kind == .number, at(.name), !inBrackets, previous.start == statementStart {
            return failure(
                "\(quoted(current)) is not expected here", span,
                help:
                    "is \(text(previous)) the number of a line? to multiply, write `\(text(previous)) * \(text(current))`",
                isLocal: false)
        }
        if previous.kind == .number, at(.name) {
            return failure(
                "\(quoted(current)) is not expected here", span,
                help: "to multiply, write `\(text(previous)) * \(text(current))`", isLocal: inBrackets)
        }
        return nil
    }

    /// The line from the current token on, without a comment; "…" where it is longer.
    func restOfLine(_ limit: Int) -> String {
        let tail = source.bytes[Int(current.start)...].prefix {
            $0 != UInt8(ascii: "\n") && $0 != UInt8(ascii: "#")
        }
        let text = String(decoding: tail, as: UTF8.self)
        let trimmed = text.split(separator: " ", omittingEmptySubsequences: true).joined(separator: " ")
        return trimmed.count <= limit ? trimmed : "…"
    }

    /// `a, *b = xs`
    func starTargetSlip() -> Bail {
        failure(
            "a name cannot take the rest of a list", current.span,
            help: "write a, b = xs[0], xs[1...]; `a, b = xs` needs a list of as many elements", isLocal: false
        )
    }

    /// `for (a, b) in xs`, `for (i = 0; …)`
    func forParenthesesSlip() -> Bail {
        failure(
            "the names of `for` are written without parentheses", current.span,
            help: "write for x in xs { … }, for a, b in pairs { … }, for i in 0..<10 { … }", isLocal: false)
    }

    /// What cannot be assigned to, and why.
    func targetSlip(_ place: Expression) -> Bail {
        var message = "this cannot be assigned to"
        var help = "left of `=` there must be a name, `x.name` or `x[i]`; a comparison is `==`"
        switch place.kind {
        case .call(let callee, _):
            if case .member = callee.kind {
                message = "a method cannot be defined from outside"
                help = "methods are defined within their type"
            } else {
                message = "a call cannot be assigned to"
                help = "a function is defined by f(x) = e"
            }
        case .selfReference:
            message = "`self` cannot be assigned to"
            help = "change a field: self.name = e"
        case .list:
            message = "a list cannot be assigned to"
            help = "to unpack, write a, b = pair"
        case .record:
            message = "a record cannot be assigned to"
            help = "to unpack, write a, b = pair"
        case .nilLiteral, .bool, .number, .string:
            message = "a literal cannot be assigned to"
        default: break
        }
        return failure(message, place.span, help: help, isLocal: false)
    }
}
