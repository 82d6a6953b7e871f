// Writes stdlib/*.seg as Swift string literals, with an index of the definitions in each file, so that the
// binary needs no other file. Run by StdlibPlugin.

import Glibc
import SegSyntax
import SegSystem

let arguments = CommandLine.arguments
guard arguments.count >= 3 else {
    print("usage: EmbedStdlib OUTPUT ROOT FILE …")
    exit(2)
}
/// Names as the elements of a Swift list.
func listed(_ names: [String]) -> String { names.map { "\"\($0)\"" }.joined(separator: ", ") }

let root = arguments[2].hasSuffix("/") ? arguments[2] : arguments[2] + "/"
var output = """
    // Made by EmbedStdlib from stdlib/; not to be edited.

    public let stdlibFiles: [StdlibFile] = [

    """
var definedIn: [String: String] = [:]
for path in arguments.dropFirst(3).sorted() {
    let text = String(decoding: try FileReader.contents(of: path), as: UTF8.self)
    let name = path.hasPrefix(root) ? String(path.dropFirst(root.count)) : path
    let program = Parser(name: path, text: text).parse()
    if let problem = program.diagnostics.first {
        print(problem.rendered())
        exit(1)
    }
    let names = program.definedNames
    for defined in names.documented + names.undocumented {
        if let other = definedIn.updateValue(name, forKey: defined) {
            print("\(path): error: `\(defined)` is defined in \(other) too")
            exit(1)
        }
    }
    output += "    StdlibFile(\n        name: \"\(name)\",\n"
    output += "        definitions: [\(listed(names.documented))],\n"
    output += "        internals: [\(listed(names.undocumented))],\n"
    output += "        text: #####\"\"\"\n\(text)\n\"\"\"#####),\n"
}
output += "]\n"
try AtomicFile.write(output, to: arguments[1], isDurable: false)
