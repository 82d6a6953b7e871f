// The element types of tensors and NumPy's rules for mixing them.

/// The type of a tensor's elements.
public enum DType: String, CaseIterable, Sendable, Hashable, Encodable {
    case float32, float64, int64, int32, uint8, bool

    /// Bytes an element.
    public var size: Int {
        switch self {
        case .float64, .int64: 8
        case .float32, .int32: 4
        case .uint8, .bool: 1
        }
    }

    /// The number of the type in the C kernels.
    var kind: Int {
        switch self {
        case .float32: 0
        case .float64: 1
        case .int64: 2
        case .int32: 3
        case .uint8: 4
        case .bool: 5
        }
    }

    /// Whether it is float32 or float64.
    public var isFloating: Bool { self == .float32 || self == .float64 }

    /// Whether it is a whole-number type; bool is not.
    public var isInteger: Bool { self == .int64 || self == .int32 || self == .uint8 }

    /// The type of an operation on two tensors: int64 and int32 with float32 give float64, as in NumPy, so
    /// that counts stay exact; uint8 and bool fit into float32 exactly.
    static func promoted(_ a: DType, _ b: DType) -> DType {
        if a == b { return a }
        if a == .float64 || b == .float64 { return .float64 }
        if a == .float32 || b == .float32 {
            let other = a == .float32 ? b : a
            return other == .int64 || other == .int32 ? .float64 : .float32
        }
        if a == .int64 || b == .int64 { return .int64 }
        if a == .int32 || b == .int32 { return .int32 }
        return .uint8
    }

    /// The type of an operation on a tensor of this type and a plain number: a float keeps its type, a whole
    /// number keeps an integer tensor's type if it fits, anything else gives float64.
    func promoted(with number: Double) -> DType {
        if isFloating { return self }
        guard number == number.rounded(), number.magnitude < 9.2e18 else { return .float64 }
        switch self {
        case .uint8: return number >= 0 && number <= 255 ? .uint8 : .int64
        case .int32: return number.magnitude <= 2_147_483_647 ? .int32 : .int64
        default: return .int64
        }
    }

    /// The floating type of quotients, roots and logarithms of this type.
    var floating: DType { self == .float32 ? .float32 : .float64 }

    /// Whether this type has the whole part of `number`; bool has every number, as true or false.
    func holds(_ number: Double) -> Bool {
        switch self {
        case .float32, .float64, .bool: true
        case .int64: number >= -0x1p63 && number < 0x1p63
        case .int32: number > -0x1p31 - 1 && number < 0x1p31
        case .uint8: number > -1 && number < 256
        }
    }

    /// Refuses a number that a new tensor of this type cannot hold; what is cast keeps its low bits.
    /// - Parameter name: the function that the user called.
    func check(holds number: Double, in name: String) throws {
        guard !holds(number) else { return }
        throw TensorError(
            .value,
            "\(name): \(Tensor.text(of: number)) does not fit in \(rawValue)\(range.map { ", which holds \($0)" } ?? "")"
        )
    }

    /// The numbers of a whole type, as text.
    private var range: String? {
        switch self {
        case .uint8: "0 to 255"
        case .int32: "-2147483648 to 2147483647"
        default: nil
        }
    }

    /// The type of sums and products of this type.
    var accumulated: DType { isFloating ? self : .int64 }
}

/// An element type in memory, for generic code that is specialised for each type.
public protocol Element: Comparable, Sendable {
    static var dtype: DType { get }
    init(converting number: Double)
    var number: Double { get }
    /// Sum and product; integers wrap around.
    static func adding(_ a: Self, _ b: Self) -> Self
    static func multiplying(_ a: Self, _ b: Self) -> Self
}

extension Float: Element {
    public static var dtype: DType { .float32 }
    @inlinable public init(converting number: Double) { self = Float(number) }
    @inlinable public var number: Double { Double(self) }
    @inlinable public static func adding(_ a: Float, _ b: Float) -> Float { a + b }
    @inlinable public static func multiplying(_ a: Float, _ b: Float) -> Float { a * b }
}

extension Double: Element {
    public static var dtype: DType { .float64 }
    @inlinable public init(converting number: Double) { self = number }
    @inlinable public var number: Double { self }
    @inlinable public static func adding(_ a: Double, _ b: Double) -> Double { a + b }
    @inlinable public static func multiplying(_ a: Double, _ b: Double) -> Double { a * b }
}

extension Int64: Element {
    public static var dtype: DType { .int64 }
    /// Truncates; a number out of range becomes the nearest limit, not-a-number becomes zero. Never traps.
    @inlinable public init(converting number: Double) {
        if number >= -9.2233720368547748e18 && number < 9.2233720368547758e18 {
            self = Int64(number)
        } else {
            self = number.isNaN ? 0 : number < 0 ? .min : .max
        }
    }
    @inlinable public var number: Double { Double(self) }
    @inlinable public static func adding(_ a: Int64, _ b: Int64) -> Int64 { a &+ b }
    @inlinable public static func multiplying(_ a: Int64, _ b: Int64) -> Int64 { a &* b }
}

extension Int32: Element {
    public static var dtype: DType { .int32 }
    @inlinable public init(converting number: Double) {
        self = Int32(truncatingIfNeeded: Int64(converting: number))
    }
    @inlinable public var number: Double { Double(self) }
    @inlinable public static func adding(_ a: Int32, _ b: Int32) -> Int32 { a &+ b }
    @inlinable public static func multiplying(_ a: Int32, _ b: Int32) -> Int32 { a &* b }
}

/// A uint8; bool tensors store 0 and 1 in the same type.
extension UInt8: Element {
    public static var dtype: DType { .uint8 }
    @inlinable public init(converting number: Double) {
        self = UInt8(truncatingIfNeeded: Int64(converting: number))
    }
    @inlinable public var number: Double { Double(self) }
    @inlinable public static func adding(_ a: UInt8, _ b: UInt8) -> UInt8 { a &+ b }
    @inlinable public static func multiplying(_ a: UInt8, _ b: UInt8) -> UInt8 { a &* b }
}

extension DType {
    /// Runs `body` with the Swift type that holds elements of this type in memory.
    @inlinable func withElement<R>(_ body: (any Element.Type) throws -> R) rethrows -> R {
        switch self {
        case .float32: try body(Float.self)
        case .float64: try body(Double.self)
        case .int64: try body(Int64.self)
        case .int32: try body(Int32.self)
        case .uint8, .bool: try body(UInt8.self)
        }
    }
}
