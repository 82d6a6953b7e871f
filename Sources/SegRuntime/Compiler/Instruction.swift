// The machine's instructions, each with its operands. `to` is the register that gets the
// result; `base` is the register of a callee, whose arguments are in the registers after it.
// Twelve bytes each; a jump names an instruction by its number.

import SegSyntax

typealias Register = UInt16

enum Instruction {
    // Values and variables.
    case loadNil(to: Register)
    case loadBool(to: Register, Bool)
    case loadNumber(to: Register, Float)
    case loadConstant(to: Register, UInt32)
    case move(to: Register, from: Register)
    /// A move out of a temporary, which then holds nothing.
    case take(to: Register, from: Register)
    /// The register forgets its value, and holds no object after it.
    case clear(Register)
    case getGlobal(to: Register, UInt32)
    case setGlobal(UInt32, from: Register)
    /// `x += e` on a global, in its place.
    case addToGlobal(UInt32, from: Register)
    /// A captured variable of this function: its cell is in a register.
    case getCell(to: Register, cell: Register, name: UInt32)
    case setCell(cell: Register, from: Register)
    /// The register's value moves into a cell that takes its place.
    case wrapCell(Register)
    /// A variable of an enclosing function.
    case getCapture(to: Register, UInt16, name: UInt32)
    case setCapture(UInt16, from: Register)
    /// The captured object itself: `self`, the enclosing function.
    case loadCapture(to: Register, UInt16)
    case loadOwnFunction(to: Register)
    case getField(to: Register, object: Register, slot: UInt16)
    case setField(object: Register, slot: UInt16, from: Register)
    case loadOwnType(to: Register, object: Register)
    case bindMethod(to: Register, object: Register, method: UInt16)
    /// Throws where the variable has no value yet.
    case checkAssigned(Register, name: UInt32)
    case unassign(Register)

    // Arithmetic.
    case add(to: Register, Register, Register)
    case subtract(to: Register, Register, Register)
    case multiply(to: Register, Register, Register)
    case divide(to: Register, Register, Register)
    case remainder(to: Register, Register, Register)
    case arithmetic(BinaryOperator, to: Register, Register, Register)
    case addNumber(to: Register, Register, Float)
    case subtractNumber(to: Register, Register, Float)
    case multiplyNumber(to: Register, Register, Float)
    case negate(to: Register, Register)
    case invert(to: Register, Register)
    case not(to: Register, Register)
    case compare(ComparisonOperator, to: Register, Register, Register)
    /// `x in xs`, `x not in xs`.
    case contains(to: Register, Register, in: Register, negated: Bool)
    /// `x is T`: of the type that a register holds, or of a built-in kind by its name.
    case isOfType(to: Register, Register, type: Register, negated: Bool)
    case isOfKind(to: Register, Register, name: UInt32, negated: Bool)
    /// The result of a chain so far, combined with its next comparison; elementwise on foreign values.
    case joinChain(to: Register, Register)

    // Jumps.
    case jump(UInt32)
    /// Backwards; checks for an interrupt.
    case jumpBack(UInt32)
    case jumpIfFalse(Register, UInt32)
    case jumpIfTrue(Register, UInt32)
    /// For the first part of a chain: jumps only if it is a plain `false`.
    case jumpIfPlainFalse(Register, UInt32)
    /// Jumps if a parameter was given, past its default.
    case jumpIfGiven(Register, UInt32)
    case jumpUnlessForeign(Register, UInt32)
    case jumpUnlessLess(Register, Register, UInt32)
    case jumpUnlessLessOrEqual(Register, Register, UInt32)
    case jumpUnlessGreater(Register, Register, UInt32)
    case jumpUnlessGreaterOrEqual(Register, Register, UInt32)
    case jumpUnlessEqual(Register, Register, UInt32)
    case jumpUnlessNotEqual(Register, Register, UInt32)
    /// Against a small whole number.
    case jumpUnlessLessNumber(Register, Int16, UInt32)
    case jumpUnlessLessOrEqualNumber(Register, Int16, UInt32)
    case jumpUnlessGreaterNumber(Register, Int16, UInt32)
    case jumpUnlessGreaterOrEqualNumber(Register, Int16, UInt32)
    case jumpUnlessEqualNumber(Register, Int16, UInt32)
    case jumpUnlessNotEqualNumber(Register, Int16, UInt32)

    // Making values.
    case makeList(to: Register, first: Register, count: UInt16)
    case appendToList(Register, first: Register, count: UInt16)
    case spreadIntoList(Register, from: Register)
    /// The names are in the code's names from `names` on.
    case makeRecord(to: Register, first: Register, count: UInt16, names: UInt32)
    case setEntry(record: Register, key: Register, from: Register)
    case spreadIntoRecord(Register, from: Register)
    case makeRange(to: Register, Register, Register, inclusive: Bool)
    case makeOpenRange(to: Register, Register, inclusive: Bool)
    /// The values from `first` on, between the texts of a template.
    case makeString(to: Register, first: Register, count: UInt16, template: UInt32)
    /// The same at the end of the string in a register: `text += "…"`.
    case appendString(to: Register, first: Register, count: UInt16, template: UInt32)
    case formatValue(to: Register, Register, format: UInt32)
    case makeFunction(to: Register, UInt32)
    case makeType(to: Register, UInt32)
    /// `:` between the brackets of an index.
    case wholeAxis(to: Register)

    // Members and elements.
    case getIndex(to: Register, Register, key: Register)
    case getIndices(to: Register, Register, first: Register, count: UInt16)
    /// The register of the object then holds its replacement.
    case setIndex(Register, key: Register, from: Register)
    case setIndices(Register, first: Register, count: UInt16, from: Register)
    case getMember(to: Register, Register, site: UInt32)
    case setMember(Register, site: UInt32, from: Register)

    // Calls.
    case call(base: Register, count: UInt16, to: Register)
    case callShaped(base: Register, count: UInt16, to: Register, site: UInt32)
    case callGlobal(base: Register, count: UInt16, to: Register, UInt32)
    /// A method of `self`, which is in the register after `base`.
    case callOwnMethod(base: Register, count: UInt16, to: Register, method: UInt16)
    /// `x.f(a)`: x is in the register after `base`.
    case callMember(base: Register, count: UInt16, to: Register, site: UInt32)
    case give(Register)
    case giveNil

    // Loops.
    /// The start is in `first`, the end after it, the variable after that; jumps if nothing is to be done.
    case beginRange(first: Register, inclusive: Bool, exit: UInt32)
    /// The next number into the variable two registers on, and back to the body.
    case nextInRange(first: Register, body: UInt32)
    case iterate(state: Register, from: Register)
    case next(state: Register, to: Register, exit: UInt32)
    case unpack(first: Register, count: UInt16, from: Register)
    /// The same for the argument of a parameter in brackets, whose text is among the code's names.
    case unpackParameter(first: Register, count: UInt16, from: Register, name: UInt32)

    case importFile(to: Register, Register)
}
