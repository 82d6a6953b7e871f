// The options and commands of `seg`, a row each: name, value, help, and action. Parsing, `--help`,
// the man page and the completions of the shells all follow from these rows.

import SegLibrary
import SegSystem
import SegTensor

/// What a word of the command line is for, such as `FILE`.
struct Operand: Sendable {
    /// What completion offers for it.
    enum Candidates: Sendable {
        case none
        case words([String])
        /// Files with one of these endings, and folders.
        case files([String])
    }

    /// As help shows it.
    let name: String
    /// As an error names it, without an article: `file`.
    let noun: String
    let candidates: Candidates
    /// Whether it is the path of a file or folder, which has a name.
    var isPath = false

    /// The words that alone are allowed for it.
    var words: [String]? {
        guard case .words(let words) = candidates else { return nil }
        return words
    }

    var hasCandidates: Bool {
        if case .none = candidates { return false }
        return true
    }

    static let script = Operand(name: "FILE", noun: "file", candidates: .files(["seg"]), isPath: true)
    static let weights = Operand(
        name: "FILE", noun: "file", candidates: .files(["safetensors", "pth", "pt"]), isPath: true)
    static let tests = Operand(
        name: "PATH", noun: "folder or file", candidates: .files(["seg"]), isPath: true)
    static let libraryName = Operand(name: "NAME", noun: "name", candidates: .none)
    static let newFolder = Operand(name: "DIR", noun: "folder", candidates: .none, isPath: true)
    static let code = Operand(name: "CODE", noun: "line of code", candidates: .none)
    static let count = Operand(name: "N", noun: "number", candidates: .none)
    static let size = Operand(name: "SIZE", noun: "size such as 8G", candidates: .none)
    static let precision = Operand(
        name: "PRECISION", noun: "precision: float32 or bfloat16",
        candidates: .words(Precision.allCases.map(\.rawValue)))
    static let prefix = Operand(name: "DIR", noun: "folder", candidates: .none, isPath: true)
    static let install = Operand(name: "install", noun: "word: install", candidates: .words(["install"]))
    static let shell = Operand(
        name: "SHELL", noun: "shell", candidates: .words(Shell.allCases.map(\.rawValue)))
}

/// An option of `seg` itself, before a file or command.
struct CommandOption: Sendable {
    let names: [String]
    let value: Operand?
    let help: String
    /// Whether the words after it are arguments of the script.
    var isLast = false
    /// Sets the options from the value, which is empty if there is none.
    let apply: @Sendable (inout Options, String) throws -> Void
}

/// An option of one command.
struct CommandFlag: Sendable {
    /// How many operands there are with the flag.
    enum Operands: Sendable { case asEver, mayBeMissing, none }
    let name: String
    /// What it does, as a verb with its object.
    let help: String
    let operands: Operands
    /// What follows the flag.
    var value: Operand?

    /// As help shows it: `--prefix DIR`.
    var synopsis: String { name + (value.map { " \($0.name)" } ?? "") }
}

/// A command such as `check`: a word before its operands.
struct Subcommand: Sendable {
    let name: String
    let flags: [CommandFlag]
    /// Nil: the command takes nothing.
    let operand: Operand?
    let takesSeveral: Bool
    let help: String
    /// The action, from its operands, and its flags with their values, which are empty for those without.
    let action: @Sendable ([String], [String: String]) -> Options.Action

    /// As help shows it: `fmt [--check] FILE …`, `jupyter install [--prefix DIR]`.
    var synopsis: String {
        let alone = flags.first { $0.operands == .none }
        let optional = flags.filter { $0.operands != .none }.map { " [\($0.synopsis)]" }.joined()
        let operands = operand.map { " " + $0.name + (takesSeveral ? " …" : "") } ?? ""
        let isWord = operand?.words?.count == 1
        return name + (isWord ? operands + optional : optional + operands)
            + (alone.map { " | \($0.name)" } ?? "")
    }

    /// Its help, with that of its flags.
    var wholeHelp: String {
        ([help] + flags.map { "\($0.synopsis) \($0.help)" }).joined(separator: "; ")
    }
}

enum CommandLineTable {
    /// What `seg` does without an option or command: what is typed, and what it means.
    static let plainForms = [
        ("", "the prompt, or standard input as a script"),
        ("FILE [ARG …]", "runs a file; `args` holds the arguments"),
    ]

    private static let roundingWithExact = "--precision bfloat16 rounds, and --exact excludes that"

