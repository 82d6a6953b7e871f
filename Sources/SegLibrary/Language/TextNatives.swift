// Functions on strings. Strings are immutable: each function returns a new one.

@preconcurrency import Glibc
import SegRuntime
import SegSystem

/// Calls `body` with the positions where a text contains another, without overlaps, in bytes. The other text must
/// not be empty.
private func forEachPlace(
    of needle: [UInt8], in bytes: [UInt8], _ interpreter: Interpreter, _ body: (Int) throws -> Void
) throws {
    var (place, work) = (0, 0)
    while place + needle.count <= bytes.count {
        if work >= 1 << 18 {
            work = 0
            try interpreter.checkInterrupt()
        }
        var same = 0
        while same < needle.count, bytes[place + same] == needle[same] {
            same += 1
            if same & 0xffff == 0 { try interpreter.checkInterrupt() }
        }
        if same == needle.count { try body(place) }
        work += same + 1
        place += same == needle.count ? same : 1
    }
}

private func split(_ text: String, at separator: String, _ interpreter: Interpreter) throws -> Value {
    try interpreter.reserve(text.utf8.count, for: "a copy of a text")
    let bytes = Array(text.utf8)
    let parts = GrowingList(interpreter, for: "a list of a text's parts")
    var start = 0
    func add(upTo place: Int) throws {
        try parts.append(.string(String(decoding: bytes[start..<place], as: UTF8.self)))
        start = place + separator.utf8.count
    }
    try forEachPlace(of: Array(separator.utf8), in: bytes, interpreter, add)
    try add(upTo: bytes.count)
    return .list(try parts.take())
}

private func replaced(_ text: String, _ old: String, by new: String, _ interpreter: Interpreter) throws
    -> String
{
    try interpreter.reserve(text.utf8.count, for: "a copy of a text")
    let (bytes, needle, new) = (Array(text.utf8), Array(old.utf8), Array(new.utf8))
    var found = 0
    try forEachPlace(of: needle, in: bytes, interpreter) { _ in found += 1 }
    if found == 0 { return text }
    let (added, overflows) = found.multipliedReportingOverflow(by: max(new.count - needle.count, 0))
    let size = bytes.count + (overflows ? 0 : found * (new.count - needle.count))
    // The bytes, and the text that is made of them.
    try interpreter.reserve(overflows || added > Int.max / 4 ? .max : 2 * size, for: "this string")
    var result: [UInt8] = []
    result.reserveCapacity(size)
    var start = 0
    try forEachPlace(of: needle, in: bytes, interpreter) { place in
        result += bytes[start..<place]
        result += new
        start = place + needle.count
    }
    result += bytes[start...]
    return String(decoding: result, as: UTF8.self)
}

/// A text changed piece by piece, by a change that treats each scalar by itself.
private func changed(
    _ text: String, _ interpreter: Interpreter, _ change: (Substring.UnicodeScalarView) -> String
) throws -> String {
    let size = 1 << 18
    try interpreter.reserve(text.utf8.count, for: "this string")
    if text.utf8.count <= size { return change(text.unicodeScalars[...]) }
    var result = ""
    result.reserveCapacity(text.utf8.count)
    var rest = text.unicodeScalars[...]
    while !rest.isEmpty {
        try interpreter.checkInterrupt()
        // The nearest scalar before so many bytes.
        var end = text.utf8.index(rest.startIndex, offsetBy: size, limitedBy: rest.endIndex) ?? rest.endIndex
        while end > rest.startIndex, end < rest.endIndex, end.samePosition(in: text.unicodeScalars) == nil {
            end = text.utf8.index(before: end)
        }
        result += change(rest[..<end])
        rest = rest[end...]
    }
    return result
}

