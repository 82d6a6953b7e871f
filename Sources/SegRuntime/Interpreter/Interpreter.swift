// An interpreter: its globals, its settings, its stack. All state that a script can reach belongs
// to one interpreter, none to the process; two can run on two threads. The machine's loop, the
// operators and the forms of values are in extensions.

@preconcurrency import Glibc
import SegSyntax
import SegSystem
import Synchronization

public final class Interpreter {
    public let library: Library
    /// The status that a script's `exit` gave.
    public var exitStatus: Int32 = 0
    /// Receives the output of `print`, with the line end that the script gave.
    public var output: (String) -> Void = { text in
        fputs(text, stdout)
    }
    /// Writes what `output` still holds back; called where work begins or goes on, which may take long.
    public var flushOutput: () -> Void = { fflush(stdout) }
    /// Receives progress, warnings and the output of `eprint`.
    public var errorOutput: (String) -> Void = { text in
        fflush(stdout)
        fputs(text, stderr)
    }
    /// Writes a remark of the library, which may contain names of files; on a terminal broken between words.
    public func note(_ text: String) {
        let line = "note: \(TextWidth.harmless(text))"
        let lines = terminal.isInteractive ? TextWidth.wrap(line, to: terminal.width) : [line]
        errorOutput(lines.joined(separator: "\n") + "\n")
    }
    /// The terminal that the display forms are fitted to.
    public struct Terminal: Sendable {
        public var width = 80
        public var height = 24
        public var hasColor = false
        public var isInteractive = false
        /// Whether progress is one line that is overwritten in place, on standard error.
        public var hasProgressLine = false
        public init() {}
    }
    public var terminal = Terminal()
    public let interruptFlag: InterruptFlag
    /// Bytes of small requests for which the memory budget was not asked.
    @exclusivity(unchecked) var unasked = 0
    /// The arguments after the script's name; `args` in a script.
    public var arguments: [String] = []
    /// How this process talks to the others of its job.
    public var communicator: any Communicator = SingleProcess.shared
    /// Of several ranks, makes a call on rank 0 and gives all what it gave; nil where there is one process.
    @exclusivity(unchecked) public var atRoot: ((String, () throws -> Value) throws -> Value)?
    /// What the library does around calls of objects.
    @exclusivity(unchecked) public var objectHook: (any ObjectHook)?
    /// How many calls of `isolated` are running.
    public internal(set) var isolationDepth = 0
    /// Makes a failure of an error thrown below the bridge; nil: it is reported unchanged.
    public var translateError: ((any Error) -> Failure?)?

    // Globals of all modules, and what each place is.
    let globals: UnsafeMutablePointer<Value>
    @exclusivity(unchecked) var globalInfos: [GlobalInfo] = []
    private let globalLimit: Int

    enum GlobalInfo {
        /// `isOpen`: an entry of the prompt named it first, so that a function may mention it before it exists.
        case user(String, isOpen: Bool)
        case native(Int)
        case value(Int)
        case script(Int, String)

        var isLibrary: Bool {
            if case .user = self { return false }
            return true
        }
    }

    // The machine's stack of registers and of calls.
    let stack: UnsafeMutablePointer<Value>
    let stackEnd: UnsafeMutablePointer<Value>
    /// Registers below this are initialised.
    var stackReady: UnsafeMutablePointer<Value>
    let frames: UnsafeMutablePointer<Frame>
    var frameCount = 0
    static let frameLimit = 20_000
    private let stackLimit: Int
    /// How much of its thread's stack the interpreter may use, in bytes: natives that call
    /// functions, such as `map`, recurse on it. Less than the stack has.
    @exclusivity(unchecked) public var nativeStackSize = 4 << 20
    /// The lowest address the machine's own recursion may reach.
    var nativeStackFloor: UInt = 0
    /// Entries of native code into the machine that have not ended.
    @exclusivity(unchecked) var nativeDepth = 0
    static let nativeLimit = 20_000
    /// Texts of values that are written while the text of another value is.
    var textDepth = 0
    static let textLimit = 200
    /// Whether the short text of a value is being written.
    var isShortening = false
    /// Functions that lost their global while they may still run.
    @exclusivity(unchecked) var retired: [FunctionObject] = []
    var holdCount = 0
    /// Whether functions of files may not begin, and how often one was refused.
    @exclusivity(unchecked) var refusesFileCode = false
    /// Whether natives may call nothing, as while a file is loaded.
    @exclusivity(unchecked) var refusesCalls = false
    var fileCodeRefusals = 0
    /// Globals of scopes without functions, which may end on any thread: they are freed by the script's.
    let unusedGlobals = UnusedGlobals()
    final class UnusedGlobals: Sendable { let places = Mutex<[Int]>([]) }
    /// Globals of scopes that were discarded, for reuse.
    var freeGlobals: [Int] = []
    /// Used where a register should hold a cell and does not.
    let spareCell = Unmanaged.passRetained(CellObject(.nilValue))