    static let options: [CommandOption] = [
        CommandOption(
            names: ["-e"], value: .code, help: "evaluates code and prints its value", isLast: true
        ) { $0.action = .evaluate($1) },
        CommandOption(
            names: ["-i"], value: .script, help: "runs a file, then stays at the prompt", isLast: true
        ) { $0.action = .fileThenPrompt($1) },
        CommandOption(names: ["--threads"], value: .count, help: "threads to compute with") {
            guard let count = Int($1), (1...1024).contains(count) else {
                throw Options.Problem("--threads needs a number from 1 to 1024, got \($1)")
            }
            $0.threads = count
        },
        CommandOption(names: ["--seed"], value: .count, help: "seed of the random numbers") {
            guard let seed = Int($1) else {
                throw Options.Problem("--seed needs a whole number, got \($1)")
            }
            $0.seed = seed
        },
        CommandOption(names: ["--memory"], value: .size, help: "the most memory to use, such as 8G") {
            guard let bytes = ByteCount.parse($1) else {
                throw Options.Problem("--memory needs a size such as 500M or 8G, got \($1)")
            }
            $0.memory = bytes
        },
        CommandOption(names: ["--exact"], value: nil, help: "no fast algorithms that round differently") {
            options, _ in
            guard options.precision == .float32 else { throw Options.Problem(roundingWithExact) }
            options.isExact = true
        },
        CommandOption(
            names: ["--precision"], value: .precision,
            help: "of convolutions outside of training: float32 or bfloat16"
        ) {
            guard let precision = Precision(rawValue: $1) else {
                throw Options.Problem("--precision needs float32 or bfloat16, got \($1)")
            }
            guard precision == .float32 || !$0.isExact else { throw Options.Problem(roundingWithExact) }
            $0.precision = precision
        },
        CommandOption(names: ["--no-color"], value: nil, help: "plain text") {
            options, _ in options.hasColor = false
        },
        CommandOption(
            names: ["--kernel"], value: nil, help: "serves a notebook: requests and answers as lines of JSON",
            isLast: true
        ) { options, _ in options.action = .kernel },
        CommandOption(
            names: ["--completions"], value: .shell, help: "prints the completion for bash, zsh or fish",
            isLast: true
        ) {
            guard let shell = Shell(rawValue: $1) else {
                throw Options.Problem("--completions needs bash, zsh or fish, got \($1)")
            }
            $0.action = .text(shell.completion)
        },
        CommandOption(names: ["--man"], value: nil, help: "prints the man page", isLast: true) {
            options, _ in options.action = .text(manPage)
        },
        CommandOption(
            names: ["--version"], value: nil, help: "prints the version, and the kernels in use", isLast: true
        ) {
            options, _ in options.action = .text("seg \(version)\n")
        },
        CommandOption(names: ["--help", "-h"], value: nil, help: "prints this", isLast: true) {
            options, _ in options.action = .text(usage)
        },
    ]

    static let commands: [Subcommand] = [
        Subcommand(
            name: "check", flags: [], operand: .script, takesSeveral: true,
            help: "reports errors without running"
        ) { paths, _ in .check(paths) },
        Subcommand(
            name: "fmt",
            flags: [
                CommandFlag(
                    name: "--check", help: "lists unformatted files and changes none",
                    operands: .asEver)
            ], operand: .script, takesSeveral: true, help: "formats scripts"
        ) { .format($0, isCheck: $1["--check"] != nil) },
        Subcommand(
            name: "test",
            flags: [
                CommandFlag(
                    name: "--examples", help: "runs the examples of the library's help too",
                    operands: .mayBeMissing)
            ], operand: .tests, takesSeveral: true, help: "runs scripts with `# expect: …` comments"
        ) { .test($0, examples: $1["--examples"] != nil) },
        Subcommand(
            name: "weights", flags: [], operand: .weights, takesSeveral: true,
            help: "lists the tensors in weight files"
        ) { paths, _ in .weights(paths) },
        Subcommand(
            name: "doc",
            flags: [
                CommandFlag(
                    name: "--markdown", help: "prints all help as docs/reference.md", operands: .none)
            ], operand: .libraryName, takesSeveral: false,
            help: "prints the help that ?NAME shows at the prompt"
        ) { names, _ in names.first.map { .doc($0) } ?? .reference },
        Subcommand(
            name: "new", flags: [], operand: .newFolder, takesSeveral: false,
            help: "makes a folder for an experiment: script, note on the data, results"
        ) { paths, _ in .newFolder(paths[0]) },
        Subcommand(
            name: "lsp", flags: [], operand: nil, takesSeveral: false,
            help: "serves an editor over standard input and output: errors, completion, help, renaming"
        ) { _, _ in .languageServer },
        Subcommand(
            name: "jupyter",
            flags: [
                CommandFlag(name: "--user", help: "for this user, as without it", operands: .asEver),
                CommandFlag(
                    name: "--prefix", help: "for the Python there, such as a virtual environment",
                    operands: .asEver, value: .prefix),
            ], operand: .install, takesSeveral: false, help: "makes seg a kernel of Jupyter's notebooks"
        ) { _, flags in .installKernel(prefix: flags["--prefix"]) },
        Subcommand(
            name: "doctor", flags: [], operand: nil, takesSeveral: false,
            help: "checks processor, memory, libraries, terminal and folders, and says what to do"
        ) { _, _ in .doctor },
    ]

    static let exitStatuses = [
        ("0", "success"), ("1", "an error in a script, or a failing test"),
        ("2", "wrong usage, or a missing file"), ("130", "interrupted"),
    ]

    static let environment = [
        ("SEG_CACHE", "the folder for features of frozen layers and for weights; ~/.cache/seg by default"),
        ("SEG_CACHE_LIMIT", "the most that features may take there, such as 20G; 0 for none"),
        ("TORCH_HOME", "PyTorch's cache, which is also searched for weights"),
        ("SEG_WEIGHTS_URL", "where official weights are downloaded from, instead of PyTorch's server"),
        ("SEG_KERNELS", "sse2, avx2 or avx512: the kernels, instead of the best that the processor has"),
        ("SEG_STDLIB", "a folder to read the library's scripts from, for editing them"),
        ("NO_COLOR", "plain text, as --no-color"),
    ]
}
