// What can be completed where; `|` marks the cursor.

import SegSyntax
import Testing

@Suite struct CompletionContextTests {
    private func context(_ marked: String) -> CompletionContext {
        let parts = marked.split(separator: "|", maxSplits: 1, omittingEmptySubsequences: false)
        let text = parts.map(String.init).joined()
        return CompletionContext(source: Source(name: "t", text: text), cursor: parts[0].utf8.count)
    }

    private func summary(_ marked: String) -> String {
        let context = context(marked)
        func steps(_ path: CompletionContext.Path) -> String {
            guard let steps = path.steps else { return "?" + path.text }
            return steps.map { step in
                switch step {
                case .name(let name): name
                case .member(let name): "." + name
                case .position(let at): "[\(at)]"
                case .label(let label): "[\(label)]"
                case .index: "[…]"
                case .call: "()"
                }
            }.joined()
        }
        let place =
            switch context.place {
            case .name: "name"
            case .type: "type"
            case .member(let path): "member \(steps(path))"
            case .label(let path): "label \(steps(path))"
            case .text: "text"
            case .nothing: "nothing"
            }
        guard let call = context.call else { return "\(place) '\(context.prefix)'" }
        return "\(place) '\(context.prefix)' in \(steps(call.callee)) \(call.position) \(call.names)"
            + (call.startsArgument ? " starts" : "") + (call.argumentName.map { " of \($0)" } ?? "")
    }

    @Test(arguments: [
        ("|", "name ''"),
        ("mo|", "name 'mo'"),
        ("x = mo|del", "name 'mo'"),
        ("x is Lo|", "type 'Lo'"),
        ("x is not |", "type ''"),
        ("x in xs|", "name 'xs'"),
        ("is|", "name 'is'"),
        ("model.backbone.la|", "member model.backbone 'la'"),
        ("model.|", "member model ''"),
        ("model.backbone[14].conv.|", "member model.backbone[14].conv ''"),
        ("xs[-1].a|", "member xs[-1] 'a'"),
        ("r[\"k\"].a|", "member r[k] 'a'"),
        ("f(x).a|", "member f() 'a'"),
        ("run.evaluate(f(d)).a|", "member run.evaluate() 'a'"),
        ("run.history[i + 1].val.|", "member run.history[…].val ''"),
        ("(a + b).c|", "member ?(a + b) 'c'"),
        ("self.we|", "member self 'we'"),
        ("1 + model.|", "member model ''"),
        ("x\n  .ma|", "member x 'ma'"),
        ("counts[\"Bi|", "label counts 'Bi'"),
        ("run.model.counts[0...2, \"|", "label run.model.counts ''"),
        ("[\"a|", "text 'a'"),
        ("camseq(\"data/ca|", "text 'data/ca' in camseq 0 []"),
        ("plot(h, save=\"f|", "text 'f' in plot 1 [\"save\"] of save"),
        ("trainer(model, lo|", "name 'lo' in trainer 1 [] starts"),
        ("trainer(model, loss=dice, op|", "name 'op' in trainer 2 [\"loss\"] starts"),
        ("trainer(model, loss=di|", "name 'di' in trainer 1 [\"loss\"] of loss"),
        ("data.augment(hflip(), co|", "name 'co' in data.augment 1 [] starts"),
        ("f(g(1, 2), |", "name '' in f 1 [] starts"),
        ("f([a, b|", "name 'b' in f 0 []"),
        ("f(x -> { a|", "name 'a'"),
        ("f(a, x.b|", "member x 'b' in f 1 []"),
        ("\"loss {ru|", "name 'ru'"),
        ("\"loss {run.hi|", "member run 'hi'"),
        ("\"{counts[\"Bi|", "label counts 'Bi'"),
        ("\"{f(a, lr|", "name 'lr' in f 1 [] starts"),
        ("\"{x:.|", "nothing ''"),
        ("# a comm|", "nothing ''"),
        ("# a\nb|", "name 'b'"),
        ("12|", "nothing ''"),
        ("for x|", "nothing 'x'"),
        ("\"\"\"te|", "text 'te'"),
        ("if mod|", "name 'mod'"),
        ("return |", "name ''"),
    ])
    func places(_ marked: String, _ expected: String) {
        #expect(summary(marked) == expected)
    }

    @Test func anyCursorInAnyText() {
        let text = "f(x, \"a{r[\"k\"].b:.2}c\", ...s).y[1] = { \"\"\"q{z}\"\"\" } # é\n(]}\"{\" '"
        for cut in 0...text.utf8.count {
            let source = Source(name: "t", bytes: Array(text.utf8.prefix(cut)))
            for cursor in -1...(cut + 1) { _ = CompletionContext(source: source, cursor: cursor) }
            _ = source.classified()
        }
    }

    @Test func classes() {
        let source = Source(name: "t", text: "## d\nf(x, lr=1) = A(x.in) + \"a\\n{y:.2}\" and nil # c\n$")
        let parts = source.classified().map { "\($0.kind.rawValue):\(source.text($0.span))" }
        #expect(
            parts == [
                "documentation:## d", "call:f", "bracket:(", "name:x", "sign:,", "argumentName:lr", "sign:=",
                "number:1",
                "bracket:)", "sign:=", "type:A", "bracket:(", "name:x", "sign:.", "member:in", "bracket:)",
                "sign:+",
                "string:\"a", "escape:\\n", "bracket:{", "name:y", "format::.2", "bracket:}", "string:\"",
                "keyword:and",
                "constant:nil", "comment:# c", "error:$",
            ])
    }
}
