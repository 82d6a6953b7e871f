// What the syntax tests share: parse a text and describe the result briefly.

import SegSyntax
import Testing

func parse(_ text: String) -> Program { Parser(name: "t.seg", text: text).parse() }

/// The tree as short text, or the errors.
func tree(_ text: String) -> String {
    let program = parse(text)
    return program.diagnostics.isEmpty
        ? TreeText.of(program.statements) : errors(text).joined(separator: "; ")
}

/// Each error as `line:column message`.
func errors(_ text: String) -> [String] {
    parse(text).diagnostics.map { diagnostic in
        guard let location = diagnostic.location else { return diagnostic.message }
        let (line, column) = location.source.position(of: Int(location.span.start))
        return "\(line):\(column) \(diagnostic.message)"
    }
}

func helps(_ text: String) -> [String] { parse(text).diagnostics.map { $0.help ?? "" } }
