// Where an error occurred: the objects whose `forward` it left, as a path from the outermost to the innermost.

struct LeftObjects {
    private let innermost: ObjectIdentifier
    private let type: String
    /// The outermost so far, and the path from it, innermost first.
    private var last: ObjectIdentifier
    private var names: [String] = []
    /// Names of a longer path are left out in the middle.
    private static let longest = 40

    init(_ object: Instance) {
        innermost = ObjectIdentifier(object)
        last = innermost
        type = object.type.name
    }

    /// Adds the next object that the error leaves; false where the path does not lead through it.
    mutating func leave(_ object: Instance) -> Bool {
        if let path = object.path(to: last) {
            names += path
        } else if names.count <= Self.longest, let path = object.path(to: innermost) {
            // What was between them was made for this call.
            names = path
        } else {
            return false
        }
        last = ObjectIdentifier(object)
        return true
    }

    /// The path, and the type of its end: `parts.4 (Point)`.
    var text: String {
        let half = Self.longest / 2
        let shown =
            names.count <= Self.longest
            ? names.reversed() : names.suffix(half).reversed() + ["…"] + names.prefix(half).reversed()
        return "\(shown.joined(separator: ".")) (\(type))"
    }
}
