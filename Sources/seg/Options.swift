// The arguments of the command, read by the rows of `CommandLineTable`. An option library would need
// more time to start than the whole of `seg -e 1+1` may take.

import SegSystem
import SegTensor

/// The action of the command line.
struct Options: Sendable {
    enum Action: Sendable {
        /// The prompt, or standard input as a script.
        case interactive
        case file(String)
        case evaluate(String)
        /// Runs a file, then stays at the prompt.
        case fileThenPrompt(String)
        case check([String])
        /// `isCheck`: lists unformatted files and changes none.
        case format([String], isCheck: Bool)
        /// Runs scripts with expectations; `examples`: those of the library's help as well.
        case test([String], examples: Bool)
        case doc(String)
        /// Lists the content of weight files.
        case weights([String])
        /// Makes the folder of an experiment.
        case newFolder(String)
        /// Serves an editor.
        case languageServer
        /// Serves a notebook.
        case kernel
        /// Makes a kernel of Jupyter, for the user or below a prefix.
        case installKernel(prefix: String?)
        /// Checks the machine.
        case doctor
        /// All of the help as Markdown.
        case reference
        /// Prints a text about the command itself.
        case text(String)
    }

    /// Wrong usage, with its message.
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
    var precision = Precision.float32
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
    /// - Returns: whether the following words belong to the script.
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

    /// The action of a command with the words after it.
    private static func action(of command: Subcommand, _ words: ArraySlice<String>) throws -> Action {
        var operands: [String] = []
        var flags: [CommandFlag] = []
        var values: [String: String] = [:]
        var rest = words
        while let word = rest.popFirst() {
            let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if !word.hasPrefix("-") || word == "-" {
                operands.append(word)
            } else if let flag = command.flags.first(where: { $0.name == word }) {
                flags.append(flag)
                values[word] = flag.value == nil ? "" : rest.popFirst()
                if let value = flag.value, values[word] == nil || value.isPath && values[word] == "" {
                    throw Problem("\(word) needs a \(value.noun)")
                }
            } else if let flag = command.flags.first(where: { $0.name == parts[0] && $0.value != nil }) {
                flags.append(flag)
                values[flag.name] = String(parts[1])
                if let value = flag.value, value.isPath, parts[1].isEmpty {
                    throw Problem("\(flag.name) needs a \(value.noun)")
                }
            } else if CommandLineTable.options.contains(where: { $0.names.contains(word) }) {
                throw Problem("\(word) must come before \(command.name)")
            } else {
                let known = command.flags.map(\.name)
                throw Problem("\(command.name) has no option \(word)" + suggestion(word, known))
            }
        }
        let mayBeMissing = flags.contains { $0.operands != .asEver }
        guard let operand = command.operand else {
            if let first = operands.first { throw Problem("\(command.name) takes nothing, got \(first)") }
            return command.action([], values)
        }
        let count = command.takesSeveral ? "at least one" : "one"
        let most = flags.contains { $0.operands == .none } ? 0 : command.takesSeveral ? Int.max : 1
        if operands.count > most || operands.isEmpty && !mayBeMissing {
            throw Problem("\(command.name) needs \(count) \(operand.noun)")
        }
        if operand.isPath, operands.contains("") {
            throw Problem("\(command.name) needs \(count) \(operand.noun), got an empty name")
        }
        if let words = operand.words, let wrong = operands.first(where: { !words.contains($0) }) {
            throw Problem("\(command.name) takes \(words.joined(separator: ", ")), got \(wrong)")
        }
        return command.action(operands, values)
    }

    private static func suggestion(_ name: String, _ known: [String]) -> String {
        nearestName(to: name, among: known).map { "; did you mean \($0)?" } ?? ""
    }
}
