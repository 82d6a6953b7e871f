// Writes stdlib/*.seg as Swift string literals, with an index of what each file
// defines, so that the one binary needs no other file. Run by StdlibPlugin.
import Glibc
import SegSyntax

func read(_ path: String) -> String {
    guard let file = fopen(path, "rb") else {
        print("cannot read \(path)")
        exit(1)
    }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while true {
        let count = fread(&buffer, 1, buffer.count, file)
        if count == 0 { break }
        bytes += buffer[0..<count]
    }
    return String(decoding: bytes, as: UTF8.self)
}

let arguments = CommandLine.arguments
guard arguments.count >= 3 else {
    print("usage: EmbedStdlib OUTPUT ROOT FILE …")
    exit(2)
}
/// Names as the elements of a list in Swift.
func listed(_ names: [String]) -> String { names.map { "\"\($0)\"" }.joined(separator: ", ") }

let root = arguments[2].hasSuffix("/") ? arguments[2] : arguments[2] + "/"
var output = """
    // Made by EmbedStdlib from stdlib/; not to be edited.

    public let stdlibFiles: [StdlibFile] = [

    """
var definedIn: [String: String] = [:]
for path in arguments.dropFirst(3).sorted() {
    let text = read(path)
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
guard let file = fopen(arguments[1], "wb") else {
    print("cannot write \(arguments[1])")
    exit(1)
}
fputs(output, file)
fclose(file)
