// The header of a safetensors file: JSON of a fixed form; each name occurs once, and the order of names is
// kept.

import SegSystem

/// The header's entries in the file's order.
struct SafetensorsHeader {
    struct Entry {
        let name: String
        let dtype: String
        let shape: [Int]
        let begin: Int
        let end: Int
    }

    private(set) var entries: [Entry] = []
    private(set) var metadata: [(key: String, value: String)] = []

    private let path: String
    private var reader: JSONReader
    /// The format: an object of objects of arrays.
    private static let depth = 3

    init(_ bytes: [UInt8], path: String) throws {
        self.path = path
        let context = EvaluationContext.current
        reader = JSONReader(bytes, depthLimit: Self.depth, poll: { try context.checkInterrupt() })
        do {
            try readEntries()
            _ = try reader.next()
        } catch let problem as JSONReader.Problem {
            throw damaged(problem)
        }
    }

    private mutating func readEntries() throws {
        var names: Set<String> = []
        var hasMetadata = false
        try expect(.objectStart, "{")
        while let key = try name() {
            if key == "__metadata__" {
                guard !hasMetadata else { throw damaged("it has __metadata__ twice") }
                hasMetadata = true
                try readMetadata()
            } else {
                guard names.insert(key).inserted else {
                    throw damaged("tensor '\(FileText.shown(key))' is in it twice")
                }
                try readEntry(key)
            }
        }
    }

    private mutating func readMetadata() throws {
        var keys: Set<String> = []
        try expect(.objectStart, "{")
        while let key = try name() {
            guard keys.insert(key).inserted else {
                throw damaged("its metadata contain '\(FileText.shown(key))' twice")
            }
            metadata.append((key, try string()))
        }
    }

    private mutating func readEntry(_ tensor: String) throws {
        var dtype: String?
        var shape: [Int]?
        var offsets: [Int]?
        try expect(.objectStart, "{")
        while let key = try name() {
            switch key {
            case "dtype" where dtype == nil: dtype = try string()
            case "shape" where shape == nil: shape = try sizes()
            case "data_offsets" where offsets == nil: offsets = try sizes()
            default:
                throw damaged(
                    "tensor '\(FileText.shown(tensor))' has an unknown field '\(FileText.shown(key))'"
                )
            }
        }
        guard let dtype, let shape, let offsets, offsets.count == 2 else {
            throw damaged("tensor '\(FileText.shown(tensor))' lacks its dtype, shape or data_offsets")
        }
        entries.append(Entry(name: tensor, dtype: dtype, shape: shape, begin: offsets[0], end: offsets[1]))
    }

    // MARK: Parts of the text

    private mutating func expect(_ piece: JSONReader.Piece, _ sign: String) throws {
        guard try reader.next() == piece else { throw reader.problem("'\(sign)' is missing") }
    }

    /// The next name of an object; nil at its end.
    private mutating func name() throws -> String? {
        if case .name(let name)? = try reader.next() { return name }
        return nil
    }

    private mutating func string() throws -> String {
        guard case .string(let string)? = try reader.next() else {
            throw reader.problem("a string is missing")
        }
        return string
    }

    /// A list of whole numbers that are at least 0.
    private mutating func sizes() throws -> [Int] {
        var sizes: [Int] = []
        try expect(.arrayStart, "[")
        while let piece = try reader.next(), piece != .arrayEnd {
            switch piece {
            case .integer(let size) where size >= 0: sizes.append(size)
            case .number(let size) where size > Double(Int.max / 2):
                throw reader.problem("a number is too large")
            default: throw reader.problem("a whole number is missing")
            }
        }
        return sizes
    }

    /// Bytes are counted from the start of the file; the first eight are the header's length.
    private func damaged(_ problem: JSONReader.Problem) -> TensorError {
        damaged("\(FileText.shown(problem.message)) at byte \(problem.offset + 8)")
    }

    private func damaged(_ what: String) -> TensorError {
        TensorError(.file, "\(path) is damaged or no safetensors file: \(what)")
    }
}
