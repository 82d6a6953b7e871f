// `x.name`: entries, fields, methods, children, settings, and members of foreign values.

import SegSyntax
import SegSystem

extension Interpreter {
    /// The member, or nil where there is none; the machine then looks for a function.
    public func member(_ value: Value, _ name: String) throws -> Value? {
        guard case .object(let object) = value else { return nil }
        switch object.kind {
        case .record: return unsafeDowncast(object, to: RecordObject.self)[name]
        case .instance:
            let instance = unsafeDowncast(object, to: Instance.self)
            if let slot = instance.type.fieldSlots[name] {
                let field = instance.slots[slot]
                if field.isUnassigned {
                    throw Failure(.name, "the field \(name) of \(instance.type.name) has no value yet")
                }
                return field
            }
            if let method = instance.type.method(named: name) {
                return .object(BoundMethod(receiver: instance, function: asRead(method)))
            }
            if let part = instance.children?[name] ?? instance.settings?[name] { return part }
            return try objectHook?.member(name, of: instance, self)
        case .foreign: return try unsafeDowncast(object, to: ForeignValue.self).member(name, self)
        case .function:
            let function = unsafeDowncast(object, to: FunctionObject.self)
            return functionMember(
                name, of: function.name, source: function.source, doc: function.doc, function.parameters)
        case .bound:
            let function = unsafeDowncast(object, to: BoundMethod.self).function
            return functionMember(
                name, of: function.name, source: function.source, doc: function.doc, function.parameters)
        case .native:
            let native = unsafeDowncast(object, to: NativeFunction.self)
            return functionMember(
                name, of: native.name, source: native.signature, doc: native.native.doc, native.parameters)
        case .type:
            let type = unsafeDowncast(object, to: TypeObject.self)
            if let method = type.method(named: name) { return .object(asRead(method)) }
            return functionMember(name, of: type.name, source: type.source, doc: type.doc, type.parameters)
        case .range:
            let range = unsafeDowncast(object, to: RangeObject.self)
            switch name {
            case "start": return .number(range.start)
            case "end": return range.end.map { .number($0) } ?? .nilValue
            default: return nil
            }
        default: return nil
        }
    }

    /// A method as a value: one that code of a file reads has no hands.
    private func asRead(_ method: FunctionObject) -> FunctionObject {
        runningOrigin.map { method.from($0) } ?? method
    }

    private func functionMember(
        _ member: String, of name: String?, source: String, doc: String?, _ parameters: [ParameterInfo]
    ) -> Value? {
        switch member {
        case "source": .string(source)
        case "doc": doc.map { .string($0) } ?? .nilValue
        case "name": name.map { .string($0) } ?? .nilValue
        case "parameters": .list(parameters.map { .string($0.name) })
        default: nil
        }
    }

    /// The names of a value's members, for completion and for the nearest name in errors.
    public func memberNames(_ value: Value) -> [String] {
        guard case .object(let object) = value else { return [] }
        switch object.kind {
        case .record: return unsafeDowncast(object, to: RecordObject.self).names
        case .instance:
            let instance = unsafeDowncast(object, to: Instance.self)
            return instance.namesOfFields + instance.type.methodNames
                + (objectHook?.memberNames(of: instance) ?? [])
        case .foreign: return unsafeDowncast(object, to: ForeignValue.self).memberNames
        case .function, .native, .bound: return ["source", "doc", "name", "parameters"]
        case .type:
            return unsafeDowncast(object, to: TypeObject.self).methodNames + [
                "source", "doc", "name", "parameters",
            ]
        case .range: return ["start", "end"]
        default: return []
        }
    }

    /// `value.name = new`: the value to store in place of the old one.
    public func settingMember(_ value: Value, _ name: String, to new: Value) throws -> Value {
        guard case .object(let object) = value else { throw noMembers(value, name) }
        switch object.kind {
        case .record: try setEntry(unsafeDowncast(object, to: RecordObject.self), name, to: new)
        case .instance:
            let instance = unsafeDowncast(object, to: Instance.self)
            if instance.setField(named: name, to: new) { break }
            if instance.type.methodSlots[name] != nil {
                throw Failure(
                    .name, "\(name) is a method of \(instance.type.name); methods cannot be replaced",
                    help: "a field that holds a function can")
            }
            if let children = instance.children, children[name] != nil {
                if instance.type.isCallable { try objectHook?.checkChild(new, of: instance, self) }
                try setEntry(children, name, to: new)
                break
            }
            if let settings = instance.settings, settings[name] != nil {
                try setEntry(settings, name, to: new)
                break
            }
            if instance.columnNames.contains(name) {
                throw Failure(
                    .name, "\(name) is a column of the \(instance.type.name), which cannot be set",
                    help: Self.rowsAnew(name))
            }
            let near = nearestName(to: name, among: instance.namesOfFields)
            throw Failure(
                .name, "\(instance.type.name) has no field \(name)",
                help: near.map { "did you mean \($0)?" } ?? library.hints.help(forMember: name)
                    ?? fieldList(instance))
        case .foreign:
            if let result = try unsafeDowncast(object, to: ForeignValue.self).settingMember(
                name, to: new, self)
            {
                return result
            }
            let near = nearestName(to: name, among: memberNames(value))
            throw Failure(
                .name, "\(name) of a \(value.typeName) cannot be set",
                help: near.map { "did you mean \($0)?" })
        default: throw noMembers(value, name)
        }
        return value
    }

