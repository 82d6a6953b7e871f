// The contents of a weight file, as a table: `seg weights FILE`.

import SegRuntime
import SegSystem
import SegTensor
import SegTerminal

extension Interpreter {
    /// The tensors of a weight file with types and shapes, and their totals; no tensor data is read.
    /// - Throws: `Failure` of kind `file` if it is not a weight file.
    public func weightListing(_ path: String) throws -> String {
        let file: Checkpoint
        do {
            file = try Checkpoint.open(path)
        } catch {
            throw failure(of: error) ?? error
        }
        let rows = try file.tensors.map { tensor in
            try checkInterrupt()
            let shape = tensor.shape.map { "\($0)" }.joined(separator: ", ")
            // One long name would make every row equally long.
            let start = String(String.UnicodeScalarView(tensor.name.unicodeScalars.prefix(200)))
            let name = TextWidth.truncate(TextWidth.escaped(start), to: 160)
            return [Table.Cell.text(name), .text(tensor.dtype.rawValue), .text("[\(shape)]")]
        }
        var lines = Table(header: ["name", "type", "shape"], rows: rows).lines(style)
        let bytes = file.tensors.reduce(0) { $0 + $1.count * $1.dtype.size }
        lines.append(
            "\(count(file.tensors.count, "tensor")), \(count(file.parameterCount, "number")), "
                + "\(ByteCount.text(bytes)); \(file.format.rawValue)")
        lines += file.metadata.map { "\(TextWidth.escaped($0.key)): \(TextWidth.escaped($0.value))" }
        lines += file.notes.map { TextWidth.escaped($0) }
        if let digits = SHA256.digits(inName: path) {
            let found = try SHA256.hexadecimal(of: FileReader(path)) { try checkInterrupt() }
            let outcome = found.hasPrefix(digits) ? "as the name says" : "not the \(digits) in the name"
            lines.append("SHA-256 \(found), \(outcome)")
        }
        return lines.joined(separator: "\n")
    }

    private func count(_ n: Int, _ thing: String) -> String {
        "\(NumberFormat.count(n)) \(thing)\(n == 1 ? "" : "s")"
    }
}
