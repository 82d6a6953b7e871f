// Heat maps: a matrix as shades, such as a confusion matrix or a convolution kernel, and the shades for
// both the text form (Heatmap+Text) and the drawn form (Heatmap+Drawing).

import SegSystem

/// A matrix as shades, with labels and, if they fit, values.
public struct Heatmap: SizedChart, Sendable {
    /// The meaning of an entry's shade.
    public enum Shading: Sendable {
        /// The value, from the smallest to the largest; symmetric around zero if there are negative ones.
        case value
        /// The entry's share in the sum of its row, printed as a percentage: a confusion
        /// matrix with rows for the truth shows recall on its diagonal.
        case rowShare
    }

    public var title: String?
    public var rowLabel: String?
    public var columnLabel: String?
    public let rows: [String]
    public let columns: [String]
    public let rowCount: Int
    public let columnCount: Int
    public let values: [Double]
    public var shading: Shading
    /// The width in a file, in points; nil for cells of the usual size.
    public var width: Double?

    /// - Parameters:
    ///   - rowLabel, columnLabel: the meaning of rows and columns, such as "truth" and "prediction".
    ///   - rows, columns: their labels; missing labels are replaced by indices.
    ///   - values: row by row; missing ones are treated as not a number.
    public init(
        title: String? = nil, rowLabel: String? = nil, columnLabel: String? = nil, rows: [String] = [],
        columns: [String] = [], rowCount: Int, columnCount: Int, values: [Double], shading: Shading = .value
    ) {
        self.title = title
        self.rowLabel = rowLabel
        self.columnLabel = columnLabel
        self.rows = rows.map(TextWidth.escaped)
        self.columns = columns.map(TextWidth.escaped)
        // No more rows and columns than there are values for.
        let width = columnCount.held(within: 0...values.count)
        self.columnCount = width
        self.rowCount = rowCount.held(within: 0...(width > 0 ? (values.count + width - 1) / width : 0))
        self.values = values
        self.shading = shading
    }

    public var emptiness: String? { undrawn.emptiness }

    /// The line below the matrix about entries without a shade.
    var note: String? { undrawn.note }

    private var undrawn: Undrawn {
        var undrawn = Undrawn()
        for index in 0..<(rowCount * columnCount) {
            undrawn.count(index < values.count ? values[index] : .nan)
        }
        return undrawn
    }

    var hasLabels: Bool { !rows.isEmpty || !columns.isEmpty }
    func rowName(_ index: Int) -> String { index < rows.count ? rows[index] : String(index) }
    func columnName(_ index: Int) -> String { index < columns.count ? columns[index] : String(index) }

    /// The entries as positions in the colour map.
    struct Layout {
        let rowCount: Int
        let columnCount: Int
        /// From 0 to 1, or nil for an entry without a shade.
        let shades: [Double?]
        /// Empty for very many entries.
        let texts: [String]
        let isDiverging: Bool
        /// The values at the ends of the colour map.
        let low: Double
        let high: Double
    }

    func layout() -> Layout {
        let count = rowCount * columnCount
        var entries = (0..<count).map { $0 < values.count ? values[$0] : .nan }
        if shading == .rowShare {
            for row in 0..<rowCount {
                let range = (row * columnCount)..<((row + 1) * columnCount)
                let sum = entries[range].reduce(0) { $1.isFinite ? $0 + $1 : $0 }
                for index in range { entries[index] = sum > 0 ? entries[index] / sum : .nan }
            }
        }
        return Heatmap.layout(entries, rowCount, columnCount, shading)
    }

    private static func layout(
        _ entries: [Double], _ rowCount: Int, _ columnCount: Int, _ shading: Shading
    ) -> Layout {
        var extent = Extent()
        for entry in entries { extent.take(entry) }
        var (low, high) = extent.isEmpty ? (0, 1) : (extent.low, extent.high)
        let isDiverging = shading == .value && low < 0 && high > 0
        if shading == .rowShare { (low, high) = (0, 1) }
        if isDiverging {
            high = max(-low, high)
            low = -high
        }
        let shades = entries.map { entry -> Double? in
            guard entry.isFinite else { return nil }
            let span = high / 2 - low / 2
            return span > 0 ? ((entry / 2 - low / 2) / span).held(within: 0...1) : 0.5
        }
        return Layout(
            rowCount: rowCount, columnCount: columnCount, shades: shades,
            // So many values are not read one by one.
            texts: entries.count > 1_000_000 ? [] : written(entries, shading), isDiverging: isDiverging,
            low: low, high: high)
    }

    private static func written(_ entries: [Double], _ shading: Shading) -> [String] {
        if shading == .rowShare {
            return entries.map { entry in
                if entry.isNaN { return "" }
                let percent = NumberFormat.fixed(entry * 100, 0)
                return percent == "0" ? (entry > 0 ? "·" : "") : percent
            }
        }
        let isWhole = entries.allSatisfy { !$0.isFinite || ($0.rounded() == $0 && abs($0) < 1e6) }
        return entries.map {
            isWhole || !$0.isFinite ? numberText($0) : NumberFormat.significant($0, 2)
        }
    }
}
