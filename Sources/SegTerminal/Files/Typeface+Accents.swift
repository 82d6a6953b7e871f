// Letters with marks (é, ş, ά, ế): a letter's outline and those of its marks, placed above, below or beside it.

extension Typeface {
    /// By what Unicode holds for equal to each: a letter followed by its marks.
    static let accented: [Character: Glyph] = {
        var accented: [Character: Glyph] = [:]
        let marks = SymbolOutlines.marks.unicodeScalars
        // Second marks: Vietnamese has them above a circumflex, a breve or a horn, Greek above a diaeresis.
        let carriers = Set("\u{302}\u{306}\u{308}\u{31b}".unicodeScalars)
        let seconds = "\u{300}\u{301}\u{303}\u{304}\u{309}\u{30c}\u{323}".unicodeScalars
        for letter in letters {
            guard let whole = plain(letter) else { continue }
            for mark in marks {
                guard let once = whole.carrying(mark, on: letter) else { continue }
                accented[Character(String(letter) + String(mark))] = once
                guard carriers.contains(mark), "aeiouyAEIOUYιυ".contains(letter) else { continue }
                for second in seconds {
                    let text = String(letter) + String(mark) + String(second)
                    accented[Character(text)] = once.carrying(second, on: letter)
                }
            }
        }
        return accented
    }()
}

extension Typeface.Glyph {
    /// The height of `x`, for which the marks were made.
    private static let markedHeight = 530.0
    /// How far round letters exceed the lines of the others, and more.
    private static let overshoot = 30.0

    private var box: (left: Double, right: Double, bottom: Double, top: Double)? {
        let nodes = contours.joined()
        guard let first = nodes.first else { return nil }
        return nodes.reduce((first.x, first.x, first.y, first.y)) {
            (min($0.0, $1.x), max($0.1, $1.x), min($0.2, $1.y), max($0.3, $1.y))
        }
    }

    private func moved(_ x: Double, _ y: Double) -> [[Node]] {
        contours.map { $0.map { Node(x: $0.x + x, y: $0.y + y, isOnCurve: $0.isOnCurve) } }
    }

    /// An i or j as it is below a mark: without its highest contour.
    var withoutDot: Self {
        func bottom(_ contour: [Node]) -> Double { contour.map(\.y).min() ?? 0 }
        let highest = contours.map(bottom).max()
        return Self(advance: advance, contours: contours.filter { bottom($0) != highest })
    }

    /// The letter with a mark, as printers place it: `ď` and `ľ` have an apostrophe, and a cedilla is a comma below
    /// letters that have no place for its hook.
    func carrying(_ mark: Unicode.Scalar, on letter: Character) -> Self? {
        var mark = mark
        if mark == "\u{327}", "GKLNRklnr".contains(letter) { mark = "\u{326}" }
        let isAbove = mark.value < 0x31b
        let base = isAbove ? ["i": "ı", "j": "ȷ"][letter].flatMap(Typeface.plain) ?? self : self
        guard let sign = Typeface.plain(Character(mark)), let low = base.box, let high = sign.box else {
            return nil
        }
        if mark == "\u{30c}", "dtlL".contains(letter), let quote = Typeface.plain("’") {
            return Self(advance: advance + 90, contours: contours + quote.moved(low.right - 10, 0))
        }
        let rise = low.top - Self.markedHeight
        let middle = (low.left + low.right) / 2 - (high.left + high.right) / 2
        let (x, y): (Double, Double)
        switch mark {
        case "\u{31b}": (x, y) = (low.right, max(rise, 0))
        case "\u{328}": (x, y) = (low.right - high.right - (low.right - low.left) * 0.06, 0)
        case _ where isAbove: (x, y) = (middle, rise > Self.overshoot ? rise : 0)
        default: (x, y) = (middle, min(low.bottom + Self.overshoot, 0))
        }
        return Self(advance: advance, contours: base.contours + sign.moved(x, y))
    }
}
