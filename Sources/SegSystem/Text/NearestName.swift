// "Did you mean": the name nearest to one that does not exist.

/// The nearest of some names to one that was not found, if one is similar enough.
public func nearestName(to name: String, among names: some Sequence<String>) -> String? {
    let length = name.unicodeScalars.count
    let limit = max(1, (length + 1) / 3)
    var best: (distance: Int, name: String)?
    for candidate in names where candidate != name {
        let other = candidate.unicodeScalars.count
        if abs(other - length) > limit || (length == 1 && other == 1) { continue }
        let distance = editDistance(name, candidate)
        if distance > limit { continue }
        if let current = best, (current.distance, current.name) <= (distance, candidate) { continue }
        best = (distance, candidate)
    }
    if let best { return best.name }
    // The text may be the beginning of a longer name: `accuracy` for `accuracy_by_class`.
    guard length >= 4 else { return nil }
    let longer = names.filter { other in
        other != name && (other.hasPrefix(name) || name.hasPrefix(other) && other.unicodeScalars.count >= 4)
    }
    return longer.min { $0.count < $1.count }
}

/// Insertions, deletions, replacements and swaps of neighbours between two texts; 0 if only the case differs.
public func editDistance(_ a: String, _ b: String) -> Int {
    if a.lowercased() == b.lowercased() { return 0 }
    let (a, b) = (Array(a.unicodeScalars), Array(b.unicodeScalars))
    var before = [Int](repeating: 0, count: b.count + 1)
    var last = Array(0...b.count)
    for i in a.indices {
        var row = [i + 1]
        for j in b.indices {
            var distance = min(last[j + 1] + 1, row[j] + 1, last[j] + (a[i] == b[j] ? 0 : 1))
            if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] {
                distance = min(distance, before[j - 1] + 1)
            }
            row.append(distance)
        }
        before = last
        last = row
    }
    return last[b.count]
}