    private func noMembers(_ value: Value, _ name: String) -> Failure {
        Failure(
            .type, "\(describe(value)) has no members that can be set",
            help: "records and objects have: (\(name)=…)")
    }

    func fieldList(_ instance: Instance) -> String? {
        let names = instance.fieldNames + (instance.settings?.names ?? [])
        return names.isEmpty || names.count > 12 ? nil : "its fields are \(names.joined(separator: ", "))"
    }

    /// The error for a member that does not exist and has no function in its place.
    func missingMember(_ value: Value, _ name: String, functions: [String] = [], isCall: Bool) -> Failure {
        let what: String
        switch value {
        case .object(let object) where object.kind == .record: what = "the record has no entry \(name)"
        case .object(let object) where object.kind == .instance:
            what = "\(value.typeName) has no field or method \(name)"
        case .nilValue: what = "nil has no member \(name)"
        default: what = "\(describe(value)) has no member \(name)"
        }
        if let help = value.asForeign?.help(forMissing: name) { return Failure(.name, what, help: help) }
        if let object = value.asInstance, let help = objectHook?.help(forMissing: name, of: object) {
            return Failure(.name, what, help: help)
        }
        if !isCall, !value.isNil, library.hints.help(forMember: name) == nil, functions.contains(name) {
            return Failure(
                .name, what,
                help: library.values.contains { $0.name == name }
                    ? "write \(name) alone" : "\(name) is a function: write .\(name)(…)")
        }
        if !isCall, let columns = value.asInstance?.columnNames,
            let column = columns.first(where: { $0.lowercased() == name.lowercased() })
        {
            return Failure(.name, what, help: "it is a column: write .column(\(quotedText(column)))")
        }
        if !isCall, let help = helpForEntryOfEach(value, name) { return Failure(.name, what, help: help) }
        let members = memberNames(value)
        var help = help(inNamespace: value, name) ?? library.hints.help(forMember: name)
        if help == nil { help = nearestName(to: name, among: members).map { "did you mean \($0)?" } }
        if help == nil, isCall {
            help = nearestName(to: name, among: functions).map { "did you mean \($0)?" }
        }
        if help == nil, !members.isEmpty, members.count <= 12 {
            help = "it has \(members.joined(separator: ", "))"
        }
        let isUnknown = isCall && !library.contains(name)
        return Failure(.name, isUnknown ? "\(what), and there is no function \(name)" : what, help: help)
    }

    /// Help for an entry that is asked of a list of records instead of one of them.
    func helpForEntryOfEach(_ value: Value, _ name: String) -> String? {
        guard value.asList?.items.first?.asRecord?[name] != nil else { return nil }
        return library.hints.purposes[.entryOfEach]
    }

    /// Whether a value can be called.
    public func isCallable(_ value: Value) -> Bool {
        guard case .object(let object) = value else { return false }
        switch object.kind {
        case .function, .native, .bound, .type: return true
        case .instance: return unsafeDowncast(object, to: Instance.self).type.forward != nil
        case .foreign: return unsafeDowncast(object, to: ForeignValue.self).isCallable
        default: return false
        }
    }

    /// The parameters of something callable, for help and completion.
    public func parameters(of value: Value) -> [ParameterInfo]? {
        guard case .object(let object) = value else { return nil }
        switch object.kind {
        case .function: return unsafeDowncast(object, to: FunctionObject.self).parameters
        case .native: return unsafeDowncast(object, to: NativeFunction.self).parameters
        case .bound: return unsafeDowncast(object, to: BoundMethod.self).function.parameters
        case .type: return unsafeDowncast(object, to: TypeObject.self).parameters
        case .instance: return unsafeDowncast(object, to: Instance.self).type.forward?.parameters
        default: return nil
        }
    }

    /// Its documentation, where it has any.
    public func documentation(of value: Value) -> String? {
        guard case .object(let object) = value else { return nil }
        switch object.kind {
        case .function: return unsafeDowncast(object, to: FunctionObject.self).doc
        case .native: return unsafeDowncast(object, to: NativeFunction.self).native.doc
        case .bound: return unsafeDowncast(object, to: BoundMethod.self).function.doc
        case .type: return unsafeDowncast(object, to: TypeObject.self).doc
        case .instance: return unsafeDowncast(object, to: Instance.self).type.doc
        default: return nil
        }
    }

    /// `name(parameters)` of something callable.
    public func signature(of value: Value) -> String? {
        if case .object(let object) = value, object.kind == .native {
            return unsafeDowncast(object, to: NativeFunction.self).signature
        }
        return parameters(of: value).map { $0.signature(callableName(value)) }
    }
}
