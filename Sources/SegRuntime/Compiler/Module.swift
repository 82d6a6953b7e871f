// One file's global scope, or the prompt's, or the library's: names to places in the
// interpreter's table of globals.

public final class Module {
    /// The path or name of its source.
    public let name: String
    public let isLibrary: Bool
    /// Whether later texts may define new names, as at the prompt.
    public let isOpen: Bool
    /// Names in the order in which they were first met.
    @exclusivity(unchecked) public private(set) var names: [String] = []
    @exclusivity(unchecked) private(set) var slots: [String: Int] = [:]
    /// The `##` lines above `name = e`.
    public internal(set) var docs: [String: String] = [:]

    init(name: String, isLibrary: Bool = false, isOpen: Bool = false) {
        self.name = name
        self.isLibrary = isLibrary
        self.isOpen = isOpen
    }

    func slot(of name: String) -> Int? { slots[name] }

    func define(_ name: String, slot: Int) {
        if slots.updateValue(slot, forKey: name) == nil { names.append(name) }
    }

    func removeAll() {
        names = []
        slots = [:]
        docs = [:]
    }
}
