// Text of a weight file, as messages show it: whoever made the file chose it.

import SegSystem

enum FileText {
    /// Characters of a name, and sizes of a shape, that a message shows.
    private static let limit = 100

    /// A name on one line, harmless to a terminal and not longer than a message can bear.
    static func shown(_ text: String) -> String { TextWidth.escaped(text, limit: limit) }

    /// A shape, of which a broken file may state millions of sizes.
    static func shown(_ shape: [Int]) -> String {
        let shown = shape.prefix(limit).map(String.init).joined(separator: ", ")
        return shape.count > limit ? "[\(shown), …]" : "[\(shown)]"
    }
}
