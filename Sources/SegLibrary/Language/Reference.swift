// docs/reference.md: the whole library by topic, as Markdown, from the same natives as `help`.

import SegRuntime

extension Interpreter {
    /// The reference, one chapter per topic and one section per name.
    public func referenceMarkdown() -> String {
        var lines = [
            "# The library of seg", "",
            "Written by `make reference` from the natives that `help` and `?name` show; do not edit. The",
            "examples run with the tests: they print the text after `# expect:`.", "",
        ]
        let topics = helpTopics()
        for (topic, names) in topics {
            let listed = names.map { "[`\($0)`](#\(Self.anchor($0)))" }.joined(separator: " ")
            lines.append("- [\(topic)](#\(Self.anchor(topic, isTopic: true))): \(listed)")
        }
        for (topic, names) in topics {
            lines += ["", "<a id=\"\(Self.anchor(topic, isTopic: true))\"></a>", "", "## \(topic)"]
            for name in names {
                guard let entry = help(named: name) else { continue }
                lines += section(entry)
            }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// Markdown makes its own anchors from headings, which differ between hosts.
    private static func anchor(_ name: String, isTopic: Bool = false) -> String {
        let plain = String(name.map { $0.isLetter || $0.isNumber || $0 == "_" ? $0 : "-" })
        return isTopic ? "topic-" + plain : "name-" + plain
    }

    private func section(_ entry: HelpEntry) -> [String] {
        var lines = ["", "<a id=\"\(Self.anchor(entry.name))\"></a>", "", "### \(entry.name)", "", "```seg"]
        lines += entry.signature.split(separator: "\n").map(String.init)
        lines.append("```")
        var isCode = false
        // Indented lines of documentation are examples and formulas.
        let doc = entry.doc.split(separator: "\n", omittingEmptySubsequences: false)
        if !doc.isEmpty { lines.append("") }
        for line in doc {
            let isIndented = line.hasPrefix("    ")
            if isIndented != isCode, isIndented || !line.isEmpty {
                if isIndented, lines.last != "" { lines.append("") }
                if !isIndented { while lines.last == "" { lines.removeLast() } }
                lines.append(isIndented ? "```seg" : "```")
                if !isIndented { lines.append("") }
                isCode = isIndented
            }
            lines.append(String(isIndented ? line.dropFirst(4) : line))
        }
        if isCode { lines.append("```") }
        for example in entry.examplesBesideDoc {
            lines += ["", "```seg"] + example.split(separator: "\n").map(String.init) + ["```"]
        }
        return lines
    }
}
