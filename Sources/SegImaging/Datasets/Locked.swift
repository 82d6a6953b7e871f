// A value that several threads may ask for, one at a time: frames are decoded side by side.

import Synchronization

final class Locked<Value: Sendable>: Sendable {
    private let mutex: Mutex<Value>

    init(_ value: Value) { mutex = Mutex(value) }

    func with<Result: Sendable>(_ body: (inout Value) throws -> Result) rethrows -> Result {
        try mutex.withLock { value in
            var copy = value
            let result = try body(&copy)
            value = copy
            return result
        }
    }
}
