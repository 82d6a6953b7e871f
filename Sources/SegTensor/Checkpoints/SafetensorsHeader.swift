// The header of a safetensors file: JSON of one fixed form. Its own small reader, because duplicate names must be
// seen, the order kept, and nesting is two levels and no more.

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

    private let bytes: [UInt8]
    private let path: String
    private var at = 0
    /// Fields read so far, between some of which Ctrl-C is heard.
    private var fields = 0

    init(_ bytes: [UInt8], path: String) throws {
        self.bytes = bytes
        self.path = path
        try readEntries()
        skipSpace()
        guard at == bytes.count else { throw damaged("something follows its header") }
    }

    private mutating func readEntries() throws {
        var names: Set<String> = []
        var hasMetadata = false
        try object { header, key in
            if key == "__metadata__" {
                guard !hasMetadata else { throw header.damaged("it has __metadata__ twice") }
                hasMetadata = true
                try header.readMetadata()
            } else {
                guard names.insert(key).inserted else {
                    throw header.damaged("tensor '\(FileText.shown(key))' stands in it twice")
                }
                try header.readEntry(key)
            }
        }
    }

    private mutating func readMetadata() throws {
        var keys: Set<String> = []
        try object { header, key in
            guard keys.insert(key).inserted else {
                throw header.damaged("its metadata have '\(FileText.shown(key))' twice")
            }
            header.metadata.append((key, try header.string()))
        }
    }

    private mutating func readEntry(_ name: String) throws {
        var dtype: String?
        var shape: [Int]?
        var offsets: [Int]?
        try object { header, key in
            switch key {
            case "dtype" where dtype == nil: dtype = try header.string()
            case "shape" where shape == nil: shape = try header.numbers()
            case "data_offsets" where offsets == nil: offsets = try header.numbers()
            default:
                throw header.damaged(
                    "tensor '\(FileText.shown(name))' has the field '\(FileText.shown(key))' that does not belong there"
                )
            }
        }
        guard let dtype, let shape, let offsets, offsets.count == 2 else {
            throw damaged("tensor '\(FileText.shown(name))' lacks its dtype, shape or data_offsets")
        }
        entries.append(Entry(name: name, dtype: dtype, shape: shape, begin: offsets[0], end: offsets[1]))
    }

    // MARK: JSON

    private mutating func object(_ field: (inout SafetensorsHeader, String) throws -> Void) throws {
        try expect("{")
        skipSpace()
        if take("}") { return }
        repeat {
            let key = try string()
            fields += 1
            if fields.isMultiple(of: 4096) { try EvaluationContext.current.checkInterrupt() }
            try expect(":")
            try field(&self, key)
            skipSpace()
        } while take(",")
        try expect("}")
    }

    private mutating func numbers() throws -> [Int] {
        var values: [Int] = []
        try expect("[")
        skipSpace()
        if take("]") { return values }
        repeat {
            values.append(try number())
            skipSpace()
        } while take(",")
        try expect("]")
        return values
    }

    private mutating func number() throws -> Int {
        skipSpace()
        var value = 0
        let start = at
        while at < bytes.count, case let digit = bytes[at] &- UInt8(ascii: "0"), digit < 10 {
            let (tens, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, passed) = tens.addingReportingOverflow(Int(digit))
            guard !overflow, !passed else { throw damaged("it has a number that is too large") }
            value = sum
            at += 1
        }
        guard at > start else { throw damaged("a whole number is missing at byte \(at + 8)") }
        return value
    }

    private mutating func string() throws -> String {
        try expect("\"")
        var text: [UInt8] = []
        while true {
            guard at < bytes.count else { throw damaged("a string in it does not end") }
            let byte = bytes[at]
            at += 1
            switch byte {
            case UInt8(ascii: "\""):
                guard let string = String(validating: text, as: UTF8.self) else {
                    throw damaged("a string in it is not UTF-8")
                }
                return string
            case UInt8(ascii: "\\"): text.append(contentsOf: try escape())
            case 0..<0x20: throw damaged("a string in it has a control character")
            default: text.append(byte)
            }
        }
    }

    private mutating func escape() throws -> [UInt8] {
        guard at < bytes.count else { throw damaged("a string in it does not end") }
        let byte = bytes[at]
        at += 1
        switch byte {
        case UInt8(ascii: "n"): return [0x0a]
        case UInt8(ascii: "t"): return [0x09]
        case UInt8(ascii: "r"): return [0x0d]
        case UInt8(ascii: "b"): return [0x08]
        case UInt8(ascii: "f"): return [0x0c]
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return [byte]
        case UInt8(ascii: "u"):
            var code = try unit()
            if code >> 10 == 0x36, at + 1 < bytes.count, bytes[at] == UInt8(ascii: "\\"),
                bytes[at + 1] == UInt8(ascii: "u")
            {
                at += 2
                let low = try unit()
                guard low >> 10 == 0x37 else { throw damaged("a string in it has half a character") }
                code = 0x10000 + (code & 0x3ff) << 10 + low & 0x3ff
            }
            guard let scalar = Unicode.Scalar(code) else {
                throw damaged("a string in it has half a character")
            }
            return Array(String(Character(scalar)).utf8)
        default: throw damaged("a string in it has an unknown escape")
        }
    }

    private mutating func unit() throws -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<4 {
            guard at < bytes.count, let digit = Character(Unicode.Scalar(bytes[at])).hexDigitValue else {
                throw damaged("a string in it has an unknown escape")
            }
            value = value << 4 | UInt32(digit)
            at += 1
        }
        return value
    }

    private mutating func expect(_ character: Unicode.Scalar) throws {
        skipSpace()
        guard take(character) else { throw damaged("'\(character)' is missing at byte \(at + 8)") }
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard at < bytes.count, UInt32(bytes[at]) == character.value else { return false }
        at += 1
        return true
    }

    private mutating func skipSpace() {
        while at < bytes.count, [0x20, 0x0a, 0x0d, 0x09].contains(bytes[at]) { at += 1 }
    }

    private func damaged(_ what: String) -> TensorError {
        TensorError(.file, "\(path) is damaged or no safetensors file: \(what)")
    }
}
