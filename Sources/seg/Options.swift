// The arguments of the command. Read by hand: an option library alone takes longer to start
// than all of `seg -e 1+1` may.

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
        case version
        case help
    }

    /// Wrong usage: what is wrong.
    struct Problem: Error, CustomStringConvertible {
        let description: String
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
            var value: String?
            var name = word
            if word.hasPrefix("--"), let equals = word.firstIndex(of: "=") {
                name = String(word[..<equals])
                value = String(word[word.index(after: equals)...])
            }
            func operand(_ what: String) throws -> String {
                if let value { return value }
                guard let next = rest.popFirst() else { throw Problem(description: "\(name) needs \(what)") }
                return next
            }
            switch name {
            case "--threads":
                let text = try operand("a number")
                guard let count = Int(text), count > 0, count <= 1024 else {
                    throw Problem(description: "--threads needs a number from 1 to 1024, got \(text)")
                }
                threads = count
            case "--seed":
                let text = try operand("a number")
                guard let number = Int(text) else {
                    throw Problem(description: "--seed needs a whole number, got \(text)")
                }
                seed = number
            case "--memory":
                let text = try operand("a size such as 8G")
                guard let bytes = ByteCount.parse(text) else {
                    throw Problem(description: "--memory needs a size such as 500M or 8G, got \(text)")
                }
                memory = bytes
            case "--exact": isExact = true
            case "--no-color": hasColor = false
            case "--version": action = .version
            case "--help", "-h": action = .help
            case "-e":
                action = .evaluate(try operand("code"))
                arguments = Array(rest)
                return
            case "-i":
                action = .fileThenPrompt(try operand("a file"))
                arguments = Array(rest)
                return
            case "--":
                guard let file = rest.popFirst() else { return }
                action = .file(file)
                arguments = Array(rest)
                return
            case "check", "fmt":
                let isCheck = name == "fmt" && rest.first == "--check"
                let files = Array(isCheck ? rest.dropFirst() : rest)
                if let option = files.first(where: { $0.hasPrefix("-") }) {
                    throw Problem(description: "\(name) has no option \(option)")
                }
                if files.isEmpty { throw Problem(description: "\(name) needs at least one file") }
                action = name == "check" ? .check(files) : .format(files, isCheck: isCheck)
                return
            case "test":
                let paths = rest.filter { $0 != "--examples" }
                let hasExamples = rest.contains("--examples")
                if let option = paths.first(where: { $0.hasPrefix("-") }) {
                    throw Problem(description: "test has no option \(option)")
                }
                if paths.isEmpty, !hasExamples { throw Problem(description: "test needs a folder or file") }
                action = .test(paths, examples: hasExamples)
                return
            case "weights":
                if rest.isEmpty { throw Problem(description: "weights needs at least one file") }
                action = .weights(Array(rest))
                return
            case "doc":
                guard rest.count == 1, let wanted = rest.first else {
                    throw Problem(description: "doc needs one name")
                }
                action = wanted == "--markdown" ? .reference : .doc(wanted)
                return
            case _ where word.hasPrefix("-") && word != "-":
                throw Problem(description: "there is no option \(name)")
            default:
                action = word == "-" ? .interactive : .file(word)
                arguments = Array(rest)
                return
            }
        }
    }

    static let usage = """
        seg: a small language for semantic segmentation

        usage: seg                       the prompt, or standard input as a script
               seg FILE [ARG …]          runs a file; `args` holds the arguments
               seg -e CODE               evaluates code and prints its value
               seg -i FILE [ARG …]       runs a file, then stays at the prompt
               seg check FILE …          reports errors without running
               seg fmt [--check] FILE …  formats scripts; --check names those that are not
                                         formatted, and changes none
               seg test DIR …            runs scripts with `# expect: …` comments; with
                                         --examples those of the library's help too
               seg weights FILE …        lists the tensors in weight files
               seg doc NAME              prints the help of a name; --markdown instead of one
                                         prints all of it as docs/reference.md

        options, before the rest:
          --threads N      threads to compute with
          --seed N         where random numbers start
          --memory SIZE    the most memory to use, such as 8G
          --exact          no fast algorithm that rounds differently
          --no-color       plain text
          --version, --help

        exit status: 0; 1 for an error in a script or a failing test; 2 for wrong usage or a
        missing file; 130 when interrupted
        """
}
