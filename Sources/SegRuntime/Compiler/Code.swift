// What the compiler makes of one function, in the form the machine runs: instructions,
// constants, sites with their caches, and for every instruction the piece of the tree it
// came from, from which an error finds its place.

import SegSyntax

/// The part of a function's code that the machine reads at every call.
struct Executable {
    var instructions: UnsafeMutablePointer<Instruction>
    var constants: UnsafeMutablePointer<Value>
    var sites: UnsafeMutablePointer<Site>
    var templates: UnsafeMutablePointer<TextTemplate>
    var registerCount: Int
    /// Registers from here on are read once.
    var firstTemporary: Int
    /// Registers that a caller fills: `self` of a method included.
    var parameterCount: Int
    /// Where a call with all arguments begins: past the defaults.
    var fullEntry: Int
    /// Whether a call with all arguments needs nothing but a frame: no `...rest` to gather, no
    /// hook to notify.
    var isSimple: Bool
}

/// A place in code that names something: a member, a shaped call; with its cache.
struct Site {
    var name = ""
    /// The labels of the arguments where not all are positional.
    var shape: CallShape?
    /// Where to search a function if the value has no such member, nearest first.
    var candidates: [Candidate] = []
    /// The only global it may be, if nothing nearer has the name; else -1.
    var onlyGlobal = -1
    /// The type seen last, and the slot of its field (or, negative, the method -1 - slot).
    var cachedType: Unmanaged<TypeObject>?
    var cachedSlot = 0

    enum Candidate {
        case register(Int)
        case cell(Int)
        case capture(Int)
        case ownFunction
        case method(Int, capturedSelf: Int?)
        case field(Int, capturedSelf: Int?)
        case global(Int)
    }
}

/// The texts of an interpolated string: one before each value and one after the last, as UTF-8
/// side by side.
struct TextTemplate {
    let bytes: UnsafeMutableBufferPointer<UInt8>
    /// Where each text ends.
    let ends: UnsafeMutableBufferPointer<Int>

    init(_ texts: [String]) {
        let joined = Array(texts.joined().utf8)
        bytes = .allocate(capacity: joined.count)
        _ = bytes.initialize(from: joined)
        ends = .allocate(capacity: texts.count)
        var end = 0
        for (place, text) in texts.enumerated() {
            end += text.utf8.count
            ends.initializeElement(at: place, to: end)
        }
    }

    func deallocate() {
        bytes.deallocate()
        ends.deallocate()
    }

    func text(_ place: Int) -> Slice<UnsafeMutableBufferPointer<UInt8>> {
        bytes[(place == 0 ? 0 : ends[place - 1])..<ends[place]]
    }
}

/// How the arguments of a call are labelled, in their order.
final class CallShape {
    let labels: [Argument.Label]
    init(_ labels: [Argument.Label]) { self.labels = labels }
}

/// Where an instruction came from.
enum Origin {
    case expression(Expression)
    /// The nth sign of a chained comparison.
    case comparison(Expression, Int)
    case place(Span)
    case assignment(Span, point: Span, operands: [Span])
}

/// A stretch of code inside `try`, and where its errors go.
struct Handler {
    let start: Int
    let end: Int
    let target: Int
    /// Gets the error. Those after it, up to the temporary ones, belong to blocks inside of `try`.
    let register: Int
    /// The first temporary register that only what is inside of `try` uses.
    let firstFree: Int
}

/// Which object a closure captures when it is made.
enum CaptureSource {
    /// A cell in a register of the function around.
    case register(Int)
    /// A capture of the enclosing function.
    case capture(Int)
    /// The object of the enclosing method or body.
    case ownObject
    /// The enclosing function.
    case ownFunction
}

/// The compiled form of one function, type body or file.
public final class Code {
    public enum Role: Sendable { case file, function, method, typeBody }

    public let name: String
    public let role: Role
    public let source: Source
    public let syntax: FunctionSyntax?
    public let module: Module
    public let parameters: [ParameterInfo]
    /// The names of the captured variables, in order; `self` for an object.
    public let captureNames: [String]
    let captureSources: [CaptureSource]
    let executable: UnsafeMutablePointer<Executable>
    let instructionCount: Int
    let origins: [Origin]
    /// In the order of their ends: those within others come first.
    private let handlers: [Handler]

