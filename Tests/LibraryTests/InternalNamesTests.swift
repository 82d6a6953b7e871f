// Names of the library that only its files see: those without documentation.

import SegLibrary
import SegRuntime
import SegSyntax
import Testing

@Suite struct InternalNamesTests {
    private static let files = [
        (
            "a.seg",
            "## The double of x.\ndouble(x) = zygote(x) + x\n# Only for the library.\ntype Part(x) { }"
        ),
        ("b.seg", "zygote(x) = x\n## A part.\npart(x) = Part(x)\n## Ten.\nten = 10\n_own = 3\neleven = 11"),
    ]

    private func interpreter() -> Interpreter {
        let scripts = Self.files.map { name, text in
            let names = Parser(name: name, text: text).parse().definedNames
            return Library.Script(
                name: name, definitions: names.documented, internals: names.undocumented, text: text)
        }
        return Interpreter(library: Library(natives: languageNatives, scripts: scripts))
    }

    private func message(_ text: String, _ interpreter: Interpreter) -> String? {
        do {
            try interpreter.run(text)
            return nil
        } catch {
            return (error as? ScriptError).map {
                [$0.diagnostic.message, $0.diagnostic.help].compactMap { $0 }
            }?
            .joined(separator: "; ")
        }
    }

    @Test func aNameIsPublicByItsDocumentation() {
        let names = Parser(name: "b.seg", text: Self.files[1].1).parse().definedNames
        #expect(names.documented == ["part", "ten"])
        #expect(names.undocumented == ["zygote", "eleven"])
    }

    @Test func filesOfTheLibrarySeeEachOthers() throws {
        let interpreter = interpreter()
        #expect(try interpreter.run("double(4)")?.asNumber == 8)
        #expect(try interpreter.run("type_of(part(1))")?.asString == "Part")
        #expect(try interpreter.run("4.double()")?.asNumber == 8)
    }

    @Test func scriptsDoNot() throws {
        let interpreter = interpreter()
        #expect(message("zygote(1)", interpreter) == "there is nothing called `zygote`")
        #expect(message("zygot(1)", interpreter) == "there is nothing called `zygot`")
        #expect(message("1.zygote()", interpreter)?.contains("there is no function zygote") == true)
        #expect(message("part(1) is Part", interpreter) == "there is no type called `Part`")
        #expect(message("part(1) is Prt", interpreter) == "there is no type called `Prt`")
        #expect(
            interpreter.check(Source(name: "t.seg", text: "eleven")).map(\.message)
                == ["there is nothing called `eleven`"])
    }

    @Test func scriptsMayUseThemForTheirOwn() throws {
        let interpreter = interpreter()
        #expect(try interpreter.run("zygote = 3\nzygote + double(4)")?.asNumber == 11)
        #expect(try interpreter.run("type Part(a, b) { }\nPart(1, 2).b + part(5).x")?.asNumber == 7)
    }

    @Test func helpListsThePublicOnes() throws {
        let interpreter = interpreter()
        let listed = Set(interpreter.helpTopics().flatMap(\.names))
        #expect(listed.isSuperset(of: ["double", "part", "ten"]))
        #expect(listed.isDisjoint(with: ["zygote", "eleven", "Part", "_own"]))
        #expect(interpreter.help(named: "zygote") == nil)
        #expect(!interpreter.helpSearch("elev").entries.contains { $0.name == "eleven" })
        #expect(!interpreter.library.contains("zygote") && interpreter.library.contains("ten"))
        let value = try interpreter.value(named: "zygote")
        #expect(value.map { $0.typeName } == nil)
    }
}
