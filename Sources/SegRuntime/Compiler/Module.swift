// One file's global scope, or the prompt's, or the library's: names to places in the
// interpreter's table of globals.

public final class Module {
    /// The path or name of its source.
    public let name: String
    public let isLibrary: Bool
    /// Whether later texts may define new names, as at the prompt.
    public let isOpen: Bool
    /// The file from which its code came.
    public let origin: FileOrigin?
    /// The scope of the library's file of which an earlier version made this code; its names can be read.
    public let outer: Module?
    /// Names in the order in which they were first met.
    @exclusivity(unchecked) public private(set) var names: [String] = []
    @exclusivity(unchecked) private(set) var slots: [String: Int] = [:]
    /// The `##` lines above `name = e`.
    public internal(set) var docs: [String: String] = [:]
    /// Names that functions bind by `global`.
    var rebound: Set<String> = []
    /// Called with its places in the table when no code of it is left.
    private let whenUnused: (([Int]) -> Void)?

    init(
        name: String, isLibrary: Bool = false, isOpen: Bool = false, origin: FileOrigin? = nil,
        outer: Module? = nil, whenUnused: (([Int]) -> Void)? = nil
    ) {
        self.whenUnused = whenUnused
        self.origin = origin
        self.outer = outer
        self.name = name
        self.isLibrary = isLibrary
        self.isOpen = isOpen
    }

    deinit { whenUnused?(Array(slots.values)) }

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
