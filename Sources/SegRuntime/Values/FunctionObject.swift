// Functions as values: those of a script with what they captured, those of the library's
// natives, and methods bound to their object.

import SegSyntax

/// A parameter as users see it: its name and the text of its default.
public struct ParameterInfo: Sendable {
    /// The name; of a parameter in brackets its text, `[i, x]`.
    public let name: String
    /// The source of the default, nil for a required parameter.
    public let defaultSource: String?
    public let isRest: Bool
    /// The names in its brackets, where it unpacks its argument.
    public let unpacked: [String]

    public init(name: String, defaultSource: String?, isRest: Bool, unpacked: [String] = []) {
        self.name = name
        self.defaultSource = defaultSource
        self.isRest = isRest
        self.unpacked = unpacked
    }

    /// Whether a call can give it by a name.
    public var hasName: Bool { !isRest && unpacked.isEmpty }

    func isNamed(_ label: String) -> Bool { hasName && name == label }

    /// As in a signature: `x`, `low=nil`, `...rest`.
    public var text: String {
        if isRest { return "...\(name)" }
        return defaultSource.map { "\(name)=\($0)" } ?? name
    }
}

extension Array where Element == ParameterInfo {
    /// `name(x, low=nil)`.
    public func signature(_ name: String) -> String {
        "\(name)(\(map(\.text).joined(separator: ", ")))"
    }
}

/// A variable that closures share with the function that made it.
public final class CellObject: Object {
    @exclusivity(unchecked) public var value: Value

    public init(_ value: Value) {
        self.value = value
        super.init(kind: .cell)
    }

    /// Sets a variable that functions may have captured.
    public func set(_ value: Value) {
        ReferenceCycles.note(self, holds: value)
        self.value = value
    }

    deinit {
        if value.isContainer {
            var pending = [value]
            value = .nilValue
            releaseDeep(&pending)
        }
    }
}

/// A function written in seg: its code and the variables it captured.
public final class FunctionObject: Object {
    public let code: Code
    /// The file from which it came; nil for the user's and the library's own.
    public let origin: FileOrigin?
    /// Cells of variables, or the objects themselves (`self`, the function around).
    @usableFromInline let captures: UnsafeMutablePointer<Object>
    private(set) var executable: UnsafeMutablePointer<Executable>
    private var captureCount: Int

    init(code: Code, captures captured: [Object], origin: FileOrigin? = nil) {
        self.code = code
        self.origin = origin
        executable = code.executable
        if origin != nil {
            // Calls of it take the way on which `checkFileCode` is.
            executable = UnsafeMutablePointer<Executable>.allocate(capacity: 1)
            executable.initialize(to: code.executable.pointee)
            executable.pointee.isSimple = false
        }
        captureCount = captured.count
        captures = UnsafeMutablePointer<Object>.allocate(capacity: max(1, captured.count))
        for (place, object) in captured.enumerated() { (captures + place).initialize(to: object) }
        super.init(kind: .function)
    }

    deinit {
        if captureCount > 0 {
            var pending: [Value] = []
            moveCaptures(to: &pending)
            releaseDeep(&pending)
        }
        captures.deallocate()
        if origin != nil { executable.deallocate() }
    }

    func moveCaptures(to pending: inout [Value]) {
        for place in 0..<captureCount { pending.append(.object((captures + place).move())) }
        captureCount = 0
    }

    /// What the function captured, in the order of `code.captureNames`: cells, or `self`.
    public var captured: [Object] { (0..<captureCount).map { captures[$0] } }

    func visitCaptures(_ body: (Object) -> Void) { for place in 0..<captureCount { body(captures[place]) } }

    /// The same code with other captured variables; for `copy` and `load`.
    public func withCaptures(_ objects: [Object]) -> FunctionObject {
        FunctionObject(code: code, captures: objects, origin: origin)
    }

    /// The same function as a value of a file; itself if it is one already.
    public func from(_ origin: FileOrigin) -> FunctionObject {
        self.origin == nil ? FunctionObject(code: code, captures: captured, origin: origin) : self
    }

    /// Whether it is the same function, wherever it is a value of.
    public func isSame(as other: FunctionObject) -> Bool {
        self === other || code === other.code && captured.elementsEqual(other.captured, by: ===)
    }

    /// Its name; nil for `x -> e`.
    public var name: String? { code.syntax?.name }
    public var doc: String? { code.syntax?.doc }
    public var parameters: [ParameterInfo] { code.parameters }
    /// Its own text, from the name or first parameter to the end.
    public var source: String { code.syntax.map { code.source.text($0.span) } ?? code.name }
}

/// A native with its parsed signature.
public final class NativeFunction: Object {
    public let native: Native
    /// The row's fast path.
    let quick: (@Sendable (UnsafeMutablePointer<Value>, Int) -> Value?)?
    public let name: String
    public let parameters: [ParameterInfo]
    let required: Int
    let hasRest: Bool
    /// The expressions of the defaults; a literal's value is kept, others are evaluated once.
    var defaults: [Default]
    /// The file of which this is a value; nil elsewhere.
    public let origin: FileOrigin?
    /// `given` for calls with so many positional arguments, made once.
    var givenByCount: [[Bool]] = []

    enum Default {
        case none
        case value(Value)
        case expression(Expression)
    }

    init(
        native: Native, name: String, parameters: [ParameterInfo], defaults: [Default],
        origin: FileOrigin? = nil
    ) {
        self.native = native
        // Calls of one of a file take the way on which it may be refused.
        quick = origin == nil ? native.quick : nil
        self.name = name
        self.parameters = parameters
        self.defaults = defaults
        self.origin = origin
        hasRest = parameters.contains { $0.isRest }
        required = parameters.filter { $0.defaultSource == nil && !$0.isRest }.count
        super.init(kind: .native)
        givenByCount = (0...parameters.count).map { count in parameters.indices.map { $0 < count } }
    }

    public var signature: String { native.signature }

    /// The same native as a value of a file.
    public func from(_ origin: FileOrigin) -> NativeFunction {
        NativeFunction(
            native: native, name: name, parameters: parameters, defaults: defaults, origin: origin)
    }
}

/// `object.method`, bound when it was read.
public final class BoundMethod: Object {
    @exclusivity(unchecked) public private(set) var receiver: Instance?
    public let function: FunctionObject

    init(receiver: Instance, function: FunctionObject) {
        self.receiver = receiver
        self.function = function
        super.init(kind: .bound)
    }

    deinit {
        var pending: [Value] = []
        moveReceiver(to: &pending)
        releaseDeep(&pending)
    }

    /// The same method as a value of a file.
    public func from(_ origin: FileOrigin) -> BoundMethod {
        guard let receiver else { return self }
        return BoundMethod(receiver: receiver, function: function.from(origin))
    }

    func moveReceiver(to pending: inout [Value]) {
        if let receiver { pending.append(.object(receiver)) }
        receiver = nil
    }
}
