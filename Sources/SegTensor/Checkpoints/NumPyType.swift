// The types of NumPy's arrays, as its files and its pickles write them: an order of bytes and a code.

/// `<f4` is the order `<` and the code `f4`.
struct NumPyType {
    /// A letter for the kind and the bytes of an element: `f4`, `i8`, `b1`.
    let code: String
    /// `>` for big-endian.
    var order: Character

    init(code: String, order: Character) {
        self.code = code
        self.order = order
    }

    /// From a text such as `<f4`, `|u1` or `f4`.
    init(_ text: String) {
        if let first = text.first, "<>|=".contains(first) {
            self.init(code: String(text.dropFirst()), order: first)
        } else {
            self.init(code: text, order: "=")
        }
    }

    /// The type in seg; nil if there is none, which `problem` explains.
    var dtype: StoredDType? { problem == nil ? Self.dtypes[code] : nil }

    /// Why such an array cannot be read, in words.
    var problem: String? {
        if code.hasPrefix("O") { return "an array of Python objects" }
        guard let dtype = Self.dtypes[code] else { return "a NumPy array of type \(code)" }
        return order == ">" && dtype.size > 1 ? "a big-endian array" : nil
    }

    /// What to do about it.
    var help: String {
        order == ">"
            ? "convert it in NumPy by astype to <\(code)"
            : "seg reads \(Self.dtypes.keys.sorted().joined(separator: " ")): convert it in NumPy by astype"
    }

    private static let dtypes: [String: StoredDType] = [
        "b1": .bool, "u1": .uint8, "i1": .int8, "u2": .uint16, "i2": .int16, "u4": .uint32, "i4": .int32,
        "u8": .uint64, "i8": .int64, "f2": .float16, "f4": .float32, "f8": .float64,
    ]
}
