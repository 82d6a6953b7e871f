// What a library does around objects that can be called, those of types with a method `forward`: it is
// notified of each call, and defines how such objects are shown and what their children may be. It can give
// members to objects of other sorts, too, and show these. An interpreter has at most one hook; without one
// these objects are like all others.

public protocol ObjectHook: AnyObject {
    /// What errors call such an object, as in "index 9 is out of range: the Stack has 3 parts".
    var noun: String { get }

    /// A call of an object's `forward` begins with its first argument.
    /// - Parameter depth: matches the end of a call with its beginning: between the two there are only
    ///   calls of a greater depth.
    /// - Returns: what `ended` or `failed` receives for this call.
    func began(_ object: Instance, _ argument: Value, depth: Int) -> UInt8

    /// The call that began at this depth returned a result.
    /// - Returns: what the caller gets.
    func ended(_ result: Value, depth: Int, _ state: UInt8) -> Value

    /// The call ended with an error.
    func failed(_ state: UInt8)

    /// The names of members that an object has beside its own, because of what it is.
    func memberNames(of object: Instance) -> [String]
    /// The help of the error for a member that an object lacks.
    func help(forMissing name: String, of object: Instance) -> String?

    /// One of these members; nil where the object has none of this name.
    func member(_ name: String, of object: Instance, _ interpreter: Interpreter) throws -> Value?

    /// What `object[i]` gives, of what its `at(i)` gave.
    func element(_ value: Value, of object: Instance) throws -> Value
    /// What `object[a...b]` gives; nil: a list of its elements.
    func part(of object: Instance, _ places: Range<Int>, _ interpreter: Interpreter) throws -> Value?

    /// The form at the prompt; nil: the one-line form.
    func display(_ object: Instance, _ interpreter: Interpreter) throws -> String?

    /// Throws where a value cannot be one of the children of an object.
    func checkChild(_ value: Value, of parent: Instance, _ interpreter: Interpreter) throws
}
