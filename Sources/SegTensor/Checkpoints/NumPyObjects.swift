// NumPy's arrays and scalars in a pickle: the few functions that rebuild them are known by name and never called;
// their bytes are data of the file.

extension Pickle {
    /// What a function or class of NumPy, or one that makes its bytes, gives; nil if it is not known.
    mutating func makeNumPy(_ function: Global, _ items: [Handle]) -> Node? {
        switch (function.module, function.name) {
        case ("_codecs", "encode"):
            // Protocol 2 has no bytes: each is a character of a text.
            guard items.count == 2, text(items[0]) != nil, let coding = text(items[1]),
                ["latin1", "latin-1"].contains(coding)
            else { return nil }
            return .encoded(items[0])
        case ("builtins", "bytes"), ("__builtin__", "bytes"), ("builtins", "bytearray"),
            ("__builtin__", "bytearray"):
            guard let first = items.first else { return .bytes(0..<0) }
            switch self[first] {
            case .bytes, .encoded: return self[first]
            default: return nil
            }
        case ("numpy", "dtype"):
            guard let code = items.first.flatMap({ text($0) }) else { return nil }
            arrayTypes.append(NumPyType(code))
            return .arrayType(arrayTypes.count - 1)
        case ("numpy.core.multiarray", "_reconstruct"), ("numpy._core.multiarray", "_reconstruct"):
            arrays.append(NumPyArray(isScalar: false))
            return .array(arrays.count - 1)
        case ("numpy.core.multiarray", "scalar"), ("numpy._core.multiarray", "scalar"):
            guard items.count == 2, case .arrayType(let type) = self[items[0]],
                arrayTypes[type].dtype != nil
            else { return nil }
            var scalar = NumPyArray(isScalar: true)
            scalar.fill(arrayTypes[type], shape: [], isFortran: false, data: items[1])
            arrays.append(scalar)
            return .array(arrays.count - 1)
        case ("numpy.core.numeric", "_frombuffer"), ("numpy._core.numeric", "_frombuffer"):
            guard items.count == 4 else { return nil }
            var array = NumPyArray(isScalar: false)
            fill(&array, type: items[1], shape: items[2], isFortran: text(items[3]) == "F", data: items[0])
            arrays.append(array)
            return .array(arrays.count - 1)
        default: return nil
        }
    }

    /// The state of an object: that of an array or its type is read, that of any other object is kept for
    /// `moduleTensors`.
    mutating func build(_ object: Handle, _ state: Handle) {
        switch self[object] {
        case .opaque: states[object] = state
        case .arrayType(let place):
            guard let items = sequence(state), items.count > 1, let order = text(items[1])?.first else {
                return
            }
            arrayTypes[place].order = order
        case .array(let place):
            guard let items = sequence(state), items.count == 5, case .bool(let isFortran) = self[items[3]]
            else { return }
            var array = arrays[place]
            fill(&array, type: items[2], shape: items[1], isFortran: isFortran, data: items[4])
            arrays[place] = array
        default: break
        }
    }

    private func fill(
        _ array: inout NumPyArray, type: Handle, shape: Handle, isFortran: Bool, data: Handle
    ) {
        guard case .arrayType(let place) = self[type], let shape = sizes(shape) else { return }
        array.fill(arrayTypes[place], shape: shape, isFortran: isFortran, data: data)
    }

    /// The bytes of an array: a range of the file, or in memory.
    enum ArrayBytes {
        case range(Range<Int>)
        case memory([UInt8])
    }

    /// Nil if the value is no bytes, or not as many as it should be.
    func arrayBytes(_ array: NumPyArray, count: Int) -> ArrayBytes? {
        switch self[array.data] {
        case .bytes(let range): return range.count == count ? .range(range) : nil
        case .text:
            // Python 2 wrote bytes as a string.
            guard let range = byteStrings[array.data], range.count == count else { return nil }
            return .range(range)
        case .encoded(let handle):
            guard let text = text(handle) else { return nil }
            var bytes: [UInt8] = []
            bytes.reserveCapacity(count)
            for character in text.unicodeScalars {
                guard let byte = UInt8(exactly: character.value), bytes.count < count else { return nil }
                bytes.append(byte)
            }
            return bytes.count == count ? .memory(bytes) : nil
        default: return nil
        }
    }
}

extension Pickle.NumPyArray {
    fileprivate mutating func fill(_ type: NumPyType, shape: [Int], isFortran: Bool, data: Pickle.Handle) {
        problem = type.problem
        guard let dtype = type.dtype else { return }
        guard shape.count <= StoredSize.rankLimit, let count = StoredSize.elements(shape) else {
            problem = "a NumPy array of an impossible shape"
            return
        }
        self.dtype = dtype
        self.shape = shape
        self.count = count
        self.isFortran = isFortran && count > 0
        self.data = data
    }
}
