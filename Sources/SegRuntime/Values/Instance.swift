// Types and their objects. A type's parameters and the names its body assigns are the
// fields, the functions of its body the methods. Methods belong to the type and are bound
// on access, so that an object holds no reference cycle.

import SegSyntax

/// A `type` of a script: it makes its objects and holds their methods.
public final class TypeObject: Object {
    public let name: String
    public let fieldNames: [String]
    public let methodNames: [String]
    let fieldSlots: [String: Int]
    let methodSlots: [String: Int]
    /// The body: fills the fields of a new object.
    let constructor: FunctionObject
    let methods: [FunctionObject]
    let forward: FunctionObject?
    /// The slot of a field `children`, by which an object is iterated and indexed.
    let childrenSlot: Int?
    /// The slot of a field `settings`, whose entries are read and set as fields.
    let settingsSlot: Int?

    init(shape: TypeShape, constructor: FunctionObject, methods: [FunctionObject]) {
        name = shape.name
        fieldNames = shape.fieldNames
        methodNames = shape.methodNames
        fieldSlots = shape.fieldSlots
        methodSlots = shape.methodSlots
        self.constructor = constructor
        self.methods = methods
        forward = shape.methodSlots["forward"].map { methods[$0] }
        childrenSlot = shape.fieldSlots["children"]
        settingsSlot = shape.fieldSlots["settings"]
        super.init(kind: .type)
    }

    /// The file from which its code came; nil for the user's and the library's own.
    public var origin: FileOrigin? { constructor.origin }
    public var doc: String? { constructor.doc }
    /// The text of the whole definition.
    public var source: String { constructor.source }
    public var parameters: [ParameterInfo] { constructor.parameters }
    /// The function behind a method's name, not bound to any object.
    public func method(named name: String) -> FunctionObject? { methodSlots[name].map { methods[$0] } }
    /// Whether its objects can be called.
    public var isCallable: Bool { forward != nil }
}

/// The names of a type, known when it is compiled.
public final class TypeShape {
    let name: String
    let fieldNames: [String]
    let methodNames: [String]
    let fieldSlots: [String: Int]
    let methodSlots: [String: Int]

    init(name: String, fieldNames: [String], methodNames: [String]) {
        self.name = name
        self.fieldNames = fieldNames
        self.methodNames = methodNames
        fieldSlots = Dictionary(zip(fieldNames, fieldNames.indices), uniquingKeysWith: { first, _ in first })
        methodSlots = Dictionary(
            zip(methodNames, methodNames.indices), uniquingKeysWith: { first, _ in first })
    }
}

/// An object of a type.
public final class Instance: Object {
    public let type: TypeObject
    @usableFromInline let slots: UnsafeMutablePointer<Value>
    public let fieldCount: Int
    /// A mark for the library's use; copies keep it.
    @exclusivity(unchecked) public var isMarked = false
    /// A record of the library's beside the fields, which nothing changes; copies share it.
    @exclusivity(unchecked) public var attached: RecordObject?

    /// An object whose fields have no value yet.
    public init(type: TypeObject) {
        self.type = type
        fieldCount = type.fieldNames.count
        slots = UnsafeMutablePointer<Value>.allocate(capacity: max(1, fieldCount))
        slots.initialize(repeating: .unassigned, count: fieldCount)
        super.init(kind: .instance)
    }

    deinit {
        var pending: [Value] = []
        moveFields(to: &pending)
        releaseDeep(&pending)
        slots.deinitialize(count: fieldCount)
        slots.deallocate()
    }

    func moveFields(to pending: inout [Value]) {
        for slot in 0..<fieldCount where slots[slot].isContainer {
            pending.append(slots[slot])
            slots[slot] = .nilValue
        }
    }

    public var fieldNames: [String] { type.fieldNames }

    /// The value of a field by its place in `fieldNames`; nil while it has none.
    public func field(at place: Int) -> Value? {
        guard place >= 0, place < fieldCount, !slots[place].isUnassigned else { return nil }
        return slots[place]
    }