    public let session: Module
    let libraryModule = Module(name: "library", isLibrary: true)
    var loadedScripts: [LoadState]
    enum LoadState { case none, loading, loaded }
    /// The scopes of the library's files that were loaded, by the names of their sources.
    var scriptModules: [String: Module] = [:]
    /// Imported files by path.
    var imported: [String: RecordObject] = [:]
    var importing: [String] = []
    /// Lines noted by lazy computations, and their numbers by instruction.
    var sites: [(code: Code, location: Diagnostic.Location)] = []
    var siteNumbers: [UnsafeMutablePointer<Instruction>: UInt64] = [:]
    private var attachments: [ObjectIdentifier: AnyObject] = [:]
    /// The errors that scripts caught last, so that `error(e)` can raise one again.
    var caughtErrors: [(record: RecordObject, error: ScriptError)] = []

    public init(library: Library, interruptFlag: InterruptFlag = InterruptFlag()) {
        self.library = library
        self.interruptFlag = interruptFlag
        session = Module(name: "<session>")
        loadedScripts = Array(repeating: .none, count: library.scripts.count)
        (globals, globalLimit) = Self.map(1 << 20)
        (stack, stackLimit) = Self.map(1 << 22)
        stackEnd = stack + stackLimit
        stackReady = stack
        frames = UnsafeMutablePointer<Frame>.allocate(capacity: Self.frameLimit + 1)
    }

    deinit {
        globals.deinitialize(count: globalInfos.count)
        munmap(globals, globalLimit * MemoryLayout<Value>.stride)
        stack.deinitialize(count: stackReady - stack)
        munmap(stack, stackLimit * MemoryLayout<Value>.stride)
        frames.deallocate()
        spareCell.release()
    }

    /// Address space for so many values, or for fewer if the system gives less; it takes memory only where it is
    /// used.
    private static func map(_ count: Int) -> (UnsafeMutablePointer<Value>, Int) {
        let flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE
        var count = count
        while true {
            let bytes = count * MemoryLayout<Value>.stride
            if let memory = mmap(nil, bytes, PROT_READ | PROT_WRITE, flags, -1, 0), memory != MAP_FAILED {
                return (memory.bindMemory(to: Value.self, capacity: count), count)
            }
            guard count > 1 << 14 else {
                fputs(
                    "seg: there is no memory for an interpreter; does ulimit -v leave too little?\n", stderr)
                exit(1)
            }
            count /= 2
        }
    }

    /// The failure behind an error that a native threw; nil where no translation is known.
    public func failure(of error: any Error) -> Failure? {
        switch error {
        case let failure as Failure: failure
        case let error as SystemError: Failure(error)
        default: translateError?(error)
        }
    }

    /// The error behind what a `catch` was given, for raising it again.
    public func caughtError(_ record: RecordObject) -> ScriptError? {
        caughtErrors.last { $0.record === record }?.error
    }

    // MARK: The library's state

    /// The library's state, one object per type, made at the first use.
    public func attachment<T: AnyObject>(_ type: T.Type, make: () -> T) -> T {
        if let found = attachments[ObjectIdentifier(type)] { return unsafeDowncast(found, to: type) }
        let made = make()
        attachments[ObjectIdentifier(type)] = made
        return made
    }

