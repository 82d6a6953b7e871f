// What a script prints, kept for another use: by `captured`, and by `seg test`.

import SegRuntime
import SegSystem

/// Text that is kept while there is memory for it. What prints more is ended like an interrupt.
final class KeptOutput {
    private(set) var text = ""
    private var failure: SystemError?
    private var unchecked = 0
    private let interpreter: Interpreter
    private let name: String
    private let limit: Int

    /// - Parameters:
    ///   - name: what the text is, for the error.
    ///   - limit: bytes, where it should be less than fits.
    init(_ interpreter: Interpreter, _ name: String, limit: Int = .max) {
        self.interpreter = interpreter
        self.name = name
        self.limit = limit
    }

    func add(_ piece: String) {
        guard failure == nil else { return }
        text += piece
        unchecked += piece.utf8.count
        guard unchecked >= 1 << 20 || text.utf8.count > limit else { return }
        unchecked = 0
        do {
            guard text.utf8.count <= limit else {
                throw SystemError(.memory, "\(name) is longer than \(ByteCount.text(limit))")
            }
            try MemoryBudget.process.checkGrowth(of: name)
        } catch {
            (text, failure) = ("", error as? SystemError)
            interpreter.interruptFlag.raise()
        }
    }

    /// What `body` gives, which prints the text; throws if not all of it was kept.
    func reporting<Result>(_ body: () throws -> Result) throws -> Result {
        let result = Swift.Result(catching: body)
        guard let failure else { return try result.get() }
        interpreter.interruptFlag.clear()
        throw failure
    }
}
