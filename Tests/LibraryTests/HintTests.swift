// The table of what seg has instead of names of Python, PyTorch, NumPy and matplotlib: each row is reached, and
// names what exists.

import SegSyntax
import Testing

@testable import SegLibrary
@testable import SegRuntime

@Suite struct HintTests {
    private let interpreter = Interpreter.standard()
    private let hints = Hints.standard

    /// Placeholders for what a user has: any function, model, tensor, list, record or data set.
    private let placeholders: Set<String> = ["f", "m", "Name", "forward"]

    @Test func eachRowNamesWhatExists() throws {
        let vocabulary = try Vocabulary(interpreter)
        for (form, habit) in hints.habits {
            let faults = vocabulary.faults(in: habit.text, bound: placeholders, checksLooseOptions: true)
            #expect(faults.isEmpty, "\(form): \(faults.map(\.fault).joined(separator: ", "))")
        }
    }

    /// A name that the library has, or a member that is a function of it, would never need its row.
    @Test func rowsAreReached() throws {
        let torch = try #require(try interpreter.libraryValue("torch"))
        let ofTorch = Set(interpreter.memberNames(torch))
        for (form, habit) in hints.habits {
            if form.hasSuffix(":") { continue }
            if form.hasSuffix("()") {
                // What another library gives by position is an argument too many here, or leaves others missing.
                let name = form.dropLast(2)
                let found = ["\(name)([1], lr=1)", "\(name)([1])"].flatMap {
                    interpreter.check(Source(name: "hint", text: "x = \($0)"))
                }
                #expect(found.contains { $0.help?.hasPrefix(habit.text) ?? false }, "\(form)")
                continue
            }
            if form.hasPrefix(".") {
                let name = String(form.dropFirst())
                // Such a member is reached on a name that does not exist, too.
                let unknown = interpreter.check(Source(name: "hint", text: "x = zzzzzz\(form)"))
                #expect(unknown.contains { $0.help == habit.text }, "\(form) of an unknown name")
                let isField = ["grad", "type", "int", "float", "bool"].contains(name)
                #expect(
                    isField || !interpreter.library.contains(name), "\(form) is a function of the library")
                continue
            }
            if let name = form.split(separator: ".").dropFirst().first, form.hasPrefix("torch.") {
                #expect(!ofTorch.contains(String(name)), "\(form) is an entry of torch")
                continue
            }
            let first = String(form.prefix { $0 != "." })
            #expect(!interpreter.library.contains(first), "\(form) exists in the library")
            let found = interpreter.check(Source(name: "hint", text: "x = \(form)(1)"))
            #expect(
                found.contains { $0.help == habit.text }, "\(form): \(found.map { $0.help ?? "no help" })")
        }
    }

    @Test func modulesAndNamespacesExist() {
        for (other, module) in hints.modules {
            #expect(hints.habits[module] != nil || module == "optim", "\(other)")
            #expect(hints.habits[other] == nil, "\(other) has a row that its other name hides")
        }
        for namespace in hints.namespaces { #expect(interpreter.library.contains(namespace)) }
    }

    /// Each other name of an argument leads to one that a function of the library or an entry of torch has.
    @Test func argumentsExist() throws {
        var taken: Set<String> = []
        for name in interpreter.library.names {
            guard let value = try interpreter.libraryValue(name) else { continue }
            taken.formUnion(interpreter.parameters(of: value)?.map(\.name) ?? [])
            for member in interpreter.memberNames(value) {
                let inner = try interpreter.member(value, member)
                taken.formUnion(inner.flatMap { interpreter.parameters(of: $0) }?.map(\.name) ?? [])
            }
        }
        for (other, names) in hints.arguments {
            for name in names {
                #expect(taken.contains(name), "\(other): \(name)= is an argument of nothing")
            }
            #expect(hints.habits[other + ":"] == nil, "\(other) has two rows")
        }
    }
}
