// Numbered listings, pasted as printed.

import SegSyntax
import Testing

@Suite struct ListingTests {
    @Test(arguments: [
        (
            "1 X, Y = 100, 50\n2 w = where(c > 0,\n  X, Y)\n3 print(w)",
            "X, Y = 100, 50\nw = where(c > 0, X, Y)\nprint(w)"
        ),
        ("  1  x = 1\n  2  if x {\n  3      y = 2\n  4  }\n", "x = 1\nif x {\n    y = 2\n}"),
        ("7 x = 1", "x = 1"),
        ("1 x = 1\n2\n3 y = 2", "x = 1\n\ny = 2"),
    ])
    func numbered(_ text: String, _ expected: String) {
        #expect(Listing.withoutNumbers(text) == expected)
    }

    @Test(arguments: ["x = 1\n2 * x", "1 + 2", "", "1", "x", "12", "3.5 x"])
    func plain(_ text: String) {
        #expect(Listing.withoutNumbers(text) == nil)
    }
}
