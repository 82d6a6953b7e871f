// How long a rank may give no sign of life: SEG_RANK_TIMEOUT.

import SegSystem

public enum RankTimeout {
    private static let variable = "SEG_RANK_TIMEOUT"

    /// 30 by default.
    static var seconds: Double { Environment.variable(variable).flatMap(parse) ?? 30 }

    /// What is wrong with the variable; nil if it can be followed.
    public static var problem: String? {
        guard let wanted = Environment.variable(variable), parse(wanted) == nil else { return nil }
        return "\(variable) must be a number of seconds, at least 1, got \"\(wanted)\""
    }

    private static func parse(_ text: String) -> Double? {
        guard let seconds = Double(text), seconds >= 1, seconds.isFinite else { return nil }
        return seconds
    }
}
