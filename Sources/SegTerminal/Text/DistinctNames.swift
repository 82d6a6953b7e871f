// Names that are too long for a legend or for the labels of a chart, cut such that those that differ still do.

/// Cuts names to what fits.
enum DistinctNames {
    /// The names, those that do not fit with an ellipsis: at the end, or in the middle where names would be equal
    /// then; those that are equal even so are numbered.
    static func cut(_ names: [String], ellipsis: String = "…", fits: (String) -> Bool) -> [String] {
        var texts = names.map { name in fits(name) ? name : cut(name, ellipsis, fits) { ($0, 0) } }
        let isCut = zip(names, texts).map { $0 != $1 }
        func repeated() -> [[Int]] {
            Dictionary(grouping: texts.indices) { texts[$0] }.values
                .filter { $0.count > 1 && $0.contains { isCut[$0] } }
        }
        for index in repeated().joined() where isCut[index] {
            texts[index] = cut(names[index], ellipsis, fits) { ($0 / 3, $0 - $0 / 3) }
        }
        for group in repeated() {
            for (place, index) in group.sorted().enumerated() where isCut[index] {
                let number = " \(place + 1)"
                texts[index] = cut(names[index], ellipsis, { fits($0 + number) }, parts: { ($0, 0) }) + number
            }
        }
        return texts
    }

    /// The most characters that fit; `parts` divides their number into those of the name's head and tail.
    private static func cut(
        _ name: String, _ ellipsis: String, _ fits: (String) -> Bool, parts: (Int) -> (head: Int, tail: Int)
    ) -> String {
        // Nothing of more characters is read.
        for count in stride(from: min(name.count - 1, 400), to: 0, by: -1) {
            let (head, tail) = parts(count)
            let text = "\(name.prefix(head))\(ellipsis)\(name.suffix(tail))"
            if fits(text) { return text }
        }
        return ellipsis
    }
}
