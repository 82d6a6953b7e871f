// `seg check`: all errors of a text in one pass.

import SegLibrary
import SegRuntime
import SegSyntax
import Testing

@Suite struct CheckTests {
    private func found(_ text: String) -> [String] {
        Interpreter.standard().check(Source(name: "t.seg", text: text)).map { diagnostic in
            guard let location = diagnostic.location else { return diagnostic.message }
            let (line, column) = location.source.position(of: Int(location.span.start))
            return "\(line):\(column) \(diagnostic.message)"
        }
    }

    @Test func namesAndArgumentsOfKnownFunctions() {
        #expect(
            found(
                """
                f(width, height=2) = width * heigth
                f(3, heigt=2)
                f()
                f(1, 2, 3)
                tensor([1], dtyp=int32)
                adam(learning_rate=1e-3)
                Conv2d(3, 4, 3, paddin=1)
                type T(a) { b = a }
                T(aa=2)
                g = x -> x + nope
                """) == [
                    "1:30 there is nothing called `heigth`",
                    "2:6 f has no argument heigt",
                    "3:1 f: argument width is missing",
                    "4:1 f takes at most 2 arguments, got 3",
                    "5:13 tensor has no argument dtyp",
                    "6:6 adam has no argument learning_rate",
                    "7:17 Conv2d has no argument paddin",
                    "9:3 T has no argument aa",
                    "10:14 there is nothing called `nope`",
                ])
    }

    @Test func namesThatAreTakenFromTheLibrary() {
        #expect(
            found("mean = mean([1, 3])\nsum = sum([mean])\nupper, lower = [upper(\"a\"), lower(\"B\")]") == []
        )
        #expect(
            found(
                """
                total = total + 1
                try { print(later) } catch { }
                for i in 1...2 { if i > 1 { print(seen) }; seen = i }
                f() = later
                print(last)
                later, last = 1, 2
                """) == [
                    "1:9 `total` is read before it has a value",
                    "5:7 `last` is read before it has a value",
                ])
    }

    @Test func namesOfTypes() {
        #expect(
            found(
                "type Point(x) { }\nf(p) = p is Point or p is tensor or p is ReLU or p is Pont\n[a, b] -> c")
                == [
                    "2:55 there is no type called `Pont`", "3:11 there is nothing called `c`",
                ])
    }

    @Test func besideErrorsOfSyntax() {
        #expect(
            found(
                """
                x = (1 +
                y = 3 +* 4
                for i in 1...3 { print(j, y) }
                foo = len([1],
                    2 +* 3)
                k(a, b) = a +* b
                print(foo, k(1, 2), x)
                zeros(3, dtpe=float32)
                """) == [
                    "1:5 this `(` is not closed",
                    "3:24 there is nothing called `j`",
                    "5:8 a value is missing before `*`",
                    "6:14 a value is missing before `*`",
                    "8:10 zeros has no argument dtpe",
                ])
    }

    @Test func atMostTwenty() {
        #expect(found((1...50).map { "print(nothing\($0))" }.joined(separator: "\n")).count == 20)
    }

    @Test func nothingRuns() {
        #expect(found("print(1 / 0)\nerror(\"no\")\nimport(\"nowhere.seg\")") == [])
    }
}
