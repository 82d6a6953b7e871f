// `seg check`: finds errors in a text without running it. The parser recovers from its errors,
// so that unknown names and calls that do not fit are reported in the same pass.

import SegSyntax

extension Interpreter {
    /// The most errors that one pass reports.
    private static let mostErrors = 20

    /// The errors of a text, in the order of its lines, at most 20. They include unknown names and
    /// calls that do not fit known functions.
    /// After an interrupt, which the caller is to check, they are not all.
    public func check(_ source: Source) -> [Diagnostic] {
        let program = Parser(source: source, isToStop: { self.isToStop }).parse()
        let module = Module(name: source.name)
        // An editor checks a text after every key.
        defer { discard(module) }
        let compiler = Compiler(
            interpreter: self, source: source, module: module, options: .init(isChecking: true))
        _ = compiler.compile(program)
        let found = program.diagnostics + sound(compiler.diagnostics, beside: program.diagnostics, source)
        let places = found.map { $0.location?.span.start ?? 0 }
        let order = found.indices.sorted { (places[$0], $0) < (places[$1], $1) }
        return order.prefix(Self.mostErrors).map { found[$0] }
    }

    /// The compiler's errors that do not come from what the parser had to leave out: not on the
    /// lines of its errors, and about no name that the text seems to define.
    private func sound(_ errors: [Diagnostic], beside syntaxErrors: [Diagnostic], _ source: Source)
        -> [Diagnostic]
    {
        if syntaxErrors.isEmpty || errors.isEmpty { return errors }
        func line(_ error: Diagnostic) -> Int? {
            error.location.map { source.position(of: Int($0.span.start)).line }
        }
        let broken = Set(syntaxErrors.compactMap(line))
        let bound = Self.namesBound(in: source)
        return errors.filter { error in
            guard let span = error.location?.span, let line = line(error) else { return false }
            return !broken.contains(line) && !(error.kind == .name && bound.contains(source.text(span)))
        }
    }

    /// Names that a text binds, as far as its tokens show: before `=`, after `for`, `catch`, `type`.
    private static func namesBound(in source: Source) -> Set<String> {
        var lexer = Lexer(source: source)
        var tokens: [Token] = []
        while true {
            let token = lexer.next()
            if token.kind == .end { break }
            tokens.append(token)
        }
        var names: Set<String> = []
        for (at, token) in tokens.enumerated() {
            switch token.kind {
            case .assign, .in:
                // `a, b =` and `for a, b in`.
                var back = at - 1
                while back >= 0, tokens[back].kind == .name {
                    names.insert(source.text(tokens[back].span))
                    guard back > 0, tokens[back - 1].kind == .comma else { break }
                    back -= 2
                }
                if back > 0, tokens[back].kind == .rightParen, let name = callee(tokens, back) {
                    names.insert(source.text(name.span))
                }
            case .name:
                if at > 0, [.type, .catch, .global].contains(tokens[at - 1].kind) {
                    names.insert(source.text(token.span))
                }
            default: break
            }
        }
        return names
    }

    /// The name before the brackets that end at a token, as in `f(x) =`; searched up to a limit.
    private static func callee(_ tokens: [Token], _ closer: Int) -> Token? {
        var depth = 0
        for at in stride(from: closer, to: max(0, closer - 1000), by: -1) {
            if tokens[at].kind == .rightParen { depth += 1 }
            if tokens[at].kind == .leftParen { depth -= 1 }
            if depth == 0 { return tokens[at - 1].kind == .name ? tokens[at - 1] : nil }
        }
        return nil
    }

    /// The parameters of a function or type of the library, for checking calls; its file is not run.
    public func libraryParameters(_ name: String) -> [ParameterInfo]? {
        switch library.entries[name] {
        case .native(let place)?: return try? nativeFunction(library.natives[place]).parameters
        case .script(let place)?: return scriptSignatures(place)[name]
        case .value?, nil: return nil
        }
    }

    /// The parameters of the functions and types of a file of the library.
    private func scriptSignatures(_ place: Int) -> [String: [ParameterInfo]] {
        let known = attachment(ScriptSignatures.self) { ScriptSignatures() }
        if let found = known.byScript[place] { return found }
        let script = library.scripts[place]
        let source = Source(name: "stdlib/\(script.name)", text: script.text, isLibrary: true)
        var signatures: [String: [ParameterInfo]] = [:]
        for statement in Parser(source: source).parse().statements {
            switch statement.kind {
            case .function(let function), .type(let function):
                if let name = function.name { signatures[name] = function.parameterInfos(source) }
            default: break
            }
        }
        known.byScript[place] = signatures
        return signatures
    }
}

/// Stored with an interpreter, so that each file of the library is parsed only once for checking.
private final class ScriptSignatures {
    var byScript: [Int: [String: [ParameterInfo]]] = [:]
}

extension FunctionSyntax {
    /// The parameters as help, calls and checks see them.
    public func parameterInfos(_ source: Source) -> [ParameterInfo] {
        parameters.map {
            ParameterInfo(
                name: $0.name, defaultSource: $0.defaultValue.map { source.text($0.span) },
                isRest: $0.isRest, unpacked: $0.pattern?.names ?? [])
        }
    }
}
