// What a table of names (NameTable) holds: a name with its places, and the scope that it is bound in.

/// One name of a text.
public final class BoundName {
    public enum Kind: Sendable { case variable, function, type, parameter, field, method, loop, caught }

    /// A place where the name stands.
    public struct Place: Sendable {
        public let span: Span
        /// Whether the place gives the name a value.
        public let isBinding: Bool
    }

    public let name: String
    public internal(set) var kind: Kind
    /// Where the name is first bound.
    public let definition: Span
    public internal(set) var places: [Place] = []
    /// The `##` lines above it.
    public internal(set) var doc: String?
    /// Of a function, method or type.
    public internal(set) var function: FunctionSyntax?
    /// The value that it is first given.
    public internal(set) var value: Expression?
    /// Of a field or method: its type.
    public internal(set) weak var type: BoundName?
    /// Of a type: its fields and methods.
    public internal(set) var members: [BoundName] = []
    /// Whether a call may name it.
    public var isParameter: Bool { kind == .parameter || kind == .field }
    /// Of a function or type: its parameters by name.
    var parameters: [String: BoundName] = [:]
    /// How often a statement binds it.
    var bindings = 0
    unowned let scope: NameScope

    init(_ name: String, _ kind: Kind, _ definition: Span, _ scope: NameScope) {
        self.name = name
        self.kind = kind
        self.definition = definition
        self.scope = scope
    }

    /// Whether the name means one function or type in all of its scope, so that calls of it are known.
    var isStable: Bool { bindings == 1 && function != nil }
}

/// A part of the text in which names are bound.
final class NameScope {
    enum Role { case file, function, type, block }
    let role: Role
    let parent: NameScope?
    let span: Span
    /// The type whose body this is.
    let owner: BoundName?
    var names: [String: BoundName] = [:]

    init(_ role: Role, _ parent: NameScope?, _ span: Span, owner: BoundName? = nil) {
        self.role = role
        self.parent = parent
        self.span = span
        self.owner = owner
    }
}
