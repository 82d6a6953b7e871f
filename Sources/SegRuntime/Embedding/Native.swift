// One row of the table of natives. seg's parser parses the signature: arity, named arguments,
// defaults, help, completion and the tests of the examples all come from the row. Natives
// report what is wrong; the machine adds where.

import SegSyntax
import SegSystem

/// A function of the library written in Swift.
public struct Native: Sendable {
    /// As in a script: `clamp(x, low=nil, high=nil)`, `print(...values)`.
    public let signature: String
    /// The first sentence is what completion and topic lists show.
    public let doc: String
    /// Scripts with `# expect: …` comments; shown by help and run by the tests.
    public let examples: [String]
    /// The topic of the help it is listed under: "numbers", "lists", …
    public private(set) var topic = ""
    public let body: @Sendable (inout Arguments) throws -> Value
    /// A fast path for calls with positional arguments only, read in place; nil: the body does it.
    /// For the few natives that loops call very often.
    public let quick: (@Sendable (UnsafeMutablePointer<Value>, Int) -> Value?)?
    /// What it does outside of the process; refused to code that came from a file.
    public let effect: Effect?
    /// Whether what it finds may differ from process to process: the time, the files of a folder. Of several
    /// ranks, rank 0 asks, and all get its answer.
    public let asksRoot: Bool

    public init(
        _ signature: String, _ doc: String, examples: [String] = [], effect: Effect? = nil,
        asksRoot: Bool = false,
        quick: (@Sendable (UnsafeMutablePointer<Value>, Int) -> Value?)? = nil,
        _ body: @escaping @Sendable (inout Arguments) throws -> Value
    ) {
        self.signature = signature
        self.doc = doc
        self.examples = examples
        self.effect = effect
        self.asksRoot = asksRoot
        self.quick = quick
        self.body = body
    }

    /// The same row under a topic; lets a list of rows name its topic once.
    public func listed(under topic: String) -> Native {
        var row = self
        row.topic = topic
        return row
    }
}

/// What a native, or anything called by the machine, throws: what is wrong, in the user's
/// terms. The machine adds the place and the calls.
public struct Failure: Error, Sendable {
    public var kind: ErrorKind
    public var message: String
    public var help: String?
    /// Shown under the operands or arguments, in their order; empty texts are left out.
    public var notes: [String]
    /// The parameter (by its place in the signature) whose argument is to be underlined.
    public var argument: Int?
    /// Where the mistake was made, when it shows only later, as in a lazy computation.
    public var location: Diagnostic.Location?

    public init(
        _ kind: ErrorKind, _ message: String, help: String? = nil, notes: [String] = [], argument: Int? = nil
    ) {
        self.kind = kind
        self.message = message
        self.help = help
        self.notes = notes
        self.argument = argument
    }
}

extension Failure {
    /// What went wrong with a file or memory.
    public init(_ error: SystemError) {
        let kind: ErrorKind =
            switch error.kind {
            case .file: .file
            case .memory: .memory
            case .ended: .interrupt
            }
        self.init(kind, error.message, help: error.help)
    }
}

extension Failure: ExplainedError {
    public var endsWork: Bool { kind.endsWork }
}

extension ScriptError: ExplainedError {
    public var message: String { diagnostic.message }
    public var help: String? { diagnostic.help }
    public var endsWork: Bool { diagnostic.kind.endsWork }
}

extension ErrorKind {
    fileprivate var endsWork: Bool { self == .interrupt || self == .memory || self == .exit }
}

/// A failure with its place, as it leaves the machine; what embedders and the console catch.
public struct ScriptError: Error {
    public var diagnostic: Diagnostic
    /// What else is wrong with a text that could not be compiled; of an interrupt, with what followed it.
    public var others: [Diagnostic]
    /// The objects whose `forward` the error left.
    var left: LeftObjects?
    public init(_ diagnostic: Diagnostic, others: [Diagnostic] = []) {
        self.diagnostic = diagnostic
        self.others = others
    }
}

/// The arguments of one native call, in the order of the signature, defaults filled in.
/// The typed accessors throw an error that names the function, the argument, the expected kind
/// and the given value.
public struct Arguments {
    public let interpreter: Interpreter
    public let native: NativeFunction
    public var values: [Value]
    /// Which parameters the call itself gave.
    public let given: [Bool]

    public init(interpreter: Interpreter, native: NativeFunction, values: [Value], given: [Bool]) {
        self.interpreter = interpreter
        self.native = native
        self.values = values
        self.given = given
    }

    public subscript(place: Int) -> Value { values[place] }
    public func isGiven(_ place: Int) -> Bool { given[place] }
}
