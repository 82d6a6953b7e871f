// The one place where the processes of a job, its ranks, talk to each other. All of seg communicates through a
// `Communicator`: `SingleProcess`, which costs nothing, or that of SegMPI.
//
// A collective is a call that all ranks make, in the same order. What each is, and the line of the script that made
// it, is a `Meeting`: ranks that meet in different ones end with an error that names both.

/// A collective, as an error names it.
public struct Meeting: Sendable, Equatable {
    /// What is done: the name of a function of the library.
    public let what: String
    /// The line of the script, `search.seg:12`; empty where there is none.
    public let line: String

    public init(_ what: String, line: String = "") {
        self.what = what
        self.line = line
    }

    public var text: String { line.isEmpty ? what : "\(what) (\(line))" }
}

/// Numbers in memory that are to be summed over the ranks.
public struct SharedNumbers: @unchecked Sendable {
    public enum Kind: Int, Sendable { case float32, float64, int64 }
    public let kind: Kind
    public let start: UnsafeMutableRawPointer
    public let count: Int

    public init(_ kind: Kind, _ start: UnsafeMutableRawPointer, count: Int) {
        self.kind = kind
        self.start = start
        self.count = count
    }

    public var size: Int { kind == .float32 ? 4 : 8 }

    /// Adds those at `other` from place `first` on.
    public func add(_ other: UnsafeRawPointer, first: Int, count: Int) {
        func add<T: Numeric>(_ type: T.Type, _ sum: (T, T) -> T) {
            let own = start.assumingMemoryBound(to: T.self) + first
            let theirs = other.assumingMemoryBound(to: T.self)
            for i in 0..<count { own[i] = sum(own[i], theirs[i]) }
        }
        switch kind {
        case .float32: add(Float.self, +)
        case .float64: add(Double.self, +)
        case .int64: add(Int64.self, &+)
        }
    }
}

/// A sum that is on its way.
public protocol PendingSum: AnyObject {
    /// Does what can be done without waiting.
    func advance() throws
    /// Waits until the numbers are the sums.
    func finish() throws
}

/// What a rank has made of a part of a job.
public struct TaskResult: Sendable {
    public let job: Int
    public let number: Int
    public let bytes: [UInt8]

    public init(job: Int, number: Int, bytes: [UInt8]) {
        (self.job, self.number, self.bytes) = (job, number, bytes)
    }
}

/// How this process talks to the others of its job.
public protocol Communicator: AnyObject, Sendable {
    /// The number of this process, from 0, and how many there are.
    var rank: Int { get }
    var ranks: Int { get }
    /// How many of them run on this machine.
    var neighbours: Int { get }

    /// Messages and bytes that this rank has sent.
    var traffic: (messages: Int, bytes: Int) { get }
    /// Whether the job ends before its scripts do: an error of a rank, or Ctrl-C.
    var isEnding: Bool { get }

    /// Collective: the bytes that rank 0 gives.
    func broadcast(_ bytes: [UInt8], _ meeting: Meeting) throws -> [UInt8]
    /// Collective: what each rank gives, by rank.
    func gather(_ bytes: [UInt8], _ meeting: Meeting) throws -> [[UInt8]]
    /// Collective: begins a sum. All ranks get the same bits: the order of the sum is that of the ranks.
    func sum(_ numbers: SharedNumbers, _ meeting: Meeting) throws -> any PendingSum

    /// Collective: a job, whose parts are taken by `nextTask`.
    func beginJob(_ meeting: Meeting) throws -> Int
    /// The number of a part that no rank has taken: 0, 1, 2, ….
    func nextTask(of job: Int) throws -> Int
    /// Sends the result of a part to rank 0.
    func report(_ result: TaskResult) throws
    /// Rank 0: the results that have come; where `waiting`, at least one.
    func takeResults(waiting: Bool) throws -> [TaskResult]

    /// Collective, the last: how the script ended here.
    /// - Parameter text: the error, which rank 0 shows if it is another's.
    /// - Returns: the exit status of this process, and another rank's error to show.
    func end(status: Int32, text: String) -> (status: Int32, text: String)
}

extension Communicator {
    /// The places of `count` that this rank has, one after the other.
    public func part(of count: Int) -> Range<Int> {
        let (each, rest) = max(count, 0).quotientAndRemainder(dividingBy: ranks)
        func start(_ rank: Int) -> Int { rank * each + rank * rest / ranks }
        return start(rank)..<start(rank + 1)
    }
}

/// The only process of its job.
public final class SingleProcess: Communicator {
    public static let shared = SingleProcess()
    private init() {}

    public var rank: Int { 0 }
    public var ranks: Int { 1 }
    public var neighbours: Int { 1 }
    public var traffic: (messages: Int, bytes: Int) { (0, 0) }
    public var isEnding: Bool { false }
    public func broadcast(_ bytes: [UInt8], _ meeting: Meeting) -> [UInt8] { bytes }
    public func gather(_ bytes: [UInt8], _ meeting: Meeting) -> [[UInt8]] { [bytes] }
    public func sum(_ numbers: SharedNumbers, _ meeting: Meeting) -> any PendingSum { Done() }
    public func beginJob(_ meeting: Meeting) -> Int { 0 }
    public func nextTask(of job: Int) -> Int { .max }
    public func report(_ result: TaskResult) {}
    public func takeResults(waiting: Bool) -> [TaskResult] { [] }
    public func end(status: Int32, text: String) -> (status: Int32, text: String) { (status, "") }

    private final class Done: PendingSum {
        func advance() {}
        func finish() {}
    }
}
