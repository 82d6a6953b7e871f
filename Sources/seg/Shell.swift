// The completions of the shells, made from the table of the command line.

/// A shell that seg writes a completion for.
enum Shell: String, CaseIterable, Sendable {
    case bash, zsh, fish

    var completion: String {
        switch self {
        case .bash: BashCompletion.script
        case .zsh: ZshCompletion.script
        case .fish: FishCompletion.script
        }
    }
}

/// A text quoted as one word of a shell.
func quoted(_ text: String) -> String {
    "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
}

private let allOptions = CommandLineTable.options
private let allCommands = CommandLineTable.commands

private enum BashCompletion {
    static var script: String {
        let withValue = allOptions.filter { $0.value != nil }
        return """
            # Completion of seg for bash, made by `seg --completions bash`.
            _seg_files() {
                local ending IFS=$'\\n'
                compopt -o filenames
                COMPREPLY+=($(compgen -d -- "$word"))
                for ending; do COMPREPLY+=($(compgen -f -X "!*.$ending" -- "$word")); done
            }
            _seg() {
                local word=${COMP_WORDS[COMP_CWORD]} command= name i
                COMPREPLY=()
                for ((i = 1; i < COMP_CWORD; i++)); do
                    case ${COMP_WORDS[i]} in
                        \(withValue.flatMap(\.names).joined(separator: "|")))
                            name=${COMP_WORDS[i]}
                            [[ ${COMP_WORDS[i + 1]} == = ]] && ((i++))
                            ((++i < COMP_CWORD)) || command=$name ;;
                        -*) ;;
                        *) command=${COMP_WORDS[i]}; break ;;
                    esac
                done
                case $command in
            \(withValue.map { row($0.names, [], $0.value) }.joined(separator: "\n"))
            \(allCommands.map { row([$0.name], $0.flags.map(\.name), $0.operand) }.joined(separator: "\n"))
                    '')
                        \(words(allOptions.flatMap(\.names) + allCommands.map(\.name)))
                        [[ $word == -* ]] || _seg_files seg ;;
                    *) compopt -o default ;;
                esac
            }
            complete -F _seg seg

            """
    }

    private static func row(_ names: [String], _ flags: [String], _ operand: Operand?) -> String {
        var work = flags.isEmpty ? [] : [words(flags)]
        switch operand?.candidates {
        case .words(let known)?: work.append(words(known))
        case .files(let endings)?: work.append("_seg_files " + endings.joined(separator: " "))
        default: break
        }
        let body = work.isEmpty ? ":" : work.joined(separator: "; ")
        return "        \(names.joined(separator: "|"))) \(body) ;;"
    }

    private static func words(_ list: [String]) -> String {
        "COMPREPLY+=($(compgen -W \(quoted(list.joined(separator: " "))) -- \"$word\"))"
    }
}

private enum ZshCompletion {
    static var script: String {
        """
        #compdef seg
        # Completion of seg for zsh, made by `seg --completions zsh`.
        _seg_commands() {
            local -a commands=(
        \(allCommands.map { "        " + quoted("\(escaped($0.name)):\($0.help)") }.joined(separator: "\n"))
            )
            _describe command commands
            _files -g '*.seg(-.)'
        }
        _seg() {
            local context state state_descr line
            typeset -A opt_args
            _arguments -C \\
        \(allOptions.map { "        \(specification($0)) \\" }.joined(separator: "\n"))
                '1:file or command:_seg_commands' '*::argument:->rest'
            [[ $state == rest ]] || return
            case $words[1] in
        \(allCommands.map(row).joined(separator: "\n"))
                *) _files ;;
            esac
        }
        if [[ $funcstack[1] == _seg ]]; then _seg "$@"; else compdef _seg seg; fi

        """
    }

    private static func specification(_ option: CommandOption) -> String {
        option.names.map { name in
            var text = "\(name)[\(escaped(option.help))]"
            if let value = option.value { text += ":\(escaped(value.name)):\(action(value))" }
            return quoted(text)
        }.joined(separator: " ")
    }

    private static func row(_ command: Subcommand) -> String {
        let flags = command.flags.map { flag($0) + " " }.joined()
        let several = command.takesSeveral ? "*" : "1"
        let operands = command.operand.map { quoted("\(several):\(escaped($0.noun)):\(action($0))") }
        let work = operands.map { "_arguments \(flags)\($0)" } ?? ":"
        return "        \(command.name)) \(work) ;;"
    }

    private static func flag(_ flag: CommandFlag) -> String {
        let value = flag.value.map { ":\(escaped($0.noun)):\(action($0))" } ?? ""
        return quoted("\(flag.name)[\(escaped(flag.help))]" + value)
    }

    private static func action(_ operand: Operand) -> String {
        switch operand.candidates {
        case .none: " "
        case .words(let known): "(\(known.joined(separator: " ")))"
        case .files(let endings): "_files -g \"*.(\(endings.joined(separator: "|")))(-.)\""
        }
    }

    private static func escaped(_ text: String) -> String {
        var safe = ""
        for character in text {
            if "[]:\\".contains(character) { safe += "\\" }
            safe.append(character)
        }
        return safe
    }
}

private enum FishCompletion {
    static var script: String {
        var lines = ["# Completion of seg for fish, made by `seg --completions fish`."]
        let names = allCommands.map(\.name).joined(separator: " ")
        let isFirst = "not __fish_seen_subcommand_from \(names)"
        for option in allOptions {
            let marks = option.names.map {
                $0.hasPrefix("--") ? "-l \($0.dropFirst(2))" : "-s \($0.dropFirst())"
            }
            let value = option.value.map { " " + candidates($0) } ?? ""
            lines.append(
                "complete -c seg -n \(quoted(isFirst)) \(marks.joined(separator: " "))\(value) -d \(quoted(option.help))"
            )
        }
        for command in allCommands {
            lines.append(
                "complete -c seg -n \(quoted(isFirst)) -a \(command.name) -d \(quoted(command.help))")
            let isIn = quoted("__fish_seen_subcommand_from \(command.name)")
            for flag in command.flags {
                lines.append(
                    "complete -c seg -n \(isIn) -l \(flag.name.dropFirst(2))\(flag.value == nil ? "" : " -r") -d \(quoted(flag.help))"
                )
            }
            if command.operand?.hasCandidates != true { lines.append("complete -c seg -n \(isIn) -f") }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// What may follow an option that takes a value.
    private static func candidates(_ operand: Operand) -> String {
        switch operand.candidates {
        case .none: "-x"
        case .words(let known): "-x -a \(quoted(known.joined(separator: " ")))"
        case .files(let endings):
            "-r -a " + quoted(endings.map { "(__fish_complete_suffix .\($0))" }.joined(separator: " "))
        }
    }
}
