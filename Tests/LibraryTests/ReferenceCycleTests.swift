// Values that refer to each other in a cycle are released, and nothing that a script can still reach.

import SegLibrary
import SegSystem
import Testing

@testable import SegRuntime

@Suite(.serialized) struct ReferenceCycleTests {
    /// How many tracked objects a script leaves after a last search, where one comes with every store of an object.
    private func tracked(after script: String, from tracked: Int = 1) throws -> Int {
        let interpreter = Interpreter.standard()
        var printed = ""
        interpreter.output = { printed += $0 }
        let before = ReferenceCycles.trackedCount
        interpreter.releaseCycles(from: tracked)
        defer { ReferenceCycles.stop() }
        _ = try interpreter.run(script)
        _ = ReferenceCycles.release()
        #expect(printed == "")
        return ReferenceCycles.trackedCount - before
    }

    @Test(arguments: [
        "f() = {\n    even(k) = if k == 0 { true } else { odd(k - 1) }\n    odd(k) = if k == 0 { false } else { even(k - 1) }\n    even(4)\n}",
        "f() = {\n    r = (a=1)\n    r.me = r\n}",
        "f() = {\n    l = []\n    push(l, [l])\n}",
        "f() = {\n    l = [1]\n    l[0] = (of=l)\n}",
        "f() = {\n    l = []\n    g = () -> l\n    l += [g]\n}",
        "type Node(parent) {\n    children = []\n    root() = if parent == nil { self } else { parent.root() }\n}\n"
            + "f() = {\n    top = Node(nil)\n    push(top.children, Node(top))\n    top.children[0].root()\n}",
        "type Node(next) {\n    size() = 1\n}\nf() = {\n    n = Node(nil)\n    n.next = n.size\n}",
        "f() = {\n    type Local(x) {\n        other() = Local(x)\n    }\n    Local(1).other()\n}",
        "f() = {\n    r = (a=1)\n    r.me = r\n    copy(r)\n}",
    ])
    func cyclesAreReleased(_ definition: String) throws {
        #expect(try tracked(after: definition + "\nfor i in 0..<200 { f() }") < 20)
    }

    @Test func whatCanBeReachedStays() throws {
        let script = """
            type Node(parent, name) {
                children = []
                path() = if parent == nil { name } else { parent.path() + "/" + name }
            }
            root = Node(nil, "root")
            kept = []
            make(i) = {
                node = Node(root, string(i))
                push(root.children, node)
                leaf = (of=node, me=nil)
                leaf.me = leaf
                later = () -> leaf.me.of.path()
                if i % 10 == 0 { push(kept, later) }
                if i % 7 == 0 { root.children = [] }
            }
            for i in 0..<300 { make(i) }
            found = map(kept, f -> f())
            if found != map(0..<30, i -> "root/{10 * i}") { error("{found}") }
            shared = [kept, kept]
            others = list(kept)
            kept = nil
            if others[29]() != "root/290" or shared[1][0]() != "root/0" { error("lost") }
            """
        _ = try tracked(after: script)
    }

    /// Two lists of equal items may share their storage, so that each item has one reference for both.
    @Test func listsThatShareStorage() throws {
        let script = """
            make() = {
                items = [(n=1), (n=2)]
                a = (items=items)
                a.me = a
                a.other = list(items)
                a.other
            }
            all = map(0..<100, i -> make())
            for l in all { if l[0].n + l[1].n != 3 { error("lost") } }
            """
        _ = try tracked(after: script)
    }

    @Test(arguments: [
        "t = ones(4000, 1000)\n    compute(t)\n    r = (x=t)", "r = (x=\"0123456789\" * 1000000)",
        "r = (x=list(0..<1000000), y=\"\" + \"b\" * 100)", "r = (x=map(0..<3000, i -> list(0..<100)))",
        "r = (x=map(0..<20000, i -> \"a text of some length {i}\"))",
    ])
    func aSearchComesBeforeMemoryIsRefused(_ making: String) throws {
        let interpreter = Interpreter.standard()
        let limit = MemoryBudget.process.limit
        defer {
            MemoryBudget.process.limit = limit
            ReferenceCycles.stop()
        }
        interpreter.releaseCycles(from: 1 << 20)
        MemoryBudget.process.limit = MemoryBudget.process.used + 200 << 20
        _ = try interpreter.run(
            "for i in 0..<100 {\n    \(making)\n    r.me = r\n}\nr = nil")
        // What the loop left is not the next test's.
        _ = ReferenceCycles.release()
    }
}