    /// The innermost handler of an instruction.
    func handler(at offset: Int) -> Handler? {
        var (low, high) = (0, handlers.count)
        while low < high {
            let middle = (low + high) / 2
            if handlers[middle].end > offset { high = middle } else { low = middle + 1 }
        }
        return handlers[low...].first { $0.start <= offset }
    }
    let functions: [Code]
    let types: [TypeCode]
    let names: [String]
    let formats: [TextFormat]
    /// Parameters a call must give, `self` left out.
    let required: Int
    private let constantCount: Int
    let siteCount: Int
    private let templateCount: Int

    var hasSelf: Bool { role == .method || role == .typeBody }
    var hasRest: Bool { parameters.last?.isRest ?? false }
    let isForward: Bool

    init(_ parts: CodeParts) {
        name = parts.name
        role = parts.role
        source = parts.source
        syntax = parts.syntax
        module = parts.module
        parameters = parts.parameters
        captureNames = parts.captureNames
        captureSources = parts.captureSources
        origins = parts.origins
        handlers = parts.handlers
        functions = parts.functions
        types = parts.types
        names = parts.names
        formats = parts.formats
        required = parts.parameters.filter { $0.defaultSource == nil && !$0.isRest }.count
        isForward = parts.role == .method && parts.name == "forward"
        instructionCount = parts.instructions.count
        constantCount = parts.constants.count
        siteCount = parts.sites.count
        let instructions = UnsafeMutablePointer<Instruction>.allocate(capacity: max(1, instructionCount))
        instructions.initialize(from: parts.instructions, count: instructionCount)
        let constants = UnsafeMutablePointer<Value>.allocate(capacity: max(1, constantCount))
        constants.initialize(from: parts.constants, count: constantCount)
        let sites = UnsafeMutablePointer<Site>.allocate(capacity: max(1, siteCount))
        sites.initialize(from: parts.sites, count: siteCount)
        templateCount = parts.templates.count
        let templates = UnsafeMutablePointer<TextTemplate>.allocate(capacity: max(1, templateCount))
        templates.initialize(from: parts.templates, count: templateCount)
        executable = UnsafeMutablePointer<Executable>.allocate(capacity: 1)
        let hasRest = parts.parameters.last?.isRest ?? false
        let hasSelf = parts.role == .method || parts.role == .typeBody
        executable.initialize(
            to: Executable(
                instructions: instructions, constants: constants, sites: sites,
                templates: templates,
                registerCount: parts.registerCount, firstTemporary: parts.firstTemporary,
                parameterCount: parts.parameters.count + (hasSelf ? 1 : 0),
                fullEntry: parts.fullEntry, isSimple: !hasRest && !isForward))
    }

    deinit {
        let parts = executable.pointee
        parts.instructions.deinitialize(count: instructionCount)
        parts.instructions.deallocate()
        parts.constants.deinitialize(count: constantCount)
        parts.constants.deallocate()
        for place in 0..<siteCount { parts.sites[place].cachedType?.release() }
        parts.sites.deinitialize(count: siteCount)
        parts.sites.deallocate()
        for place in 0..<templateCount { parts.templates[place].deallocate() }
        parts.templates.deallocate()
        executable.deallocate()
    }

    /// The signature as help and errors show it.
    public var signature: String { parameters.signature(name) }
}

/// The compiler's result.
struct CodeParts {
    var name: String
    var role: Code.Role
    var source: Source
    var syntax: FunctionSyntax?
    var module: Module
    var parameters: [ParameterInfo] = []
    var captureNames: [String] = []
    var captureSources: [CaptureSource] = []
    var instructions: [Instruction] = []
    var constants: [Value] = []
    var sites: [Site] = []
    var templates: [TextTemplate] = []
    var origins: [Origin] = []
    var handlers: [Handler] = []
    var functions: [Code] = []
    var types: [TypeCode] = []
    var names: [String] = []
    var formats: [TextFormat] = []
    var registerCount = 0
    var firstTemporary = 0
    var fullEntry = 0
}

/// A type's names, body and methods.
final class TypeCode {
    let shape: TypeShape
    let body: Code
    let methods: [Code]
    init(shape: TypeShape, body: Code, methods: [Code]) {
        self.shape = shape
        self.body = body
        self.methods = methods
    }
}
