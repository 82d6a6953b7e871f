// `x in xs` and `x is T`: what a value contains, and which type it has.

import SegSyntax
import SegSystem

extension Interpreter {
    // MARK: in

    /// `element in collection`: an element of a list or range, or of an object with `at(i)` and `count` or
    /// with children; an entry's name of a record; a part of a string; a foreign value's own rule.
    /// Nil where the value cannot be searched.
    public func contains(_ collection: Value, _ element: Value) throws -> Bool? {
        guard case .object(let object) = collection else { return nil }
        switch object.kind {
        case .list:
            // The loop reads the list again each time: `equal` may run code of the script.
            let list = unsafeDowncast(object, to: ListObject.self)
            var place = 0
            while place < list.items.count {
                if try equal(list.items[place], element) { return true }
                place += 1
                if place & 0xfff == 0 { try checkInterrupt() }
            }
            return false
        case .range: return try contains(unsafeDowncast(object, to: RangeObject.self), element)
        case .record:
            guard let name = element.asString else {
                throw wrongElement("the names of a record are strings", element, collection)
            }
            return unsafeDowncast(object, to: RecordObject.self).position(of: name) != nil
        case .string:
            guard let part = element.asString else {
                throw wrongElement("a part of a string is a string", element, collection)
            }
            return try unsafeDowncast(object, to: StringObject.self).text.find(
                part, interrupted: checkInterrupt)
                != nil
        case .instance: return try contains(unsafeDowncast(object, to: Instance.self), element)
        case .foreign:
            return try unsafeDowncast(object, to: ForeignValue.self).contains(element, self)
        default: return nil
        }
    }

    /// The operator.
    func isIn(_ element: Value, _ collection: Value) throws -> Bool {
        guard let found = try contains(collection, element) else {
            throw holdsNothing(element, collection)
        }
        return found
    }

    /// Whether a number is among those that a range gives, its start and whole steps from there.
    private func contains(_ range: RangeObject, _ element: Value) throws -> Bool {
        guard let number = try number(from: element) else { return false }
        let steps = number - range.start
        guard steps >= 0, steps == steps.rounded(.down) else { return false }
        guard let end = range.end else { return true }
        return range.isInclusive ? number <= end : number < end
    }

    /// An object is searched as it is indexed. One with `next()` is not: the search would consume it.
    private func contains(_ instance: Instance, _ element: Value) throws -> Bool? {
        let isIndexed = instance.type.method(named: "at") != nil || instance.children != nil
        guard isIndexed, instance.type.method(named: "next") == nil,
            let next = try iterator(.object(instance))
        else { return nil }
        while let item = try next() {
            try checkInterrupt()
            if try equal(item, element) { return true }
        }
        return false
    }

    private func holdsNothing(_ element: Value, _ collection: Value) -> Failure {
        var help: String?
        if case .number(let end) = collection { help = "a range has two ends: 0..<\(numberText(end))" }
        return Failure(
            .type,
            "`in` needs a list, range, record, string or other collection, got \(describe(collection))",
            help: help, notes: ["", collection.typeName])
    }

    private func wrongElement(_ rule: String, _ element: Value, _ collection: Value) -> Failure {
        Failure(
            .type, "\(rule), got \(describe(element))", notes: [element.typeName, collection.typeName])
    }

    // MARK: is

    /// The kinds of values that are not objects of a `type`, as `type_of` and `is` name them.
    private static let kinds = [
        "nil", "bool", "number", "string", "list", "record", "range", "function", "type",
    ]

    /// Whether a name is that of a built-in kind of values, one of the library's included.
    func isKind(_ name: String) -> Bool { Self.kinds.contains(name) || library.kinds.contains(name) }

    /// The names of all built-in kinds.
    public var kindNames: [String] { Self.kinds + library.kinds }

    /// `value is kind`.
    func isOfKind(_ value: Value, _ kind: String) -> Bool {
        if case .object(let object) = value, object.kind == .instance { return false }
        return value.typeName == kind
    }

    /// `value is type`. A type that was loaded from a file is the same as one of the same name and text.
    func isOfType(_ value: Value, _ type: Value) throws -> Bool {
        guard case .object(let object) = type, object.kind == .type else {
            throw Failure(
                .type, "`is` needs a type on its right, got \(describe(type))",
                help: "values are compared by `==`", notes: ["", type.typeName])
        }
        guard let own = value.asInstance?.type else { return false }
        let wanted = unsafeDowncast(object, to: TypeObject.self)
        return own === wanted || own.name == wanted.name && own.source == wanted.source
    }

    /// Types of other languages, and their names in seg.
    private static let habits = [
        "int": "number", "float": "number", "double": "number", "str": "string", "text": "string",
        "dict": "record", "map": "record", "array": "list", "tuple": "list", "boolean": "bool",
        "None": "nil", "null": "nil", "callable": "function",
    ]

    /// The type that an unknown name probably means: a kind, or one of `names` with a capital letter.
    func typeHelp(for name: String, among names: [String]) -> String? {
        let types = kindNames + names.filter { $0.first?.isUppercase ?? false }
        return (Self.habits[name] ?? nearestName(to: name, among: types)).map { "did you mean `\($0)`?" }
    }
}

extension String {
    /// The first place of another text.
    public func find(_ wanted: String) -> Range<String.Index>? { find(wanted, interrupted: {}) }

    /// The place of the first occurrence of a text, byte by byte; the start for an empty one.
    public func find(_ wanted: String, interrupted: () throws -> Void) rethrows -> Range<String.Index>? {
        let needle = Array(wanted.utf8)
        if needle.isEmpty { return startIndex..<startIndex }
        let bytes = Array(utf8)
        var (place, work) = (0, 0)
        while place + needle.count <= bytes.count {
            var same = 0
            while same < needle.count, bytes[place + same] == needle[same] {
                same += 1
                work += 1
                if work & 0xfffff == 0 { try interrupted() }
            }
            if same == needle.count {
                let start = utf8.index(utf8.startIndex, offsetBy: place)
                return start..<utf8.index(start, offsetBy: same)
            }
            place += 1
            work += 1
            if work & 0xfffff == 0 { try interrupted() }
        }
        return nil
    }
}
