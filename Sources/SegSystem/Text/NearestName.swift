// "Did you mean": the name nearest to one that does not exist.

/// A name of more bytes is near to none, and more names are not looked at: both come from data, not from typing.
private let mostBytes = 800
private let mostNames = 20_000
/// Pairs of letters that are compared, some tens of milliseconds.
private let mostPairs = 20_000_000

/// The nearest of some names to one that was not found, if one is similar enough: a third of its letters may differ.
/// - Parameter isForClasses: whether half of them may where the beginnings are alike: "Bicycle" means "Bicyclist"; case makes no difference.
public func nearestName(to name: String, among names: some Sequence<String>, isForClasses: Bool = false)
    -> String?
{
    guard name.utf8.count <= mostBytes else { return nil }
    let names = names.prefix(mostNames).filter { $0.utf8.count <= mostBytes }
    func split(_ text: String) -> [Unicode.Scalar] {
        Array((isForClasses ? text.lowercased() : text).unicodeScalars)
    }
    let letters = split(name)
    let (third, half) = (max(1, (letters.count + 1) / 3), (letters.count + 1) / 2)
    var best: (distance: Int, name: String)?
    var pairs = 0
    for candidate in names where candidate != name {
        let other = split(candidate)
        let isAlike = isForClasses && letters.count > 4 && other.first == letters.first
        let limit = isAlike ? half : third
        if abs(other.count - letters.count) > limit || (letters.count == 1 && other.count == 1) { continue }
        let isSame = other.count == letters.count && candidate.lowercased() == name.lowercased()
        pairs += letters.count * other.count
        if pairs > mostPairs { break }
        let distance = isSame ? 0 : editDistance(letters, other, atMost: limit)
        if distance > limit { continue }
        if let current = best, (current.distance, current.name) <= (distance, candidate) { continue }
        best = (distance, candidate)
    }
    if let best { return best.name }
    // The text may be the beginning of a longer name: `accuracy` for `accuracy_by_class`.
    guard letters.count >= 4 else { return nil }
    let longer = names.filter { other in
        other != name && (other.hasPrefix(name) || name.hasPrefix(other) && other.unicodeScalars.count >= 4)
    }
    return longer.min { $0.count < $1.count }
}

/// Insertions, deletions, replacements and swaps of neighbours between two texts; 0 if only the case differs.
public func editDistance(_ a: String, _ b: String) -> Int {
    if a.lowercased() == b.lowercased() { return 0 }
    return editDistance(Array(a.unicodeScalars), Array(b.unicodeScalars), atMost: .max)
}

/// Of a distance above the limit only that it is.
private func editDistance(_ a: [Unicode.Scalar], _ b: [Unicode.Scalar], atMost limit: Int) -> Int {
    // Three rows, of which the one of `i` overwrites the one of `i - 3`.
    let width = b.count + 1
    var rows = [Int](repeating: 0, count: 3 * width)
    for j in 0..<width { rows[j] = j }
    for i in a.indices {
        let (before, last, row) = ((i + 2) % 3 * width, i % 3 * width, (i + 1) % 3 * width)
        rows[row] = i + 1
        var least = i + 1
        for j in b.indices {
            var distance = min(
                rows[last + j + 1] + 1, rows[row + j] + 1, rows[last + j] + (a[i] == b[j] ? 0 : 1))
            if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] {
                distance = min(distance, rows[before + j - 1] + 1)
            }
            rows[row + j + 1] = distance
            least = min(least, distance)
        }
        // Swaps look at the row before the last.
        if least > limit, rows[last..<last + width].allSatisfy({ $0 > limit }) { return least }
    }
    return rows[a.count % 3 * width + b.count]
}
