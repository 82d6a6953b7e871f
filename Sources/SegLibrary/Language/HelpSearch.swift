// Searching the help: words in any order and form, in names, topics, forms of the language and texts; words of
// other libraries by HelpSynonyms.

import SegRuntime
import SegSystem

/// What a search of the help found.
public struct HelpFindings: Sendable {
    /// Sentences that answer by themselves.
    public var notes: [String] = []
    /// The likeliest first; topics and forms are among them.
    public var entries: [HelpEntry] = []
    /// Whether a name, form, topic or known phrase was meant, and not only words of texts.
    public var isMeant = false

    public var isEmpty: Bool { notes.isEmpty && entries.isEmpty }
}

extension Interpreter {
    /// What the help has on a text; nothing on one that nobody has typed.
    public func helpSearch(_ text: String) -> HelpFindings {
        guard text.utf8.count <= 1000 else { return HelpFindings() }
        let wanted = SearchWords(text)
        guard !wanted.stems.isEmpty else { return HelpFindings() }
        var found = HelpFindings()
        var known: Set<String> = []
        func add(_ entry: HelpEntry?) {
            if let entry, known.insert(entry.name).inserted { found.entries.append(entry) }
        }
        if library.contains(text) { add(help(named: text)) }
        if text.count > 1, let form = HelpForm.named(text) { add(form.entry) }
        for form in HelpForm.all where wanted.areAll(in: form.names.map(SearchWords.stem), exactly: true) {
            add(form.entry)
        }
        func addSynonyms(_ synonyms: [HelpSynonym]) {
            for synonym in synonyms {
                if let note = synonym.note { found.notes.append(note) }
                for name in synonym.names { add(helpEntry(onNameOrTopic: name)) }
            }
        }
        addSynonyms(HelpSynonym.meant(by: wanted))
        for topic in helpTopics() where wanted.areAll(in: [SearchWords.stem(topic.topic)]) {
            add(helpEntry(onNameOrTopic: topic.topic))
        }
        found.isMeant = !found.isEmpty
        if found.isEmpty { addSynonyms(HelpSynonym.meaningMore(than: wanted)) }
        let ranked = helpRanking(wanted, raw: text.lowercased())
        // Where nothing has all the words, what has most of them may still be meant.
        let most = ranked.map(\.words).max() ?? 0
        let isPartial = most < wanted.stems.count
        if isPartial, !found.isEmpty { return found }
        let isAnswered = !found.isEmpty
        for row in ranked where row.words == most && most > 0 && 2 * most >= wanted.stems.count {
            // Words somewhere in a text add nothing to an answer.
            if !isAnswered || !row.isInText { add(row.entry) }
        }
        return found
    }

    /// A name, form or topic as an entry.
    func helpEntry(onNameOrTopic name: String) -> HelpEntry? {
        if let topic = leadingTopics().first(where: { $0.topic == name }) {
            let first = topic.names.prefix(6).joined(separator: " ")
            return HelpEntry(
                name: name, signature: name, doc: "A topic: \(first) …", topic: name, examples: [])
        }
        return help(named: name)
    }

    /// All names and forms with how many of the words they have; where a word is in the name, before those that
    /// have it in their first sentence, and those in the rest of their text last.
    private func helpRanking(_ wanted: SearchWords, raw: String)
        -> [(entry: HelpEntry, words: Int, isInText: Bool)]
    {
        var rows: [(entry: HelpEntry, words: Int, place: Int)] = []
        let entries = library.names.sorted().compactMap { help(named: $0) } + HelpForm.all.map(\.entry)
        for entry in entries {
            let inName = SearchWords(entry.name).stems
            if entry.name.lowercased() == raw {
                rows.append((entry, wanted.stems.count, 0))
                continue
            }
            let summary = SearchWords(entry.summary).stems
            let parts = [inName, inName + summary, inName + summary + SearchWords(entry.doc).stems]
            var counts = parts.map { wanted.count(in: $0) }
            if raw.count > 2, entry.name.lowercased().contains(raw) { counts[0] = wanted.stems.count }
            guard let best = counts.max(), best > 0 else { continue }
            rows.append((entry, best, 1 + (counts.firstIndex(of: best) ?? 2)))
        }
        return rows.sorted {
            ($1.words, $0.place, $0.entry.name) < ($0.words, $1.place, $1.entry.name)
        }.map { ($0.entry, $0.words, $0.place > 2) }
    }
}

