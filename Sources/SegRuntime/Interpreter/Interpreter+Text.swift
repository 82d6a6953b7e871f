// Values as text: the one-line form of print, lists and errors, the display form of the
// prompt, and the formats of strings. Deep and self-containing values are truncated.

import Glibc
import SegSyntax
import SegSystem

extension Interpreter {
    private static let nestingLimit = 60

    /// A value as an error shows it, with its kind: `string "a"`, `nil`, `list [1, 2]`.
    public func describe(_ value: Value) -> String {
        switch value {
        case .nilValue: return "nil"
        case .bool(let bool): return "\(bool)"
        case .object(let object)
        where object.kind == .function || object.kind == .native || object.kind == .bound:
            let name = callableName(value)
            return name == "function" ? "a function" : "the function \(name)"
        case .object(let object) where object.kind == .type: return "the type \(callableName(value))"
        case .object(let object) where object.kind == .instance: return short(value)
        default:
            let text = short(value)
            let name = value.typeName
            return text.hasPrefix(name) ? text : "\(name) \(text)"
        }
    }

    /// A line form of at most 40 characters. Where a method `line` is interrupted, the error that is being described is
    /// not the one that ends the work; errors within such a method are described by types alone.
    public func short(_ value: Value, limit: Int = 40) -> String {
        guard !isShortening else { return value.typeName }
        isShortening = true
        defer { isShortening = false }
        let text: String
        do {
            text = try line(value, quoted: true, limit: 400)
        } catch {
            text = value.typeName
            let kind = (error as? ScriptError)?.diagnostic.kind ?? failure(of: error)?.kind
            if kind == .interrupt { interruptFlag.raise() }
        }
        let first = text.prefix { !$0.isNewline }
        if first.count <= limit, first.endIndex == text.endIndex { return text }
        return first.prefix(limit - 1) + "…"
    }

    /// The name of something that can be called.
    public func callableName(_ value: Value) -> String {
        guard case .object(let object) = value else { return value.typeName }
        switch object.kind {
        case .function: return unsafeDowncast(object, to: FunctionObject.self).name ?? "function"
        case .native: return unsafeDowncast(object, to: NativeFunction.self).name
        case .bound: return unsafeDowncast(object, to: BoundMethod.self).function.name ?? "function"
        case .type: return unsafeDowncast(object, to: TypeObject.self).name
        default: return value.typeName
        }
    }

    /// The one-line form. Strings have quotes only if `quoted`; inside lists and records they
    /// always have them. After `limit` bytes the rest is left out.
    public func line(_ value: Value, quoted: Bool = false, limit: Int = Int.max) throws -> String {
        if case .number(let number) = value { return numberText(number) }
        if !quoted, let text = value.asString { return text }
        // A method `line` may give the object itself.
        guard textDepth < Self.textLimit else {
            throw Failure(
                .call, "the text of a value is nested too deeply",
                help: "does a method `line` give its own object?")
        }
        try enterNative()
        textDepth += 1
        defer {
            textDepth -= 1
            leaveNative()
        }
        var writer = LineWriter(limit: limit)
        try write(value, to: &writer)
        // Sources of functions, labels and paths may hold anything; the strings of lists are quoted already.
        return try TextWidth.harmless(writer.text) { try checkInterrupt() }
    }

    /// The one-line form for a line of the terminal: an object whose method `line` has a parameter `columns` is
    /// asked for a text of that width.
    public func fittedLine(_ value: Value) throws -> String {
        // The window may have changed since the script began.
        let columns = TerminalSize.of(STDOUT_FILENO)?.columns ?? terminal.width
        guard terminal.isInteractive, let instance = value.asInstance,
            let method = instance.type.method(named: "line"), method.parameters.first?.name == "columns",
            let shown = try shown(instance, by: "line", [.number(Double(columns))])
        else { return try line(value) }
        return try line(shown)
    }

    /// The form at the prompt. An object whose type has a method `display()` shows what that prints, and
    /// then what it gives, "" where that is nil; one that can be called what the library's hook says.
    public func display(_ value: Value) throws -> String {
        guard case .object(let object) = value else { return try line(value, quoted: true) }
        if object.kind == .foreign {
            let foreign = unsafeDowncast(object, to: ForeignValue.self)
            return try withoutFileCode { try foreign.display(self) } ?? foreign.typeName
        }
        if object.kind == .instance {
            let instance = unsafeDowncast(object, to: Instance.self)
            if let shown = try shown(instance, by: "display") {
                return shown.isNil ? "" : try TextWidth.harmless(line(shown)) { try checkInterrupt() }
            }
            if let objectHook, instance.type.isCallable || !objectHook.memberNames(of: instance).isEmpty,
                case .some(.some(let text)) = try withoutFileCode({ try objectHook.display(instance, self) })
            {
                return text
            }
            return try fittedLine(value)
        }
        return try line(value, quoted: true)
    }

