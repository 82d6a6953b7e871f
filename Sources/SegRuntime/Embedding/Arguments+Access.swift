// Typed access to a native's arguments. An argument that does not fit is an error that names
// the function, the argument, the expected kind and the given value.

import SegSyntax

extension Arguments {
    public var count: Int { values.count }

    private func name(_ place: Int) -> String {
        place < native.parameters.count ? native.parameters[place].name : "argument \(place + 1)"
    }

    /// The error for an argument of the wrong sort: `wanted` as in "a list", "a number".
    public func wrong(_ place: Int, _ wanted: String, help: String? = nil) -> Failure {
        Failure(
            .type,
            "\(native.name): \(name(place)) should be \(wanted), got \(interpreter.describe(values[place]))",
            help: help, argument: place)
    }

    /// The error for an argument of the right sort that cannot be used: `problem` as in
    /// "is not positive".
    public func bad(_ place: Int, _ problem: String, help: String? = nil) -> Failure {
        Failure(.value, "\(native.name): \(name(place)) \(problem)", help: help, argument: place)
    }

    public func isNil(_ place: Int) -> Bool { values[place].isNil }

    /// A number, or a value that serves as one.
    public func number(_ place: Int) throws -> Double {
        if case .number(let number) = values[place] { return number }
        if let number = try interpreter.number(from: values[place]) { return number }
        throw wrong(place, "a number")
    }

    /// A whole number.
    public func integer(_ place: Int) throws -> Int {
        let number = try number(place)
        guard let integer = Int(exactly: number) else { throw wrong(place, "a whole number") }
        return integer
    }

    /// A whole number of at least `low`.
    public func integer(_ place: Int, atLeast low: Int) throws -> Int {
        let integer = try integer(place)
        if integer < low {
            throw wrong(place, low == 0 ? "a whole number, not negative" : "a whole number, at least \(low)")
        }
        return integer
    }

    /// `true` or `false`.
    public func bool(_ place: Int) throws -> Bool {
        if case .bool(let bool) = values[place] { return bool }
        throw wrong(place, "true or false")
    }

    public func string(_ place: Int) throws -> String {
        guard let string = values[place].asString else {
            // The path first, as some libraries have it.
            let isSwapped = place == 1 && native.parameters[1].name == "path" && values[0].asString != nil
            throw wrong(
                place, "a string",
                help: isSwapped
                    ? "the path comes second: \(native.name)(\(native.parameters[0].name), path)" : nil)
        }
        return string
    }

    public func optionalString(_ place: Int) throws -> String? { isNil(place) ? nil : try string(place) }

    /// The list itself, for natives that change it.
    public func list(_ place: Int) throws -> ListObject {
        guard let list = values[place].asList else { throw wrong(place, "a list") }
        return list
    }

    public func record(_ place: Int) throws -> RecordObject {
        guard let record = values[place].asRecord else { throw wrong(place, "a record") }
        return record
    }

    /// The elements of a list, range, record, string or other collection.
    public func items(_ place: Int) throws -> [Value] {
        guard let items = try interpreter.items(values[place], for: native.name) else {
            throw wrong(place, "a list or another collection")
        }
        return items
    }

    /// A list or range of plain numbers; nil where it is anything else.
    public func numbers(_ place: Int) throws -> [Double]? { try interpreter.numbers(values[place]) }

    /// A value that can be called.
    public func function(_ place: Int) throws -> Value {
        guard interpreter.isCallable(values[place]) else {
            // The function first, as some languages have it.
            let isSwapped = place > 0 && interpreter.isCallable(values[0])
            throw wrong(
                place, "a function",
                help: isSwapped
                    ? "the function comes after what it is for: \(native.name)(\(name(0)), \(name(place)))"
                    : nil)
        }
        return values[place]
    }

    /// The positional arguments that `...rest` collected.
    public func rest(_ place: Int) -> [Value] { values[place].asList?.items ?? [] }

    /// The named arguments that `...rest` collected, where there were any.
    public func namedRest(_ place: Int) -> RecordObject? { values[place].asRecord }
}

extension Value {
    public var asNumber: Double? {
        if case .number(let number) = self { return number }
        return nil
    }

    public var asString: String? {
        guard case .object(let object) = self, object.kind == .string else { return nil }
        return unsafeDowncast(object, to: StringObject.self).text
    }

    public var asList: ListObject? {
        guard case .object(let object) = self, object.kind == .list else { return nil }
        return unsafeDowncast(object, to: ListObject.self)
    }

    public var asRecord: RecordObject? {
        guard case .object(let object) = self, object.kind == .record else { return nil }
        return unsafeDowncast(object, to: RecordObject.self)
    }

    public var asRange: RangeObject? {
        guard case .object(let object) = self, object.kind == .range else { return nil }
        return unsafeDowncast(object, to: RangeObject.self)
    }

    public var asInstance: Instance? {
        guard case .object(let object) = self, object.kind == .instance else { return nil }
        return unsafeDowncast(object, to: Instance.self)
    }

    public var asForeign: ForeignValue? {
        guard case .object(let object) = self, object.kind == .foreign else { return nil }
        return unsafeDowncast(object, to: ForeignValue.self)
    }

    public static func record(_ entries: [(String, Value)]) -> Value { .object(RecordObject(entries)) }
}
