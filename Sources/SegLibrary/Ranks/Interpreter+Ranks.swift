// An interpreter as one rank of a job: who prints, who writes files, and whose answers count. Without other ranks
// nothing here is called, but `communicator` and `alone`.

import SegRuntime
import SegSyntax
import SegSystem
import SegTensor

/// What rank 0 does with results that come while it computes, and what other ranks send with theirs.
final class ResultDelivery {
    var deliver: (() throws -> Void)?
    /// Other ranks: the notes of a part of the work, for rank 0; nil where there is none.
    var notes: [Value]?
}

extension Interpreter {
    var resultDelivery: ResultDelivery { attachment(ResultDelivery.self) { ResultDelivery() } }

    /// Makes this interpreter a rank of a job: rank 0 alone prints and writes.
    public func join(_ communicator: any Communicator) {
        guard communicator.ranks > 1 else { return }
        setCommunicator(communicator)
        evaluationContext.features?.isShared = true
        guard communicator.rank > 0 else { return }
        output = { _ in }
        errorOutput = { _ in }
        terminal.isInteractive = false
        terminal.hasProgressLine = false
    }

    private func setCommunicator(_ communicator: any Communicator) {
        self.communicator = communicator
        evaluationContext.communicator = communicator
        evaluationContext.meeting = { [unowned self] in meeting($0) }
        atRoot = communicator.ranks > 1 ? { [unowned self] name, body in try byRoot(name, body) } : nil
    }

    /// A collective, at the line of the script that runs.
    func meeting(_ what: String) -> Meeting {
        guard let location = location(ofSite: currentSite()) else { return Meeting(what) }
        let line = location.source.position(of: Int(location.span.start)).line
        return Meeting(what, line: "\(location.source.name):\(line)")
    }

    /// Runs work that this rank does without the others: it prints and writes, and spreads nothing.
    func alone<Result>(_ body: () throws -> Result) rethrows -> Result {
        guard communicator.ranks > 1 else { return try body() }
        let (outer, share) = (communicator, evaluationContext.share)
        setCommunicator(SingleProcess.shared)
        evaluationContext.share = nil
        defer {
            setCommunicator(outer)
            evaluationContext.share = share
        }
        return try body()
    }

    /// Collective: what `body` gives on rank 0; nobody else runs it. An error is one on all ranks.
    func byRoot(_ name: String, _ body: () throws -> Value) throws -> Value {
        let meeting = meeting(name)
        guard communicator.rank == 0 else {
            let answer = try ValuePacking.value(of: try communicator.broadcast([], meeting), self)
            guard let parts = answer.asList?.items, parts.count == 2 else { return answer }
            if case .bool(true) = parts[0] { return parts[1] }
            guard let said = parts[1].asRecord else { return .nilValue }
            throw Failure(
                said["kind"]?.asString.flatMap { ErrorKind(rawValue: $0) } ?? .value,
                said["message"]?.asString ?? "", help: said["help"]?.asString)
        }
        do {
            let value = try alone(body)
            let bytes = try ValuePacking.bytes(of: .list([.bool(true), value]), self)
            _ = try communicator.broadcast(bytes, meeting)
            return value
        } catch {
            let problem = scriptError(error).diagnostic
            guard problem.kind.isForScripts else { throw error }
            let said = Value.record([
                ("kind", .string(problem.kind.rawValue)), ("message", .string(problem.message)),
                ("help", problem.help.map { .string($0) } ?? .nilValue),
            ])
            let bytes = try ValuePacking.bytes(of: .list([.bool(false), said]), self)
            _ = try communicator.broadcast(bytes, meeting)
            throw error
        }
    }

    /// What `body` gives, and what it printed. Once that is too much for the memory, no more is kept, and the end is
    /// an error.
    func captured(_ body: () throws -> Value) throws -> (value: Value, text: String) {
        let kept = KeptOutput(self, "the captured text")
        let outer = output
        output = kept.add
        defer { output = outer }
        return try kept.reporting { (try body(), kept.text) }
    }
}
