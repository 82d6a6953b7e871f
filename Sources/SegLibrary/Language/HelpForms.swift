// Help on the forms of the language, which are no names: `?for`, `?fn`, `?->`. Other languages' words for
// them find them too.

import SegRuntime

/// A form of the language, with the words and signs by which help finds it.
struct HelpForm: Sendable {
    let names: [String]
    let signature: String
    let doc: String
    let examples: [String]

    var entry: HelpEntry {
        HelpEntry(name: names[0], signature: signature, doc: doc, topic: "language", examples: examples)
    }

    static let all: [HelpForm] = [
        HelpForm(
            names: ["if", "else", "elif", "switch", "match", "ternary"],
            signature: "if condition { … } else if condition { … } else { … }",
            doc: "Runs the block whose condition is true; as an expression, it has the value of that block.\n"
                + "Only `nil` and `false` count as false. There is no `elif`: write `else if`.",
            examples: [
                "x = -3\nsign = if x > 0 { 1 } else if x < 0 { -1 } else { 0 }\nprint(sign)  # expect: -1"
            ]),
        HelpForm(
            names: ["for", "loop", "foreach", "break", "continue"],
            signature: "for x in xs { … }",
            doc: "Runs the block for each element of a list, range, record, string, tensor or data set.\n"
                + "A record gives names and values; `enumerate(xs)` gives places and elements; a trainer "
                + "gives its epochs. `break` leaves the loop, `continue` begins its next turn. "
                + "To repeat 3 times, write `for i in 0..<3 { … }`.",
            examples: [
                "for i, name in enumerate([\"Sky\", \"Road\"]) { print(i, name) }\n# expect: 0 Sky\n"
                    + "# expect: 1 Road"
            ]),
        HelpForm(
            names: ["while", "until", "do"],
            signature: "while condition { … }",
            doc: "Repeats the block as long as the condition is true.\n"
                + "`break` leaves the loop, `continue` begins its next turn.",
            examples: ["n = 1\nwhile n < 100 { n *= 2 }\nprint(n)  # expect: 128"]),
        HelpForm(
            names: ["fn", "function", "def", "func", "return", "closure"],
            signature: "f(x, y=2) = …\nf(x, y=2) = { … }",
            doc: "Defines a function, by an expression or by a block whose last expression is its value.\n"
                + "`return e` leaves earlier. `y=2` is a default, computed at each call. `...rest` as the last "
                + "parameter collects all other arguments. Lines with `##` directly above are its help. "
                + "Names that are assigned in a function are its own; `global x = e` changes a name outside.",
            examples: [
                "area(width, height=2) = width * height\nprint(area(3), area(3, height=4))  # expect: 6 12"
            ]),
        HelpForm(
            names: ["->", "lambda", "arrow", "=>"],
            signature: "x -> …\n(a, b=2) -> …\n() -> { … }",
            doc: "A function without a name, for the functions that take one.",
            examples: ["print(map([1, 2, 3], x -> x ^ 2))  # expect: [1, 4, 9]"]),
        HelpForm(
            names: ["try", "catch", "except", "finally", "raise", "throw", "exception"],
            signature: "try { … } catch e { … }",
            doc: "Runs the second block if an error happens in the first one.\n"
                + "`e.message` says what happened, `e.kind` its kind, `e.trace` the calls. "
                + "`error(\"…\")` raises an error. Ctrl-C is never caught.",
            examples: [
                "half = try { error(\"odd\") } catch e { e.message }\nprint(half)  # expect: odd"
            ]),
        HelpForm(
            names: ["type", "class", "self", "struct", "object", "method"],
            signature: "type Name(parameters) { … }",
            doc:
                "Defines a type: its parameters and the names its body assigns are the fields of its objects.\n"
                + "Functions in the body are methods; they read and change the fields by their names. `self` is "
                + "the object. An object with a method `forward` can be called, and is a layer.",
            examples: [
                "type Counter(n=0) {\n    add(k=1) = { n += k }\n}\nc = Counter()\nc.add(3)\n"
                    + "print(c.n)  # expect: 3"
            ]),
        HelpForm(
            names: ["import", "include", "require", "from"],
            signature: "name = import(\"file.seg\")",
            doc: "Runs a file once and gives a record of what it defines.\n"
                + "The path is relative to the importing file. The library needs no import.",
            examples: []),
        HelpForm(
            names: ["global", "nonlocal"],
            signature: "global name = …",
            doc: "Changes a name of the session or script from inside a function.\n"
                + "Without `global`, an assignment in a function makes a name of its own.",
            examples: ["n = 0\ncount() = { global n = n + 1 }\ncount()\nprint(n)  # expect: 1"]),
        HelpForm(
            names: ["nil", "none", "null", "None", "true", "false", "True", "False"],
            signature: "nil, true, false",
            doc: "`nil` is no value; `true` and `false` are the answers of comparisons.\n"
                + "Only `nil` and `false` count as false: `0`, `\"\"` and `[]` count as true.",
            examples: ["print(nil or 3, not nil)  # expect: 3 true"]),
        HelpForm(
            names: ["and", "or", "not", "&&", "||", "!", "&", "|"],
            signature: "a and b, a or b, not a;  p & q, p | q, !p",
            doc:
                "`and`, `or` and `not` combine conditions; `&`, `|` and `!` bool tensors, element by element.\n"
                + "`and` and `or` compute their right side only where it is needed, and give one of their sides.",
            examples: [
                "t = tensor([1, 5, 9])\nprint((t > 2) & !(t > 6))  # expect: tensor([false, true, false], bool)"
            ]),
        HelpForm(
            names: ["in", "is", "isinstance", "instanceof"],
            signature: "x in xs, x not in xs;  x is Type, x is not Type",
            doc:
                "`in` finds an element of a list, a name of a record, a part of a string; `is` asks for a type.\n"
                + "The types are the library's, your own, and nil, list, record, string, number, tensor, function.",
            examples: ["print(2 in [1, 2], \"oa\" in \"Road\", [] is list)  # expect: true true true"]),
        HelpForm(
            names: ["...", "..<", "range", "slice", ":", "[]"],
            signature: "a...b, a..<b;  x[i], x[a..<b], x[a...], x[:, i]",
            doc:
                "`a...b` are the numbers from a to b, `a..<b` those before b; in brackets they take a part.\n"
                + "Places count from 0; negative ones count from the end. `:` is a whole axis of a tensor. "
                + "`...xs` in a call spreads a list or record into arguments.",
            examples: [
                "xs = [10, 20, 30, 40]\nprint(xs[1...2], xs[-1], xs[2...])  # expect: [20, 30] 40 [30, 40]"
            ]),
        HelpForm(
            names: ["operators", "+", "-", "*", "/", "//", "%", "^", "**", "@", "==", "!="],
            signature: "+ - * /  // %  ^  @  == != < <= > >=",
            doc:
                "Arithmetic and comparison, element by element on tensors; `^` is the power, `@` the matrix product.\n"
                + "`//` divides and rounds down, `%` is what is left. Comparisons chain: `0 < x < 1`.",
            examples: ["print(2 ^ 10, 7 // 2, 7 % 2, 0 < 1 < 2)  # expect: 1024 3 1 true"]),
        HelpForm(
            names: ["=", "assignment", "variable", "let", "var", "+=", "unpack"],
            signature: "x = …;  a, b = pair;  x += …;  r.name = …;  t[i] = …",
            doc: "Gives a name to a value, or changes an entry, a field or a part of a tensor.\n"
                + "A name of the library may be used; `:forget NAME` at the prompt gives it back.",
            examples: ["a, b = [1, 2]\na += 10\nprint(a, b)  # expect: 11 2"]),
        HelpForm(
            names: ["dict", "dictionary", "map literal", "{}", "()"],
            signature: "(name=value, \"any text\"=value)",
            doc: "A record: values by name, in their order; `()` is the empty one, and braces are blocks.\n"
                + "`r.lr` and `r[\"lr\"]` read an entry, `r.lr = e` sets it; see `keys`, `values`, `get`.",
            examples: [
                "r = (lr=0.1, batch=4)\nr.lr = 0.2\nprint(r, keys(r))  # expect: (lr=0.2, batch=4) [\"lr\", \"batch\"]"
            ]),
        HelpForm(
            names: ["#", "##", "comment", "docstring"],
            signature: "# …",
            doc: "A comment, to the end of the line; `##` directly above a definition is its help.",
            examples: ["## Half of x.\nhalf(x) = x / 2  # a comment\nprint(half.doc)  # expect: Half of x."]),
        HelpForm(
            names: ["f-string", "fstring", "interpolation", "\"\"", "printf"],
            signature: "\"text {expression} {expression:format}\"",
            doc: "Text with values in it; after a colon, how to write them.\n"
                + "`{x:.3}` has three decimals, `{x:8}` is 8 wide, `{x:.1%}` a percentage. See `format`.",
            examples: ["loss = 0.12345\nprint(\"loss {loss:.3}, {0.5:.1%}\")  # expect: loss 0.123, 50.0%"]),
    ]

    /// The form of a word or sign, for exact names first and then without regard to case.
    static func named(_ name: String) -> HelpForm? {
        // Nobody has typed a longer one, and each form would copy it.
        guard name.utf8.count <= 100 else { return nil }
        return all.first { $0.names.contains(name) } ?? all.first { $0.names.contains(name.lowercased()) }
    }
}
