// The names that the Swift sources declare, for documents that mention them.

enum SwiftNames {
    static func declared() throws -> Set<String> {
        var names: Set<String> = []
        for path in try Repository.files(in: "Sources", endings: [".swift"]) {
            let text = try Repository.text(path)
            for match in text.matches(
                of: /\b(?:func|struct|class|enum|protocol|typealias|let|var|case|extension) `?(\w+)/)
            {
                names.insert(String(match.1))
            }
        }
        return names
    }
}
