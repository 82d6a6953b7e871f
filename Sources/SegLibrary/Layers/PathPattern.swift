// Patterns over the paths of layers and tensors, for freezing and for learning rates by layer.

import SegRuntime

/// A pattern over paths: `*` matches any text, including dots, `?` one character, `[34]` and `[0-4]` one of
/// several, `[!0]` any other.
struct PathPattern {
    private enum Part {
        case any
        case one
        case set([ClosedRange<Unicode.Scalar>], isExcluded: Bool)

        func fits(_ scalar: Unicode.Scalar) -> Bool {
            switch self {
            case .any, .one: true
            case .set(let ranges, let isExcluded): ranges.contains { $0.contains(scalar) } != isExcluded
            }
        }
    }

    let text: String
    private let parts: [Part]

    /// Longer ones name nothing; matching takes time by the product of both lengths.
    static let longest = (pattern: 4096, name: 1 << 14)

    init(text: String) throws {
        guard text.utf8.count <= Self.longest.pattern else {
            throw Failure(.value, "a pattern of names has at most \(Self.longest.pattern) characters")
        }
        self.text = text
        var rest = Array(text.unicodeScalars)[...]
        var parts: [Part] = []
        while let scalar = rest.popFirst() {
            switch scalar {
            case "*": parts.append(.any)
            case "?": parts.append(.one)
            case "[":
                if let set = Self.set(&rest) { parts.append(set) } else { fallthrough }
            default: parts.append(.set([scalar...scalar], isExcluded: false))
            }
        }
        self.parts = parts
    }

    /// The text between `[` and `]`; nil if it is not closed.
    private static func set(_ rest: inout ArraySlice<Unicode.Scalar>) -> Part? {
        guard let end = rest.firstIndex(of: "]"), end > rest.startIndex else { return nil }
        var inside = rest[..<end]
        let isExcluded = inside.first == "!"
        if isExcluded { inside.removeFirst() }
        var ranges: [ClosedRange<Unicode.Scalar>] = []
        while let low = inside.popFirst() {
            let isRange = inside.count >= 2 && inside.first == "-"
            if isRange { inside.removeFirst() }
            let high = isRange ? inside.removeFirst() : low
            if low <= high { ranges.append(low...high) }
        }
        rest = rest[(end + 1)...]
        return .set(ranges, isExcluded: isExcluded)
    }

    func matches(_ path: String) -> Bool {
        let name = Array(path.unicodeScalars)
        var (at, place) = (0, 0)
        // The position of the last star, and how much of the name it has matched.
        var star: (part: Int, name: Int)?
        while place < name.count {
            if at < parts.count, case .any = parts[at] {
                star = (at, place)
                at += 1
            } else if at < parts.count, parts[at].fits(name[place]) {
                at += 1
                place += 1
            } else if let (starAt, taken) = star {
                star = (starAt, taken + 1)
                at = starAt + 1
                place = taken + 1
            } else {
                return false
            }
        }
        return parts[at...].allSatisfy { if case .any = $0 { true } else { false } }
    }

    /// A path and the paths of the layers that contain it, from the inside out.
    static func layers(of path: String) -> some Sequence<String> {
        sequence(first: path) { inner in inner.lastIndex(of: ".").map { String(inner[..<$0]) } }
    }
}

let pathPatternNatives: [Native] = [
    Native(
        "fits(name, pattern)",
        "Whether a pattern matches a tensor's name, or the name of a layer that contains it. `*` matches "
            + "any text, `?` one character, `[34]` one of several, `[!0]` any other. `freeze` and an "
            + "optimizer's `rates` take such patterns.",
        examples: [
            "print(fits(\"backbone.4.conv.weight\", \"backbone.[3-5]\"), fits(\"head.bias\", \"*.weight\"))  # expect: true false"
        ]
    ) { call in
        let name = try call.string(0)
        guard name.utf8.count <= PathPattern.longest.name else {
            throw Failure(
                .value, "a name has at most \(PathPattern.longest.name) characters", argument: 0)
        }
        let pattern = try PathPattern(text: try call.string(1))
        return .bool(
            try PathPattern.layers(of: name).contains { layer in
                try call.interpreter.checkInterrupt()
                return pattern.matches(layer)
            })
    }
]
