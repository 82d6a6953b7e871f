// Follows a chain of names, members and literal indices to its value without running
// anything: no calls, no methods, no computing. For completion and `?a.b`.

import SegLibrary
import SegRuntime
import SegSyntax

struct PathResolver {
    let interpreter: Interpreter

    /// The value at a path; nil if there is none, or if code would have to run.
    func value(of path: CompletionContext.Path) -> Value? {
        guard let steps = path.steps, !steps.isEmpty else { return nil }
        return value(of: steps[...])
    }

    func value(of steps: ArraySlice<CompletionContext.Step>) -> Value? {
        guard case .name(let name)? = steps.first,
            var value = try? interpreter.value(named: name)
        else { return nil }
        for step in steps.dropFirst() {
            guard let next = follow(step, from: value) else { return nil }
            value = next
        }
        return value
    }

    /// The fields of the library's types whose elements are those of the object.
    private static let elements = ["History": "epochs", "Table": "rows"]

    func follow(_ step: CompletionContext.Step, from value: Value) -> Value? {
        switch step {
        case .name, .call, .index: return nil
        case .member(let name): return (try? interpreter.member(value, name)) ?? nil
        case .label(let label):
            if let record = record(of: value) { return record[label] }
            return nil
        case .position(let place):
            guard case .object(let object) = value else { return nil }
            switch object {
            case let list as ListObject:
                let at = place < 0 ? place + list.items.count : place
                return list.items.indices.contains(at) ? list.items[at] : nil
            case let foreign as ForeignValue:
                return (try? foreign.get([.value(.number(Double(place)))], interpreter)) ?? nil
            case let instance as Instance where Self.elements[instance.type.name] != nil:
                guard let field = Self.elements[instance.type.name], interpreter[instance.type.name] == nil,
                    let list = instance.field(named: field)
                else { return nil }
                return follow(step, from: list)
            default:
                guard let record = record(of: value) else { return nil }
                let at = place < 0 ? place + record.count : place
                return record.values.indices.contains(at) ? record.value(at: at) : nil
            }
        }
    }

    private func record(of value: Value) -> RecordObject? {
        guard case .object(let object) = value else { return nil }
        return object as? RecordObject ?? (object as? Instance)?.children
    }

    /// The labels for the brackets after a path: a record's names, a tensor's
    /// labels. A data set's counts are labelled by its classes, which needs no counting.
    func labels(of path: CompletionContext.Path) -> [String] {
        guard let steps = path.steps else { return [] }
        if steps.last == .member("counts"), let owner = value(of: steps.dropLast()),
            case .object(let object) = owner, object is ForeignValue,
            let classes = try? interpreter.member(owner, "classes")
        {
            return strings(classes)
        }
        guard let value = value(of: path) else { return [] }
        if let record = record(of: value) { return record.names }
        guard case .object(let object) = value, object is ForeignValue,
            let labels = try? interpreter.member(value, "labels")
        else { return [] }
        return strings(labels)
    }

    /// The strings of a list, and of the lists in it.
    private func strings(_ value: Value) -> [String] {
        guard case .object(let object) = value, let list = object as? ListObject else { return [] }
        return list.items.flatMap { item in item.asString.map { [$0] } ?? strings(item) }
    }
}