/// The text without white space at its ends. Most of it is ASCII; one of these characters stays at each end, which
/// may belong to the mark beside it.
private func trimmed(_ text: String, _ interpreter: Interpreter) throws -> String {
    let bytes = text.utf8
    func isSpace(_ place: String.Index) -> Bool { bytes[place] == 0x20 || (9...13).contains(bytes[place]) }
    var (start, end, steps) = (bytes.startIndex, bytes.endIndex, 0)
    func poll() throws {
        steps += 1
        if steps & 0xfffff == 0 { try interpreter.checkInterrupt() }
    }
    while start < end {
        let next = bytes.index(after: start)
        guard isSpace(start), next < end, isSpace(next) else { break }
        start = next
        try poll()
    }
    while start < end {
        let last = bytes.index(before: end)
        guard isSpace(last), last > start, isSpace(bytes.index(before: last)) else { break }
        end = last
        try poll()
    }
    return String(text[start..<end].trimmed)
}

/// Strings joined in one allocation; nil if an element is not a string.
private func joined(_ items: [Value], _ separator: String, _ interpreter: Interpreter) throws -> String? {
    var size = separator.utf8.count * max(0, items.count - 1)
    for (place, item) in items.enumerated() {
        if place & 0xffff == 0 { try interpreter.checkInterrupt() }
        guard case .object(let object) = item, object.kind == .string else { return nil }
        size += unsafeDowncast(object, to: StringObject.self).text.utf8.count
    }
    try interpreter.reserve(size, for: "this string")
    return try String(unsafeUninitializedCapacity: size) { buffer in
        var used = 0
        func add(_ text: String) {
            text.copy(to: buffer, at: used)
            used += text.utf8.count
        }
        for place in items.indices {
            if place & 0xffff == 0 { try interpreter.checkInterrupt() }
            if place > 0 { add(separator) }
            if case .object(let object) = items[place] {
                add(unsafeDowncast(object, to: StringObject.self).text)
            }
        }
        return used
    }
}

