// White space at the ends of texts.

extension StringProtocol {
    /// The text without white space at its ends.
    public var trimmed: SubSequence {
        // Most white space is ASCII: a character of its own, unless a mark follows it.
        let scalars = unicodeScalars
        var (start, end) = (startIndex, endIndex)
        while start < end, Self.isPlainSpace(scalars[start]) { start = scalars.index(after: start) }
        if start > startIndex, start < end, !scalars[start].isASCII { start = scalars.index(before: start) }
        while start < end {
            let last = scalars.index(before: end)
            guard Self.isPlainSpace(scalars[last]) else { break }
            end = last
        }
        let inner = self[start..<end]
        guard let first = inner.firstIndex(where: { !$0.isWhitespace }),
            let last = inner.lastIndex(where: { !$0.isWhitespace })
        else { return self[endIndex...] }
        return self[first...last]
    }

    private static func isPlainSpace(_ scalar: Unicode.Scalar) -> Bool {
        scalar == " " || (9...13).contains(scalar.value)
    }
}
