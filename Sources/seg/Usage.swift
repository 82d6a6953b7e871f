// The texts that the command prints about itself from its table: `--help` and the man page.

import SegLibrary
import SegTensor

extension CommandLineTable {
    /// An option as help shows it: `--threads N`, `--help, -h`.
    static func synopsis(_ option: CommandOption) -> String {
        option.names.joined(separator: ", ") + (option.value.map { " \($0.name)" } ?? "")
    }

    /// The options that select an action, and those that configure it.
    private static var actions: [CommandOption] { options.filter { !$0.names[0].hasPrefix("--") } }
    private static var settings: [CommandOption] { options.filter { $0.names[0].hasPrefix("--") } }

    /// All forms of the command: what follows `seg`, and what it does.
    private static var forms: [(String, String)] {
        plainForms + actions.map { ("\(synopsis($0)) [ARG …]", $0.help) }
            + commands.map { ($0.synopsis, $0.wholeHelp) }
    }

    static var usage: String {
        """
        seg: a small language for semantic segmentation

        usage:
        \(columns(forms.map { ("seg \($0)", $1) }))

        options, before the rest:
        \(columns(settings.map { (synopsis($0), $0.help) }))

        exit status:
        \(columns(exitStatuses))

        """
    }

    /// Two columns, the second filled to a line of 90 characters.
    private static func columns(_ rows: [(String, String)]) -> String {
        let left = 2 + (rows.map(\.0.count).max() ?? 0) + 2
        var lines: [String] = []
        for (name, help) in rows {
            var line = "  \(name)"
            line += String(repeating: " ", count: left - line.count)
            var isFresh = true
            for word in help.split(separator: " ") {
                if !isFresh, line.count + 1 + word.count > 90 {
                    lines.append(line)
                    line = String(repeating: " ", count: left)
                    isFresh = true
                }
                line += (isFresh ? "" : " ") + word
                isFresh = false
            }
            lines.append(line)
        }
        return lines.joined(separator: "\n")
    }

    // MARK: The version

    /// The version, and the kernels in use.
    static var version: String { "\(segVersion) (\(KernelLevel.inUse.rawValue) kernels)\(Ranks.version)" }

    // MARK: The man page

    /// The man page in roff, for `man`.
    static var manPage: String {
        var page = """
            .TH SEG 1 "" "seg \(segVersion)"
            .SH NAME
            seg \\- a small language for semantic segmentation
            .SH SYNOPSIS

            """
        for (form, _) in forms {
            page += ".B seg\n" + (form.isEmpty ? "" : "\(roff(form))\n") + ".br\n"
        }
        page += """
            .SH DESCRIPTION
            .B seg
            runs scripts for experiments with semantic segmentation: data sets, models, training, measures and
            plots. Without arguments on a terminal it is a prompt; there
            .B ?
            lists what can be asked, and
            .B help(name)
            explains a name.
            .SH FORMS

            """
        page += list(forms.map { (form, help) in (form.isEmpty ? "seg" : "seg \(form)", help) })
        page += ".SH OPTIONS\nOptions come before the file or command.\n"
        page += list(settings.map { (synopsis($0), $0.help) })
        page += ".SH EXIT STATUS\n" + list(exitStatuses)
        page += ".SH ENVIRONMENT\n" + list(environment)
        page += """
            .SH FILES
            .TP
            .I ~/.local/state/seg/history
            what was typed at the prompt; under XDG_STATE_HOME where that is set

            """
        return page
    }

    private static func list(_ rows: [(String, String)]) -> String {
        rows.map { ".TP\n.B \(roff($0))\n\(roff($1))\n" }.joined()
    }

    /// Text with roff's special characters escaped; no line of it begins with a point.
    private static func roff(_ text: String) -> String {
        var safe = ""
        for character in text {
            switch character {
            case "\\": safe += "\\e"
            case "-": safe += "\\-"
            case "`": safe += "\\(ga"
            case "~": safe += "\\(ti"
            case "…": safe += "..."
            default: safe.append(character)
            }
        }
        return safe
    }
}
