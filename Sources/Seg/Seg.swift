// The thin product for embedding: `import Seg` provides an interpreter, natives, values and errors, and the
// whole library. examples/embed shows how to use them.

@_exported import SegLibrary
@_exported import SegRuntime
@_exported import SegSyntax
import SegTensor

extension Interpreter {
    /// Makes a function of the program available to scripts, under the name of its signature. It hides a name
    /// of the library, but only for the program's own scripts.
    /// - Throws: `Failure` if the signature cannot be read.
    public func define(_ native: Native) throws {
        self[native.name] = .object(try nativeFunction(native))
    }

    /// The numbers of a tensor in row-major order, of a list or of a range; nil for other values.
    /// - Throws: the errors of computing the tensor.
    public func doubles(_ value: Value) throws -> [Double]? {
        guard case .object(let object) = value, let tensor = object as? TensorValue else {
            return try numbers(value)
        }
        do {
            return try tensor.promise.doubles()
        } catch let error as TensorError {
            throw Failure(error)
        }
    }
}

extension Value {
    /// A tensor of float32 numbers in row-major order; `labels` name the entries of the first axis.
    /// - Throws: if numbers or labels do not fit the shape.
    public static func tensor(_ numbers: [Double], shape: [Int], labels: [String]? = nil) throws -> Value {
        do {
            let names = try labels.map { [0: try AxisLabels($0)] } ?? [:]
            return .object(TensorValue(try Tensor.from(numbers, shape: shape, labels: names)))
        } catch let error as TensorError {
            throw Failure(error)
        }
    }
}
