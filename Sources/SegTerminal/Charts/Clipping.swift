// Cutting curves and areas off at the limits of the axes.

extension LinePlot.Place {
    /// The point where the line to `other` has the coordinate `value` in one direction.
    fileprivate func crossing(
        _ other: LinePlot.Place, _ direction: WritableKeyPath<LinePlot.Place, Double>, at value: Double
    ) -> LinePlot.Place {
        let span = other[keyPath: direction] - self[keyPath: direction]
        let share = span == 0 ? 0 : (value - self[keyPath: direction]) / span
        var result = LinePlot.Place(x: x + (other.x - x) * share, y: y + (other.y - y) * share)
        result[keyPath: direction] = value
        return result
    }

    /// Whether the place is between the axes.
    var isInside: Bool { (0...1).contains(x) && (0...1).contains(y) }
}

extension LinePlot {
    /// The borders between which everything is drawn: direction, position, and whether greater is inside.
    private static var borders: [(WritableKeyPath<Place, Double>, Double, Bool)] {
        [(\.x, 0, true), (\.x, 1, false), (\.y, 0, true), (\.y, 1, false)]
    }

    /// The parts of a curve that are between the axes.
    static func clipped(curve: [Place]) -> [[Place]] {
        if curve.allSatisfy(\.isInside) { return curve.isEmpty ? [] : [curve] }
        var runs = [curve]
        for (direction, value, greater) in borders {
            func isIn(_ place: Place) -> Bool {
                greater ? place[keyPath: direction] >= value : place[keyPath: direction] <= value
            }
            var kept: [[Place]] = []
            for run in runs {
                var part: [Place] = []
                for (index, place) in run.enumerated() {
                    if index > 0, isIn(place) != isIn(run[index - 1]) {
                        // A point on the border is where the line crosses it.
                        let border = run[index - 1].crossing(place, direction, at: value)
                        if border != place, border != part.last { part.append(border) }
                    }
                    if isIn(place) {
                        part.append(place)
                    } else if !part.isEmpty {
                        kept.append(part)
                        part = []
                    }
                }
                if !part.isEmpty { kept.append(part) }
            }
            runs = kept
        }
        return runs
    }

    /// The part of an area, given by its outline, that is between the axes (Sutherland and Hodgman 1974).
    static func clipped(area: [Place]) -> [Place] {
        if area.allSatisfy(\.isInside) { return area }
        var outline = area
        for (direction, value, greater) in borders {
            func isIn(_ place: Place) -> Bool {
                greater ? place[keyPath: direction] >= value : place[keyPath: direction] <= value
            }
            var kept: [Place] = []
            for (index, place) in outline.enumerated() {
                let before = outline[index == 0 ? outline.count - 1 : index - 1]
                if isIn(place) != isIn(before) {
                    kept.append(before.crossing(place, direction, at: value))
                }
                if isIn(place) { kept.append(place) }
            }
            outline = kept
        }
        return outline
    }
}
