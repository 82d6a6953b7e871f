// Counts with their unit, in the singular or plural.

/// "1 epoch", "3 epochs", "2 classes", "2 batches", "2 entries".
public func plural(_ count: Int, _ unit: String) -> String {
    if count == 1 { return "1 \(unit)" }
    if unit.hasSuffix("s") || unit.hasSuffix("x") || unit.hasSuffix("tch") { return "\(count) \(unit)es" }
    return unit.hasSuffix("y") ? "\(count) \(unit.dropLast())ies" : "\(count) \(unit)s"
}
