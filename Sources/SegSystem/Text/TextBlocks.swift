// Long texts in parts: work on them is interrupted between two parts, and messages show their beginning.

extension String {
    private static let blockSize = 1 << 20

    /// Calls `body` with parts of at most a million bytes, in their order. No Unicode scalar is divided.
    public func forEachBlock(_ body: (Substring) throws -> Void) rethrows {
        var start = startIndex
        while start < endIndex {
            let end = place(start, bytes: Self.blockSize)
            try body(self[start..<end])
            start = end
        }
    }

    /// The text if it has at most so many bytes, else its beginning and `…`.
    public func shortened(toBytes limit: Int) -> String {
        guard utf8.count > limit else { return self }
        return self[..<place(startIndex, bytes: limit)] + "…"
    }

    /// The place so many bytes after another, or at the beginning of the scalar that is there.
    private func place(_ start: Index, bytes: Int) -> Index {
        guard var place = utf8.index(start, offsetBy: bytes, limitedBy: endIndex), place < endIndex else {
            return endIndex
        }
        while place > start, utf8[place] & 0xc0 == 0x80 { place = utf8.index(before: place) }
        return place
    }
}