extension HelpSynonym {
    /// The words of the phrases of all.
    private static let searched = all.map { (synonym: $0, phrases: $0.phrases.map { SearchWords($0) }) }

    /// Those of which a search has all words of a phrase, longer phrases first.
    fileprivate static func meant(by wanted: SearchWords) -> [HelpSynonym] {
        best { phrase in phrase.areAll(in: wanted.stems, exactly: true) ? phrase.stems.count : 0 }
    }

    /// The names that answer the words of a name, as a hint; nil where no phrase has just these words.
    static func hint(for name: String) -> String? {
        // A short name is rather a variable.
        guard name.count > 2 else { return nil }
        let wanted = SearchWords(name)
        let meant = searched.filter { entry in
            entry.phrases.contains { words in
                words.areAll(in: wanted.stems, exactly: true) && wanted.areAll(in: words.stems, exactly: true)
            }
        }.map(\.synonym)
        let names = meant.flatMap(\.names).filter {
            $0.allSatisfy { $0.isLetter || $0.isNumber || $0 == "_" }
        }
        let texts =
            [names.isEmpty ? nil : "see " + names.prefix(4).joined(separator: ", ")] + meant.map(\.note)
        let said = texts.compactMap { $0 }
        return said.isEmpty ? nil : said.joined(separator: "; ")
    }

    /// Those with a phrase that has all words of the search.
    fileprivate static func meaningMore(than wanted: SearchWords) -> [HelpSynonym] {
        best { phrase in wanted.areAll(in: phrase.stems) ? 1 : 0 }
    }

    private static func best(_ score: (SearchWords) -> Int) -> [HelpSynonym] {
        let scored = searched.map { ($0.synonym, $0.phrases.map(score).max() ?? 0) }
        let most = scored.map(\.1).max() ?? 0
        return most == 0 ? [] : scored.filter { $0.1 == most }.map(\.0)
    }
}

/// The words of a text without their endings, so that `stopping` finds `stop`, and `labels` `label`.
struct SearchWords {
    let stems: [String]

    init(_ text: String) {
        var words: [String] = []
        var word = ""
        let characters = Array(text)
        for (place, c) in characters.enumerated() {
            if c.isLetter || c.isNumber {
                // `BatchNorm` has two words, `2d` and `mIoU` have one.
                let isStart =
                    c.isUppercase && word.count > 2 && characters[place - 1].isLowercase
                    && place + 1 < characters.count && characters[place + 1].isLowercase
                if isStart {
                    words.append(word)
                    word = ""
                }
                word += c.lowercased()
            } else if !word.isEmpty {
                words.append(word)
                word = ""
            }
        }
        if !word.isEmpty { words.append(word) }
        let telling = words.filter { !Self.common.contains($0) }
        stems = (telling.isEmpty ? words : telling).map(Self.stem)
    }

    /// Words of a question that say nothing about its subject.
    private static let common: Set<String> = [
        "a", "an", "the", "of", "to", "how", "do", "does", "i", "in", "on", "with", "for", "is", "are",
        "what", "my",
        "and", "can", "use", "using", "get", "make", "by", "from", "it",
    ]

    static func stem(_ word: String) -> String {
        var text = word.lowercased()
        if text.count > 4, text.hasSuffix("s"), !text.hasSuffix("ss"), !text.hasSuffix("ies"),
            !text.hasSuffix("es")
        {
            text.removeLast()
        }
        for ending in ["isation", "ization", "ation", "ing", "ies", "ed", "es", "s", "er", "e"]
        where text.hasSuffix(ending) && text.count - ending.count >= 3 && !text.hasSuffix("ss") {
            text.removeLast(ending.count)
            if ending == "ies" { text += "y" }
            if ending.hasSuffix("zation") || ending.hasSuffix("sation") { text += "iz" }
            break
        }
        // `stopping`, `cropped`.
        if text.count > 3, let last = text.last, text.dropLast().last == last, !"aeiouls".contains(last) {
            text.removeLast()
        }
        return text
    }

    /// How many of the words begin one of those of a text.
    func count(in words: [String]) -> Int {
        stems.count { stem in words.contains { Self.fits(stem, $0) } }
    }

    /// Whether all of the words are among those of a text.
    func areAll(in words: [String], exactly: Bool = false) -> Bool {
        stems.allSatisfy { stem in words.contains { exactly ? $0 == stem : Self.fits(stem, $0) } }
    }

    private static func fits(_ stem: String, _ word: String) -> Bool {
        word == stem || stem.count >= 3 && word.hasPrefix(stem)
    }
}
