// `x[i]`, `x[a...b]`, `x["name"]`, and what is set there. Indices start at 0, negative ones
// count from the end, a range gives a slice.

import SegSyntax
import SegSystem

extension Interpreter {
    /// A place in a collection of `count` elements, counted from the end when negative.
    func place(_ key: Value, count: Int, of collection: Value) throws -> Int {
        guard let number = try number(from: key) else {
            var help: String?
            if case .bool = key { help = library.hints.purposes[.listMask] }
            if let name = key.asString { help = helpForEntryOfEach(collection, name) }
            throw Failure(
                .type, "a \(collection.typeName) is indexed by a number or a range, not by \(describe(key))",
                help: help, notes: ["", key.typeName])
        }
        guard let index = Int(exactly: number) else {
            throw Failure(
                .index, "index \(numberText(number)) is not a whole number", notes: ["", numberText(number)])
        }
        let place = index < 0 ? index + count : index
        guard place >= 0, place < count else {
            var unit = collection.asString == nil ? "element" : "character"
            if collection.asInstance?.type.isCallable == true, let objectHook { unit = objectHook.noun }
            let what = plural(count, unit)
            throw Failure(
                .index, "index \(index) is out of range: the \(collection.typeName) has \(what)",
                help: count == 0 ? nil : "it goes from 0 to \(count - 1), or from -\(count) to -1",
                notes: ["\(what)", "\(index)"])
        }
        return place
    }

    /// The places that a range denotes in a collection of `count` elements; places past the ends
    /// are left out.
    public func slice(_ range: RangeObject, count: Int) throws -> Range<Int> {
        func whole(_ number: Double) throws -> Int {
            guard let index = Int(exactly: number) else {
                throw Failure(.index, "a slice needs whole numbers, got \(numberText(number))")
            }
            return index
        }
        var start = try whole(range.start)
        if start < 0 { start += count }
        guard let last = range.end else { return min(max(0, start), count)..<count }
        var end = try whole(last)
        if end < 0 { end += count }
        if range.isInclusive { end += 1 }
        start = min(max(0, start), count)
        return start..<max(start, min(max(0, end), count))
    }

    /// `collection[keys]`.
    public func get(_ collection: Value, _ keys: [IndexKey]) throws -> Value {
        if let foreign = collection.asForeign {
            if let result = try foreign.get(keys, self) { return result }
            throw Failure(.type, "\(describe(collection)) cannot be indexed")
        }
        guard keys.count == 1, case .value(let key) = keys[0] else { throw manyKeys(collection, keys) }
        return try get(collection, key)
    }

    func get(_ collection: Value, _ key: Value) throws -> Value {
        try checkInterrupt()
        guard case .object(let object) = collection else { throw notIndexable(collection) }
        switch object.kind {
        case .list:
            let list = unsafeDowncast(object, to: ListObject.self)
            if let range = key.asRange {
                let places = try slice(range, count: list.items.count)
                try reserve(elements: places.count, for: "this list")
                var items: [Value] = []
                items.reserveCapacity(places.count)
                try pieces(places.count) { part in
                    items +=
                        list.items[
                            (places.lowerBound + part.lowerBound)..<(places.lowerBound + part.upperBound)]
                }
                return .list(items)
            }
            return list.items[try place(key, count: list.items.count, of: collection)]
        case .record:
            let record = unsafeDowncast(object, to: RecordObject.self)
            if let range = key.asRange {
                let part = RecordObject()
                try add(record, try slice(range, count: record.count), to: part)
                return .object(part)
            }
            guard let name = key.asString else {
                return record.values[try place(key, count: record.count, of: collection)]
            }
            guard let value = record[name] else { throw missingEntry(name, record) }
            return value
        case .string: return try character(unsafeDowncast(object, to: StringObject.self), key, collection)
        case .range:
            let range = unsafeDowncast(object, to: RangeObject.self)
            let count = try count(of: range)
            if let part = key.asRange {
                let places = try slice(part, count: count)
                return .object(
                    RangeObject(
                        start: range.start + Double(places.lowerBound),
                        end: range.start + Double(places.upperBound),
                        isInclusive: false))
            }
            return .number(range.start + Double(try place(key, count: count, of: collection)))
        case .instance: return try get(unsafeDowncast(object, to: Instance.self), key, collection)
        case .foreign: return try get(collection, [.value(key)])
        default: throw notIndexable(collection)
        }
    }

    private func character(_ string: StringObject, _ key: Value, _ collection: Value) throws -> Value {
        if string.isSimple {
            let bytes = string.text.utf8
            if let range = key.asRange {
                let places = try slice(range, count: bytes.count)
                try reserve(places.count, for: "this string")
                let start = bytes.index(bytes.startIndex, offsetBy: places.lowerBound)
                return .string(String(string.text[start..<bytes.index(start, offsetBy: places.count)]))
            }
            let place = try place(key, count: bytes.count, of: collection)
            return .string(String(string.text[bytes.index(bytes.startIndex, offsetBy: place)]))
        }
        let count = try characterCount(string)
        if let range = key.asRange {
            let part = try characters(try slice(range, count: count), of: string.text)
            try reserve(part.utf8.count, for: "this string")
            return .string(String(part))
        }
        let place = try place(key, count: count, of: collection)
        return .string(String(try characters(place..<place + 1, of: string.text)))
    }

