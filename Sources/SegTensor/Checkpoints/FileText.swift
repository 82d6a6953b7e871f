// Text from a weight file, prepared for messages: its content cannot be trusted.

import SegSystem

enum FileText {
    /// The maximum number of characters of a name, and of sizes of a shape, in a message.
    private static let limit = 100

    /// A name on one line, without control characters and with limited length.
    static func shown(_ text: String) -> String { TextWidth.escaped(text, limit: limit) }

    /// The first names, and the number of the others.
    static func listed(_ names: [String]) -> String {
        let first = names.prefix(6).map { shown($0) as String }.joined(separator: ", ")
        return names.count > 6 ? "\(first) and \(names.count - 6) more" : first
    }

    /// A shape; a broken file may state millions of sizes.
    static func shown(_ shape: [Int]) -> String {
        let shown = shape.prefix(limit).map(String.init).joined(separator: ", ")
        return shape.count > limit ? "[\(shown), …]" : "[\(shown)]"
    }
}
