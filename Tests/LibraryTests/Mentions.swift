// What a text calls by name: `name(a, option=1)` and `x.name(…)`, the options that it names beside
// calls, and the names that it defines.

/// A name directly before an opening bracket.
struct Mention: Equatable {
    let name: String
    /// Whether it follows a point: `x.name(…)`.
    let isMember: Bool
    /// The named arguments.
    let options: [String]
    /// The line in the text, from 0.
    let line: Int
}

/// The calls and options of one text.
struct Mentions {
    private(set) var calls: [Mention] = []
    /// Names before `=` outside of all brackets, as in: `by="random"` draws them.
    private(set) var looseOptions: [(name: String, line: Int)] = []

    private let characters: [Character]

    init(in text: String) {
        characters = Array(text)
        var line = 0
        var depth = 0
        var at = 0
        while at < characters.count {
            let character = characters[at]
            if character == "\n" { line += 1 }
            // A blank line ends what was left open.
            if character == "\n", at + 1 < characters.count, characters[at + 1] == "\n" { depth = 0 }
            if Self.isWord(character) {
                let start = at
                while at < characters.count, Self.isWord(characters[at]) { at += 1 }
                take(start..<at, line, depth)
                continue
            }
            if "([{".contains(character) { depth += 1 }
            if ")]}".contains(character) { depth = max(0, depth - 1) }
            at += 1
        }
    }

    private static func isWord(_ character: Character) -> Bool {
        character == "_" || character.isLetter || character.isNumber || character == TextLiterals.hole
    }

    private mutating func take(_ range: Range<Int>, _ line: Int, _ depth: Int) {
        let name = String(characters[range])
        guard let first = name.first, !first.isNumber, !name.contains(TextLiterals.hole) else { return }
        let before = range.lowerBound > 0 ? characters[range.lowerBound - 1] : " "
        let second = range.lowerBound > 1 ? characters[range.lowerBound - 2] : " "
        let next = range.upperBound < characters.count ? characters[range.upperBound] : " "
        if next == "(" {
            // An attribute of Swift, in documents on the project's own code.
            if before == "@" { return }
            // `...name(` spreads a call; a sentence's point is followed by a space.
            let isMember = before == "." && second != "."
            calls.append(
                Mention(name: name, isMember: isMember, options: options(after: range.upperBound), line: line)
            )
        } else if next == "=", depth == 0, !"=~".contains(character(range.upperBound + 1)),
            !".\"'-$".contains(before)
        {
            looseOptions.append((name, line))
        }
    }

    private func character(_ place: Int) -> Character { place < characters.count ? characters[place] : " " }

    /// The names before `=` directly inside the brackets that open at a place.
    private func options(after opening: Int) -> [String] {
        var found: [String] = []
        var depth = 0
        var at = opening
        var isString = false
        while at < characters.count {
            let character = characters[at]
            if character == "\"" { isString.toggle() }
            if !isString {
                if "([{".contains(character) { depth += 1 }
                if ")]}".contains(character) { depth -= 1 }
                if depth == 0 { break }
                if depth == 1, "(,".contains(character), let name = option(after: at) { found.append(name) }
            }
            at += 1
        }
        return found
    }

    private func option(after place: Int) -> String? {
        var at = place + 1
        while character(at).isWhitespace, at < characters.count { at += 1 }
        let start = at
        while at < characters.count, Self.isWord(characters[at]) { at += 1 }
        guard at > start, character(at) == "=", character(at + 1) != "=" else { return nil }
        let name = String(characters[start..<at])
        return name.contains(TextLiterals.hole) ? nil : name
    }

    /// The names that a text binds: `f(x) = …`, `type T(x)`, `a, b = …`, `x -> …`, `for i, x in …`,
    /// with the parameters of what it defines.
    static func bound(in text: String) -> Set<String> {
        var names: Set<String> = []
        func add(_ list: Substring) {
            for word in list.split(whereSeparator: { !isWord($0) }) { names.insert(String(word)) }
        }
        for match in text.matches(of: #/([\w, ]+) = /#) { add(match.1) }
        for match in text.matches(of: #/(\w+)\(([^()]*(?:\([^()]*\)[^()]*)*)\) (?:= |\{)/#) {
            add(match.1)
            add(match.2)
        }
        for match in text.matches(of: #/type (\w+)\(([^)]*)\)/#) {
            add(match.1)
            add(match.2)
        }
        for match in text.matches(of: #/(\w+) ->/#) { add(match.1) }
        for match in text.matches(of: #/[(\[]([^()\[\]]*)[)\]] ->/#) { add(match.1) }
        for match in text.matches(of: #/for ([\w, ]+) in /#) { add(match.1) }
        return names
    }
}
