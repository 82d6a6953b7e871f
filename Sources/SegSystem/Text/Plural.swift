// Counts with their unit, in the singular or plural, and lists that say how much of them is left out.

/// "1 epoch", "3 epochs", "2 classes", "2 batches", "2 entries".
public func plural(_ count: Int, _ unit: String) -> String {
    if count == 1 { return "1 \(unit)" }
    if unit.hasSuffix("s") || unit.hasSuffix("x") || unit.hasSuffix("tch") { return "\(count) \(unit)es" }
    return unit.hasSuffix("y") ? "\(count) \(unit.dropLast())ies" : "\(count) \(unit)s"
}

/// The first names of a list, and how many more there are: "Road, Sky and 3 more".
public func listText(_ names: some Sequence<String>, most: Int, separator: String = ", ") -> String {
    let all = Array(names)
    return all.prefix(most).joined(separator: separator)
        + (all.count > most ? " and \(all.count - most) more" : "")
}
