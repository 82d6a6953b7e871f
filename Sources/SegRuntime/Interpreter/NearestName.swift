// "Did you mean": the name nearest to one that is not there.

/// The nearest of some names to one that was not found, where one is near enough to be meant.
public func nearestName(to name: String, among names: some Sequence<String>) -> String? {
    let wanted = Array(name.unicodeScalars)
    let limit = max(1, (wanted.count + 1) / 3)
    var best: (distance: Int, name: String)?
    for candidate in names where candidate != name {
        let scalars = Array(candidate.unicodeScalars)
        if abs(scalars.count - wanted.count) > limit { continue }
        let distance = editDistance(wanted, scalars, limit: limit)
        if distance > limit || (wanted.count == 1 && scalars.count == 1) { continue }
        if let current = best, (current.distance, current.name) <= (distance, candidate) { continue }
        best = (distance, candidate)
    }
    if let best { return best.name }
    // What was meant may be a longer name's beginning: `accuracy` for `accuracy_by_class`.
    guard wanted.count >= 4 else { return nil }
    return names.filter { $0.hasPrefix(name) || name.hasPrefix($0) && $0.count >= 4 }.min {
        $0.count < $1.count
    }
}

/// Insertions, deletions, replacements and swaps of neighbours between two texts; letters
/// that differ in case only count as half.
private func editDistance(_ a: [Unicode.Scalar], _ b: [Unicode.Scalar], limit: Int) -> Int {
    if String(String.UnicodeScalarView(a)).lowercased() == String(String.UnicodeScalarView(b)).lowercased() {
        return 0
    }
    var before = [Int](repeating: 0, count: b.count + 1)
    var last = Array(0...b.count)
    for i in 1...max(1, a.count) where i <= a.count {
        var row = [Int](repeating: i, count: b.count + 1)
        for j in 1...max(1, b.count) where j <= b.count {
            row[j] = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1))
            if i > 1, j > 1, a[i - 1] == b[j - 2], a[i - 2] == b[j - 1] {
                row[j] = min(row[j], before[j - 2] + 1)
            }
        }
        before = last
        last = row
    }
    return last[b.count]
}
