// Which runs would be lost with the names that hold them: trainers with steps that no `save` has seen.

import SegRuntime

/// Runs as they were when they were last saved or loaded.
private final class SavedRuns {
    private struct Row {
        weak var run: Instance?
        var steps: Double
    }

    private var rows: [ObjectIdentifier: Row] = [:]

    func note(_ run: Instance) {
        rows = rows.filter { $0.value.run != nil }
        rows[ObjectIdentifier(run)] = Row(run: run, steps: UnsavedRun.steps(of: run))
    }

    /// The steps a run had when it was saved; nil if it never was.
    func steps(of run: Instance) -> Double? {
        guard let row = rows[ObjectIdentifier(run)], row.run === run else { return nil }
        return row.steps
    }
}

/// A run that was trained further than it was saved.
public struct UnsavedRun {
    /// The name it is reached by.
    public let name: String
    public let steps: Int
    /// Whether an earlier state of it was saved.
    public let wasSaved: Bool

    fileprivate static func steps(of run: Instance) -> Double { run.field(named: "steps")?.asNumber ?? 0 }
}

extension Interpreter {
    private var savedRuns: SavedRuns { attachment(SavedRuns.self) { SavedRuns() } }

    /// Notes the runs in a value that was saved or loaded just now.
    func noteSavedRuns(in value: Value) {
        for run in runs(in: value) { savedRuns.note(run) }
    }

    /// The unsaved runs that some of the user's names hold, and that no other name but `ans` holds.
    public func unsavedRuns(of names: [String]) -> [UnsavedRun] {
        let others = userNames().filter { !names.contains($0) && $0 != "ans" }
        let kept = Set(others.flatMap { self[$0].map { runs(in: $0) } ?? [] }.map { ObjectIdentifier($0) })
        var seen = kept
        var found: [UnsavedRun] = []
        for name in names {
            for run in self[name].map({ runs(in: $0) }) ?? []
            where seen.insert(ObjectIdentifier(run)).inserted {
                let steps = UnsavedRun.steps(of: run)
                let saved = savedRuns.steps(of: run)
                if steps > 0, saved != steps {
                    found.append(UnsavedRun(name: name, steps: Int(steps), wasSaved: saved != nil))
                }
            }
        }
        return found
    }

    /// The trainers in lists, records and fields of objects.
    private func runs(in value: Value) -> [Instance] {
        var pending = [value]
        var seen: Set<ObjectIdentifier> = []
        var found: [Instance] = []
        while let next = pending.popLast() {
            guard case .object(let object) = next, seen.insert(ObjectIdentifier(object)).inserted else {
                continue
            }
            switch object {
            case let list as ListObject: pending += list.items
            case let record as RecordObject: pending += record.values
            case let instance as Instance:
                if instance.type.name == "Trainer" {
                    found.append(instance)
                } else {
                    for place in 0..<instance.fieldCount {
                        instance.field(at: place).map { pending.append($0) }
                    }
                }
            default: break
            }
        }
        return found
    }
}