    /// What the method `line()` or `display()` of an object gives; nil where it has none, or only one of a file: what
    /// was loaded is shown without calling anything of the file's.
    private func shown(_ instance: Instance, by name: String, _ arguments: [Value] = []) throws -> Value? {
        guard let method = instance.type.method(named: name), method.code.required <= arguments.count,
            method.origin == nil
        else { return nil }
        let bound = Value.object(BoundMethod(receiver: instance, function: method))
        // A method of the library may meet functions of the file in the object's fields.
        return method.code.module.isLibrary
            ? try withoutFileCode { try call(bound, arguments) }
            : try withFileCode { try call(bound, arguments) }
    }

    /// `{value:format}`: numbers by their format, lists element by element, others as text.
    public func format(_ value: Value, _ format: TextFormat) throws -> String {
        switch value {
        case .number(let number): return format.text(number)
        case .object(let object) where object.kind == .foreign:
            let foreign = unsafeDowncast(object, to: ForeignValue.self)
            if let text = try foreign.formatted(format, self) { return text }
            if let number = try foreign.number(self) { return format.text(number) }
            return format.text(try line(value))
        case .object(let object) where object.kind == .list && (format.precision != nil || format.isPercent):
            var element = format
            element.width = 0
            let items = unsafeDowncast(object, to: ListObject.self).items
            var whole = format
            whole.precision = nil
            let texts = try items.map { item in
                if case .number(let number) = item { return element.text(number) }
                return try line(item, quoted: true)
            }
            return whole.text("[\(texts.joined(separator: ", "))]")
        default: return format.text(try line(value))
        }
    }

    private struct LineWriter {
        var text = ""
        var path: [ObjectIdentifier] = []
        var pieces = 0
        /// The size for which the memory budget was asked.
        var asked = 0
        let limit: Int
        init(limit: Int) { self.limit = limit }
        var isFull: Bool { text.utf8.count > limit }
        /// Bytes up to the limit.
        var room: Int { max(0, limit - text.utf8.count) }
    }

    private func write(_ value: Value, to writer: inout LineWriter) throws {
        switch value {
        case .nilValue: writer.text += "nil"
        case .bool(let bool): writer.text += bool ? "true" : "false"
        case .number(let number): writer.text += numberText(number)
        case .object(let object): try write(object, to: &writer)
        }
        writer.pieces += 1
        if writer.pieces & 0xfff == 0 { try checkInterrupt() }
        try ask(for: &writer)
    }

    private func write(_ object: Object, to writer: inout LineWriter) throws {
        switch object.kind {
        case .string: try write(unsafeDowncast(object, to: StringObject.self).text, to: &writer)
        case .list:
            try nested(object, "[", "]", &writer) { writer in
                let list = unsafeDowncast(object, to: ListObject.self)
                var place = 0
                while place < list.items.count, !writer.isFull {
                    if place > 0 { writer.text += ", " }
                    try write(list.items[place], to: &writer)
                    place += 1
                }
            }
        case .record:
            try nested(object, "(", ")", &writer) { writer in
                let record = unsafeDowncast(object, to: RecordObject.self)
                var place = 0
                while place < record.count, !writer.isFull {
                    if place > 0 { writer.text += ", " }
                    let name = record.names[place]
                    if isPlainName(name) { writer.text += name } else { try write(name, to: &writer) }
                    writer.text += "="
                    try write(record.values[place], to: &writer)
                    place += 1
                }
            }
        case .range:
            let range = unsafeDowncast(object, to: RangeObject.self)
            writer.text += numberText(range.start) + (range.isInclusive ? "..." : "..<")
            if let end = range.end { writer.text += numberText(end) }
        case .function:
            let function = unsafeDowncast(object, to: FunctionObject.self)
            writer.text += writer.path.isEmpty ? function.source : shortSource(function)
        case .native: writer.text += unsafeDowncast(object, to: NativeFunction.self).signature
        case .bound:
            let bound = unsafeDowncast(object, to: BoundMethod.self)
            writer.text += writer.path.isEmpty ? bound.function.source : shortSource(bound.function)
        case .type:
            let type = unsafeDowncast(object, to: TypeObject.self)
            writer.text += writer.path.isEmpty ? type.source : "type \(type.parameters.signature(type.name))"
        case .instance: try write(unsafeDowncast(object, to: Instance.self), to: &writer)
        case .foreign:
            let foreign = unsafeDowncast(object, to: ForeignValue.self)
            try append(try withoutFileCode { try foreign.line(self) } ?? foreign.typeName, to: &writer.text)
        case .cell, .iterator, .unassigned: writer.text += "nothing"
        }
    }