    // MARK: Globals

    /// A global of the session, for embedding programs and the prompt.
    public subscript(name: String) -> Value? {
        get {
            guard let slot = session.slot(of: name), !globals[slot].isUnassigned else { return nil }
            return globals[slot]
        }
        set {
            guard let slot = session.slot(of: name) ?? newGlobal(.user(name, isOpen: false)) else { return }
            session.define(name, slot: slot)
            globals[slot] = newValue ?? .unassigned
        }
    }

    /// The user's names in the order of their definition.
    public func userNames() -> [String] { session.names.filter { self[$0] != nil } }

    /// Forgets all names of the session.
    public func reset() {
        for name in session.names { self[name] = nil }
        session.removeAll()
        imported = [:]
    }

    /// A place for one more global; nil when a million are taken.
    func newGlobal(_ info: GlobalInfo) -> Int? {
        if let slot = freeGlobals.popLast() {
            globalInfos[slot] = info
            return slot
        }
        let slot = globalInfos.count
        guard slot < globalLimit else { return nil }
        (globals + slot).initialize(to: .unassigned)
        globalInfos.append(info)
        return slot
    }

    /// The place of a library name in a scope: the library's internal names are only for its files.
    func librarySlot(_ name: String, seenFrom module: Module) -> Int? {
        guard let slot = module.outer?.slot(of: name) ?? visibleSlot(name, seenFrom: module) else {
            return nil
        }
        guard let origin = module.origin else { return slot }
        if case .native(let place)? = library.entries[name], library.natives[place].effect == nil {
            return slot
        }
        // In code of a file, functions of the library are values of the file wherever they are passed, and lists and
        // records are its own.
        guard !globals[slot].isUnassigned || (try? resolved(slot)) != nil else { return nil }
        guard case .object(let object) = globals[slot] else { return slot }
        if object is TypeObject || object is ForeignValue { return slot }
        guard let own = try? value(globals[slot], of: origin) else { return nil }
        guard let bound = newGlobal(.user(name, isOpen: false)) else { return nil }
        globals[bound] = own
        module.define(name, slot: bound)
        return bound
    }

    /// A value of the library as one of a file.
    private func value(_ value: Value, of origin: FileOrigin) throws -> Value {
        guard case .object(let object) = value else { return value }
        switch object {
        case let native as NativeFunction: return .object(native.from(origin))
        case let function as FunctionObject: return .object(function.from(origin))
        case let list as ListObject: return .list(try list.items.map { try self.value($0, of: origin) })
        case let record as RecordObject:
            return .object(
                RecordObject(
                    try zip(record.names, record.values).map { ($0, try self.value($1, of: origin)) }))
        case is Instance: return try copy(value)
        default: return value
        }
    }

    private func visibleSlot(_ name: String, seenFrom module: Module) -> Int? {
        guard module.isLibrary || module.outer != nil || library.contains(name) else { return nil }
        return librarySlot(name)
    }

    /// The place of a library name, internal ones included; nil where there is none.
    func librarySlot(_ name: String) -> Int? {
        if let slot = libraryModule.slot(of: name) { return slot }
        let info: GlobalInfo
        switch library.entries[name] {
        case .native(let place): info = .native(place)
        case .value(let place): info = .value(place)
        case .script(let place): info = .script(place, name)
        case nil: return nil
        }
        guard let slot = newGlobal(info) else { return nil }
        libraryModule.define(name, slot: slot)
        return slot
    }

    /// The value of a library name, internal ones included; loads the file that defines it when needed.
    public func libraryValue(_ name: String) throws -> Value? {
        guard let slot = librarySlot(name) else { return nil }
        return globals[slot].isUnassigned ? try resolved(slot) : globals[slot]
    }

    /// What a name means at the prompt: the user's, else the library's.
    public func value(named name: String) throws -> Value? {
        if let own = self[name] { return own }
        return library.contains(name) ? try libraryValue(name) : nil
    }
}
