// Writes stdlib/*.seg as Swift string literals, with an index of what each file
// defines, so that the one binary needs no other file. Run by StdlibPlugin.
import Glibc

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

/// The name that a line at the left margin defines, as `f(x) = …`, `type T(…) {` or `name = …`.
func definition(_ line: Substring) -> String? {
    var rest = line
    if rest.hasPrefix("type ") { rest = rest.dropFirst(5) }
    let name = rest.prefix { $0.isLetter || $0.isNumber || $0 == "_" }
    guard let first = name.first, !first.isNumber else { return nil }
    let after = rest.dropFirst(name.count)
    let isType = line.hasPrefix("type ")
    if after.hasPrefix("(") && (isType || line.contains(") =")) || after.hasPrefix("(") && after.hasSuffix("(") {
        return String(name)
    }
    if after.hasPrefix("(") && !line.contains(")") { return String(name) }
    if after.hasPrefix(" = ") { return String(name) }
    return nil
}

let arguments = CommandLine.arguments
guard arguments.count >= 3 else {
    print("usage: EmbedStdlib OUTPUT ROOT FILE …")
    exit(2)
}
let root = arguments[2].hasSuffix("/") ? arguments[2] : arguments[2] + "/"
var output = """
    // Made by EmbedStdlib from stdlib/; not to be edited.

    public let stdlibFiles: [StdlibFile] = [

    """
for path in arguments.dropFirst(3).sorted() {
    let text = read(path)
    let name = path.hasPrefix(root) ? String(path.dropFirst(root.count)) : path
    let names = text.split(separator: "\n").compactMap(definition)
    var seen: Set<String> = []
    let unique = names.filter { seen.insert($0).inserted && !$0.hasPrefix("_") }
    output += "    StdlibFile(\n        name: \"\(name)\",\n"
    output += "        definitions: [\(unique.map { "\"\($0)\"" }.joined(separator: ", "))],\n"
    output += "        text: #####\"\"\"\n\(text)\n\"\"\"#####),\n"
}
output += "]\n"
guard let file = fopen(arguments[1], "wb") else {
    print("cannot write \(arguments[1])")
    exit(1)
}
fputs(output, file)
fclose(file)