    /// An object through its `at(i)`, else through its children: by number, range or name.
    private func get(_ instance: Instance, _ key: Value, _ collection: Value) throws -> Value {
        if let at = instance.type.method(named: "at") {
            let method = Value.object(BoundMethod(receiver: instance, function: at))
            guard let range = key.asRange else {
                var key = key
                if let number = try number(from: key), number < 0, let count = try count(instance) {
                    key = .number(Double(try place(key, count: count, of: collection)))
                }
                let value = try call(method, [key])
                return try objectHook?.element(value, of: instance) ?? value
            }
            guard let count = try count(instance) else {
                throw Failure(.type, "\(describe(collection)) has no count, so it cannot be sliced")
            }
            let places = try slice(range, count: count)
            if let part = try objectHook?.part(of: instance, places, self) { return part }
            return .list(try places.map { try call(method, [.number(Double($0))]) })
        }
        guard let children = instance.children else { throw notIndexable(collection) }
        if let range = key.asRange {
            return .list(Array(children.values[try slice(range, count: children.count)]))
        }
        guard let name = key.asString else {
            return children.values[try place(key, count: children.count, of: collection)]
        }
        guard let value = children[name] else {
            throw missingEntry(name, children, of: "the \(instance.type.name)")
        }
        return value
    }

    /// `collection[keys] = value`: the value to store in place of the collection.
    public func setting(_ collection: Value, _ keys: [IndexKey], to value: Value) throws -> Value {
        if let foreign = collection.asForeign {
            if let result = try foreign.setting(keys, to: value, self) { return result }
            throw Failure(.type, "the elements of \(describe(collection)) cannot be set")
        }
        guard keys.count == 1, case .value(let key) = keys[0] else { throw manyKeys(collection, keys) }
        return try setting(collection, key, to: value)
    }

    func setting(_ collection: Value, _ key: Value, to value: Value) throws -> Value {
        try checkInterrupt()
        guard case .object(let object) = collection else { throw notIndexable(collection) }
        switch object.kind {
        case .list:
            let list = unsafeDowncast(object, to: ListObject.self)
            if let range = key.asRange {
                let places = try slice(range, count: list.items.count)
                guard let items = try items(value) else {
                    throw Failure(.type, "a slice can be set only to a list, got \(describe(value))")
                }
                ReferenceCycles.note(list, holds: items)
                list.items.replaceSubrange(places, with: items)
            } else {
                let index = try place(key, count: list.items.count, of: collection)
                ReferenceCycles.note(list, holds: value)
                list.items[index] = value
            }
        case .record:
            let record = unsafeDowncast(object, to: RecordObject.self)
            if let name = key.asString {
                try setEntry(record, name, to: value)
            } else {
                record.setValue(value, at: try place(key, count: record.count, of: collection))
            }
        case .instance:
            let instance = unsafeDowncast(object, to: Instance.self)
            guard let children = instance.children else {
                guard instance.type.method(named: "at") != nil else { throw notIndexable(collection) }
                throw Failure(
                    .type, "the elements of a \(instance.type.name) cannot be set",
                    help: instance.columnNames.isEmpty ? nil : Self.rowsAnew(key.asString ?? "x"))
            }
            if instance.type.isCallable { try objectHook?.checkChild(value, of: instance, self) }
            if let name = key.asString {
                try setEntry(children, name, to: value)
            } else {
                children.setValue(value, at: try place(key, count: children.count, of: collection))
            }
        case .string:
            throw Failure(
                .type, "a string never changes; its characters cannot be set",
                help: "replace(text, old, new) gives a new one")
        case .foreign: return try setting(collection, [.value(key)], to: value)
        default: throw notIndexable(collection)
        }
        return collection
    }

    /// Sets an entry; a foreign value may take over properties of the old value.
    func setEntry(_ record: RecordObject, _ name: String, to value: Value) throws {
        if let foreign = value.asForeign, let old = record[name] {
            record[name] = foreign.replacing(old)
        } else {
            try set(name, of: record, to: value)
        }
    }

    func missingEntry(
        _ name: String, _ record: RecordObject, of owner: String = "the record"
    ) -> Failure {
        let near = nearestName(to: name, among: record.names)
        var help = near.map { "did you mean \(quotedText($0))?" }
        if help == nil, record.count > 0, record.count <= 12 {
            help = "it has \(record.names.map(quotedText).joined(separator: ", "))"
        }
        return Failure(.index, "\(owner) has no entry \(quotedText(name))", help: help)
    }

    /// Help for a table, whose columns cannot be set.
    static func rowsAnew(_ column: String) -> String {
        "make its rows anew: Table(map(t.rows, r -> (...r, \(column)=…)))"
    }

    private func notIndexable(_ collection: Value) -> Failure {
        if let instance = collection.asInstance {
            return Failure(.type, "a \(instance.type.name) cannot be indexed", help: fieldList(instance))
        }
        let help = isCallable(collection) ? "a call is written with ( )" : nil
        return Failure(.type, "\(describe(collection)) cannot be indexed", help: help)
    }

    private func manyKeys(_ collection: Value, _ keys: [IndexKey]) -> Failure {
        guard case .object = collection else { return notIndexable(collection) }
        let help =
            collection.asList == nil
            ? nil
            : (["a list of lists is indexed as x[i][j]"]
                + [library.hints.purposes[.severalIndices]]
                .compactMap { $0 }).joined(separator: "; ")
        if keys.count == 1 {
            return Failure(
                .type, "`:` is a whole axis, and \(describe(collection)) has no axes",
                help: "x[0...] is all of it")
        }
        return Failure(.index, "a \(collection.typeName) takes one index, got \(keys.count)", help: help)
    }
}