    /// The value of a field; nil where there is no such field or it has no value yet.
    public func field(named name: String) -> Value? { type.fieldSlots[name].flatMap { field(at: $0) } }

    /// Sets a field; a foreign value may take over properties of the old value.
    /// - Returns: false where the type has no such field.
    @discardableResult
    public func setField(named name: String, to value: Value) -> Bool {
        guard let slot = type.fieldSlots[name] else { return false }
        setField(at: slot, to: value)
        return true
    }

    public func setField(at slot: Int, to value: Value) {
        guard slot >= 0, slot < fieldCount else { return }
        ReferenceCycles.note(self, holds: value)
        if case .object(let object) = value, object.kind == .foreign {
            let old = slots[slot]
            slots[slot] = unsafeDowncast(object, to: ForeignValue.self)
                .replacing(old.isUnassigned ? .nilValue : old)
        } else {
            slots[slot] = value
        }
    }

    /// Sets a field unchanged, marks included; for `copy` and `load`.
    public func setFieldUnchanged(at slot: Int, to value: Value) {
        guard slot >= 0, slot < fieldCount else { return }
        ReferenceCycles.note(self, holds: value)
        slots[slot] = value
    }

    /// A method bound to this object.
    public func method(named name: String) -> Value? {
        type.method(named: name).map { .object(BoundMethod(receiver: self, function: $0)) }
    }

    /// The shortest path by which another object is reached from this one, from its end to its start. Nil where it is
    /// not below it.
    func path(to wanted: ObjectIdentifier) -> [String]? {
        var seen: Set<ObjectIdentifier> = [ObjectIdentifier(self)]
        var found: [(name: String, from: Int, object: Object)] = [("", -1, self)]
        var next = 0
        while next < found.count {
            let object = found[next].object
            if next > 0, ObjectIdentifier(object) == wanted {
                return Array(
                    sequence(first: next) { found[$0].from }.prefix { $0 > 0 }.map { found[$0].name })
            }
            let entries: [(String, Value)]
            switch object {
            case let instance as Instance:
                if let children = instance.children {
                    entries = Array(zip(children.names, children.values))
                } else {
                    entries = instance.fieldNames.compactMap { name in
                        instance.field(named: name).map { (name, $0) }
                    }
                }
            case let list as ListObject:
                entries = list.items.enumerated().map { ("\($0.offset)", $0.element) }
            case let record as RecordObject: entries = Array(zip(record.names, record.values))
            default: entries = []
            }
            for (name, value) in entries where value.isContainer {
                guard case .object(let inner) = value, seen.insert(ObjectIdentifier(inner)).inserted else {
                    continue
                }
                found.append((name, next, inner))
            }
            next += 1
        }
        return nil
    }

    /// The record `children` of a container, if there is one.
    public var children: RecordObject? { record(at: type.childrenSlot) }

    /// The record `settings`, whose entries are read and set as fields, where there is one.
    public var settings: RecordObject? { record(at: type.settingsSlot) }

    private func record(at slot: Int?) -> RecordObject? {
        guard let slot, case .object(let object) = slots[slot], object.kind == .record else { return nil }
        return unsafeDowncast(object, to: RecordObject.self)
    }

    /// The columns of an object of rows, such as a table.
    public var columnNames: [String] { field(named: "columns")?.asList?.items.compactMap(\.asString) ?? [] }

    /// The names of its fields, and of the children and settings that can be read like fields.
    var namesOfFields: [String] { fieldNames + (children?.names ?? []) + (settings?.names ?? []) }
}

/// Marks a variable or field that has no value yet.
final class UnassignedMark: Object {
    nonisolated(unsafe) static let shared = UnassignedMark()
    private init() { super.init(kind: .unassigned) }
}

extension Value {
    static var unassigned: Value { .object(UnassignedMark.shared) }

    @inline(__always) var isUnassigned: Bool {
        if case .object(let object) = self { return object.kind == .unassigned }
        return false
    }
}