    /// A string in quotes.
    private func write(_ string: String, to writer: inout LineWriter) throws {
        writer.text += "\""
        if string.utf8.count <= min(writer.room, 1 << 16) {
            appendQuoted(string[...], to: &writer.text)
        } else {
            try string.shortened(toBytes: writer.room).forEachBlock { block in
                try checkInterrupt()
                appendQuoted(block, to: &writer.text)
                try ask(for: &writer)
            }
        }
        writer.text += "\""
    }

    /// Asks the memory budget for what was written since the last time.
    private func ask(for writer: inout LineWriter) throws {
        let size = writer.text.utf8.count
        try reserveGrowth(from: writer.asked, by: size - writer.asked, for: "this text")
        writer.asked = size
    }

    /// A function inside a list: its source when that is one line, else its head.
    private func shortSource(_ function: FunctionObject) -> String {
        let source = function.source
        if !source.contains("\n") { return source }
        return function.parameters.signature(function.name ?? "")
    }

    /// `Point(x=3, y=16)`: the type with the parameters it keeps as
    /// plain values, or what its method `line()` gives.
    private func write(_ instance: Instance, to writer: inout LineWriter) throws {
        if let shown = try shown(instance, by: "line") {
            return try append(try line(shown), to: &writer.text)
        }
        writer.text += instance.type.name
        try nested(instance, "(", ")", &writer) { writer in
            var isFirst = true
            for parameter in instance.type.parameters {
                guard let value = instance.field(named: parameter.name), isPlain(value), !writer.isFull else {
                    continue
                }
                if !isFirst { writer.text += ", " }
                isFirst = false
                writer.text += "\(parameter.name)="
                try write(value, to: &writer)
            }
        }
    }

    private func isPlain(_ value: Value) -> Bool {
        guard case .object(let object) = value else { return true }
        switch object.kind {
        case .string, .range, .list, .record: return true
        default: return false
        }
    }

    private func nested(
        _ object: Object, _ open: String, _ close: String, _ writer: inout LineWriter,
        _ body: (inout LineWriter) throws -> Void
    ) throws {
        let identity = ObjectIdentifier(object)
        if writer.path.count >= Self.nestingLimit || writer.path.contains(identity) {
            writer.text += "\(open)...\(close)"
            return
        }
        writer.path.append(identity)
        writer.text += open
        try body(&writer)
        writer.text += close
        writer.path.removeLast()
    }

    private func isPlainName(_ name: String) -> Bool {
        guard name.utf8.count < 1000, let first = name.first, first.isLetter || first == "_" else {
            return false
        }
        return name.allSatisfy { $0.isLetter || $0.isNumber || $0 == "_" }
    }
}

/// A text as a script would write it, with its quotes; only the beginning of a text that is too long for a message.
public func quotedText(_ text: String) -> String {
    var quoted = "\""
    appendQuoted(text.shortened(toBytes: 5000)[...], to: &quoted)
    return quoted + "\""
}

private func appendQuoted(_ text: Substring, to quoted: inout String) {
    let isPlain = text.utf8.allSatisfy { byte in
        byte >= 0x20 && byte < 0x7f && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\")
            && byte != UInt8(ascii: "{")
    }
    if isPlain {
        quoted += text
        return
    }
    for scalar in text.unicodeScalars {
        switch scalar {
        case "\"": quoted += "\\\""
        case "\\": quoted += "\\\\"
        case "\n": quoted += "\\n"
        case "\t": quoted += "\\t"
        case "{": quoted += "\\{"
        case _ where TextWidth.isHarmful(scalar):
            quoted += "\\u{\(String(scalar.value, radix: 16))}"
        default: quoted.unicodeScalars.append(scalar)
        }
    }
}

extension Value {
    /// What messages call the kind of a value: "number", "list", or a type's name.
    public var typeName: String {
        switch self {
        case .nilValue: "nil"
        case .bool: "bool"
        case .number: "number"
        case .object(let object):
            switch object.kind {
            case .string: "string"
            case .list: "list"
            case .record: "record"
            case .range: "range"
            case .function, .native, .bound: "function"
            case .type: "type"
            case .instance: unsafeDowncast(object, to: Instance.self).type.name
            case .foreign: unsafeDowncast(object, to: ForeignValue.self).typeName
            case .cell, .iterator, .unassigned: "nothing"
            }
        }
    }
}