let textNatives: [Native] = [
    Native(
        "join(xs, separator=\"\")", "The elements as one string, with a separator between them.",
        examples: ["print([1, 2, 3].join(\", \"))  # expect: 1, 2, 3"]
    ) { call in
        guard let separator = call[1].asString else {
            let isSwapped = call[0].asString != nil && call[1].asList != nil
            throw call.wrong(
                1, "a string", help: isSwapped ? "the list comes first: join(xs, separator)" : nil)
        }
        let items = try call.items(0)
        if let text = try joined(items, separator, call.interpreter) { return .string(text) }
        var text = ""
        for (place, item) in items.enumerated() {
            if place > 0 { try call.interpreter.append(separator, to: &text) }
            try call.interpreter.append(try call.interpreter.line(item), to: &text)
        }
        return .string(text)
    },
    Native(
        "split_text(text, separator=nil)",
        "The parts of a string between separators, by default between runs of white space.",
        examples: [
            "print(\"a,b,c\".split_text(\",\"))  # expect: [\"a\", \"b\", \"c\"]",
            "print(split_text(\" one  two \"))  # expect: [\"one\", \"two\"]",
        ]
    ) { call in
        let text = try call.string(0)
        guard let separator = try call.optionalString(1) else {
            return try words(of: text, call.interpreter)
        }
        if separator.isEmpty { return try list(of: text.lazy.map { String($0) }, call.interpreter) }
        return try split(text, at: separator, call.interpreter)
    },
    Native("upper(text)", "The text in upper case.", examples: ["print(\"sky\".upper())  # expect: SKY"]) {
        call in
        .string(try changed(try call.string(0), call.interpreter) { String($0).uppercased() })
    },
    Native("lower(text)", "The text in lower case.", examples: ["print(lower(\"Road\"))  # expect: road"]) {
        call in
        .string(try changed(try call.string(0), call.interpreter) { String($0).lowercased() })
    },
    Native(
        "trim(text)", "The text without white space at its ends.",
        examples: ["print(trim(\" a \"))  # expect: a"]
    ) {
        call in .string(try trimmed(try call.string(0), call.interpreter))
    },
    Native(
        "replace(text, old, new)", "The text with each occurrence of `old` replaced.",
        examples: ["print(replace(\"a-b-c\", \"-\", \"+\"))  # expect: a+b+c"]
    ) { call in
        let text = try call.string(0)
        let old = try call.string(1)
        let new = try call.string(2)
        if old.isEmpty { throw call.bad(1, "is empty") }
        return .string(try replaced(text, old, by: new, call.interpreter))
    },
    Native(
        "starts_with(text, start)", "Whether a text begins with another.",
        examples: ["print(starts_with(\"camseq01\", \"camseq\"))  # expect: true"]
    ) { call in .bool(hasBytes(try call.string(0), try call.string(1), atEnd: false)) },
    Native(
        "ends_with(text, end)", "Whether a text ends with another.",
        examples: ["print(ends_with(\"a.png\", \".png\"))  # expect: true"]
    ) { call in .bool(hasBytes(try call.string(0), try call.string(1), atEnd: true)) },
    Native(
        "format(x, spec)", "A value as text by a format, as in {x:.3}: [fill][align][width][.precision][%].",
        examples: [
            "print(format(0.12345, \".2\"))  # expect: 0.12",
            "print(format(\"a\", \"*^5\"))  # expect: **a**",
        ]
    ) { call in
        guard let format = TextFormat(try call.string(1)) else {
            throw call.bad(
                1, "is not a format",
                help: "a format is [fill][align][width][.precision][%], as in \".3\" or \"<10\"")
        }
        return .string(try call.interpreter.format(call[0], format))
    },
    Native(
        "string(x)", "The one-line form of a value, as print shows it.",
        examples: ["print(len(string(100)))  # expect: 3"]
    ) {
        call in .string(try call.interpreter.line(call[0]))
    },
    Native(
        "number(text)", "The number in a text; an error if the text is not a number.",
        examples: ["print(number(\"2.5\") + 1)  # expect: 3.5"]
    ) { call in
        guard let text = call[0].asString else { return .number(try call.number(0)) }
        guard let number = text.trimmed.decimalNumber else {
            throw Failure(.value, "\(quotedText(text)) is not a number", argument: 0)
        }
        return .number(number)
    },
    Native(
        "characters(text)", "The list of a text's characters.",
        examples: ["print(characters(\"añ\"))  # expect: [\"a\", \"ñ\"]"]
    ) { call in try list(of: call.string(0).lazy.map { String($0) }, call.interpreter) },
]

/// A list of texts that are made one by one, within the memory budget; Ctrl-C ends it.
private func list(of texts: some Sequence<String>, _ interpreter: Interpreter) throws -> Value {
    let items = GrowingList(interpreter, for: "this list of texts")
    for text in texts { try items.append(.string(text)) }
    return .list(try items.take())
}

/// Whether the bytes of a text begin or end with those of another.
private func hasBytes(_ text: String, _ part: String, atEnd: Bool) -> Bool {
    var (text, part) = (text, part)
    return text.withUTF8 { text in
        part.withUTF8 { part in
            guard let bytes = text.baseAddress, let wanted = part.baseAddress else { return part.isEmpty }
            let place = atEnd ? text.count - part.count : 0
            return part.count <= text.count && memcmp(bytes + place, wanted, part.count) == 0
        }
    }
}

/// The parts of a text between runs of white space.
private func words(of text: String, _ interpreter: Interpreter) throws -> Value {
    let words = GrowingList(interpreter, for: "this list of texts")
    var start: String.Index?
    func end(_ place: String.Index) throws {
        guard let begin = start else { return }
        start = nil
        try words.append(.string(String(text[begin..<place])))
    }
    for (count, place) in text.indices.enumerated() {
        if count & 0xffff == 0 { try interpreter.checkInterrupt() }
        if text[place].isWhitespace { try end(place) } else if start == nil { start = place }
    }
    try end(text.endIndex)
    return .list(try words.take())
}
