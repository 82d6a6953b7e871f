// The arguments of the command, read by the rows of `CommandLineTable`. An option library alone would take
// longer to start than all of `seg -e 1+1` may.

import SegSystem

/// What the command line asks for.
struct Options: Sendable {
    enum Action: Sendable {
        /// The prompt, or standard input as a script.
        case interactive
        case file(String)
        case evaluate(String)
        /// Runs a file, then stays at the prompt.
        case fileThenPrompt(String)
        case check([String])
        /// `isCheck`: says which files are not formatted, and changes none.
        case format([String], isCheck: Bool)
        /// Runs scripts with expectations; `examples`: those of the library's help as well.
        case test([String], examples: Bool)
        case doc(String)
        /// Lists what weight files hold.
        case weights([String])
        /// All of the help as Markdown.
        case reference
        /// Prints a text about the command itself.
        case text(String)
    }

    /// Wrong usage: what is wrong.
    struct Problem: Error, CustomStringConvertible {
        let description: String
        init(_ description: String) { self.description = description }
    }

    var action = Action.interactive
    var arguments: [String] = []
    var threads: Int?
    var seed: Int?
    /// In bytes.
    var memory: Int?
    var isExact = false
    var hasColor = true

    init(_ list: [String]) throws {
        var rest = list[...]
        while let word = rest.popFirst() {
            if word == "--" {
                guard let file = rest.popFirst() else { return }
                action = .file(file)
            } else if word.hasPrefix("-"), word != "-" {
                if try !readOption(word, &rest) { continue }
            } else if let command = CommandLineTable.commands.first(where: { $0.name == word }) {
                action = try Self.action(of: command, rest)
                return
            } else if word != "-" {
                action = .file(word)
            }
            arguments = Array(rest)
            return
        }
    }

    /// Reads an option, `--name value` or `--name=value`.
    /// - Returns: whether what follows belongs to the script.
    private mutating func readOption(_ word: String, _ rest: inout ArraySlice<String>) throws -> Bool {
        let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(
            String.init)
        let isLong = word.hasPrefix("--")
        let name = isLong ? parts[0] : word
        guard let option = CommandLineTable.options.first(where: { $0.names.contains(name) }) else {
            // A single letter is near to every other.
            let near = isLong ? Self.suggestion(name, CommandLineTable.options.flatMap(\.names)) : ""
            throw Problem("there is no option \(name)" + near)
        }
        var value = isLong && parts.count == 2 ? parts[1] : nil
        if let operand = option.value {
            value = value ?? rest.popFirst()
            if value == nil { throw Problem("\(name) needs a \(operand.noun)") }
        } else if value != nil {
            throw Problem("\(name) takes no value")
        }
        try option.apply(&self, value ?? "")
        return option.isLast
    }

    /// What a command asks for with the words behind it.
    private static func action(of command: Subcommand, _ words: ArraySlice<String>) throws -> Action {
        var operands: [String] = []
        var flags: [CommandFlag] = []
        for word in words {
            if !word.hasPrefix("-") || word == "-" {
                operands.append(word)
            } else if let flag = command.flags.first(where: { $0.name == word }) {
                flags.append(flag)
            } else if CommandLineTable.options.contains(where: { $0.names.contains(word) }) {
                throw Problem("\(word) belongs in front of \(command.name)")
            } else {
                let known = command.flags.map(\.name)
                throw Problem("\(command.name) has no option \(word)" + suggestion(word, known))
            }
        }
        let mayBeMissing = flags.contains { $0.operands != .asEver }
        let most = flags.contains { $0.operands == .none } ? 0 : command.takesSeveral ? Int.max : 1
        if operands.count > most || operands.isEmpty && !mayBeMissing {
            let count = command.takesSeveral ? "at least one" : "one"
            throw Problem("\(command.name) needs \(count) \(command.operand.noun)")
        }
        return command.action(operands, flags.map(\.name))
    }

    private static func suggestion(_ name: String, _ known: [String]) -> String {
        nearestName(to: name, among: known).map { "; did you mean \($0)?" } ?? ""
    }
}
