#if MPI
    // The ranks of a job on MPI. Collectives are messages between two ranks in trees, so that a rank can always stop
    // waiting: for Ctrl-C, for another rank's error, and where the script of another went another way.
    //
    // The tag of a message is a digest of the collective that it belongs to: its number, what it is, and the line of
    // the script. Messages of collectives that differ therefore never meet. Who waits for longer than half a second
    // tells rank 0 in what, and rank 0 compares (`Watcher`).

    import CMPI
    @preconcurrency import Glibc
    import SegSystem
    import Synchronization

    public final class MPICommunicator: Communicator, @unchecked Sendable {
        public let rank: Int
        public let ranks: Int
        public let neighbours: Int
        let watcher: Watcher
        /// The number of the latest collective.
        private var sequence = 0
        private let tagMask: Int
        /// Copies that have not gone yet.
        private var outgoing: [Sending] = []
        /// Whether the script is to stop now; set by who runs it.
        public var isInterrupted: @Sendable () -> Bool = { false }

        /// Joins the ranks that a launcher started.
        /// - Parameter stop: asks the script of this rank to stop at its next safe point; called on any thread.
        /// - Returns: nil if MPI cannot start.
        public static func start(stop: @escaping @Sendable () -> Void) -> MPICommunicator? {
            guard mpi_start() else { return nil }
            return MPICommunicator(stop: stop)
        }

        private init(stop: @escaping @Sendable () -> Void) {
            rank = Int(mpi_rank())
            ranks = Int(mpi_ranks())
            neighbours = Int(mpi_neighbours())
            var mask = 32767
            while mask * 2 + 1 <= Int(mpi_largest_tag()), mask < 1 << 30 { mask = mask * 2 + 1 }
            tagMask = mask
            watcher = Watcher(rank: rank, ranks: ranks, stop: stop)
            watcher.start()
        }

        /// As `seg --version` names it: the first line of what MPI says of itself.
        public static var library: String {
            let text = String(cString: mpi_library())
            return String(text.prefix { $0 != "\n" && $0 != "," })
        }

        public var traffic: (messages: Int, bytes: Int) { watcher.traffic }
        public var isEnding: Bool { watcher.ending != nil }

        // MARK: Collectives

        /// Begins the next collective; gives the tags of its messages, by phase.
        private func begin(_ meeting: Meeting) throws -> (Int) -> Int32 {
            sequence += 1
            watcher.began(sequence, meeting)
            var digest = UInt64(truncatingIfNeeded: sequence) &* 0x9e37_79b9_7f4a_7c15
            for byte in meeting.text.utf8 { digest = (digest ^ UInt64(byte)) &* 0x100_0000_01b3 }
            outgoing = try outgoing.filter { try !$0.isDone() }
            let (mask, mixed) = (tagMask, digest)
            return { phase in
                var x = mixed &+ UInt64(phase) &* 0xbf58_476d_1ce4_e5b9
                x ^= x >> 31
                x = x &* 0x94d0_49bb_1331_11eb
                return Int32(truncatingIfNeeded: Int(x >> 33) & mask)
            }
        }

        /// Waits until `isDone`.
        func wait(_ isDone: () throws -> Bool) throws {
            if try isDone() { return }
            let started = MonotonicClock.seconds
            var patience = Patience()
            var told = false
            while try !isDone() {
                if let ended = watcher.ending { throw SystemError(.ended, ended) }
                if isInterrupted() { throw SystemError(.ended, "interrupted") }
                if !told, MonotonicClock.seconds - started > 0.5 {
                    told = true
                    watcher.waits(sequence)
                }
                patience.wait()
            }
        }

        private func send(_ bytes: [UInt8], to other: Int, tag: Int32) throws {
            let count = withUnsafeBytes(of: UInt64(bytes.count)) { Array($0) }
            outgoing.append(try Sending(copyOf: count, to: other, tag: tag, channel: Channel.data))
            if !bytes.isEmpty {
                outgoing.append(try Sending(copyOf: bytes, to: other, tag: tag, channel: Channel.data))
            }
            watcher.count(messages: 1, bytes: bytes.count + 8)
        }

        private func receive(from other: Int, tag: Int32) throws -> [UInt8] {
            var count: UInt64 = 0
            try withUnsafeMutableBytes(of: &count) { try receive($0, from: other, tag: tag) }
            var bytes = [UInt8](repeating: 0, count: Int(count))
            if count > 0 { try bytes.withUnsafeMutableBytes { try receive($0, from: other, tag: tag) } }
            return bytes
        }

        private func receive(_ bytes: UnsafeMutableRawBufferPointer, from other: Int, tag: Int32) throws {
            let receiving = try Receiving(bytes, from: other, tag: tag)
            do { try wait(receiving.isDone) } catch {
                receiving.cancel()
                throw error
            }
        }

        /// The ranks that this one passes something on to in a tree with rank 0 at its root, and who passes it here.
        private var tree: (parent: Int?, children: [Int]) {
            var children: [Int] = []
            var bit = 1
            while bit < ranks {
                if rank & bit != 0 { return (rank - bit, children) }
                if rank + bit < ranks { children.append(rank + bit) }
                bit *= 2
            }
            return (nil, children)
        }

        public func broadcast(_ bytes: [UInt8], _ meeting: Meeting) throws -> [UInt8] {
            let tag = try begin(meeting)
            return try broadcast(bytes, tag(0))
        }

        private func broadcast(_ bytes: [UInt8], _ tag: Int32) throws -> [UInt8] {
            let (parent, children) = tree
            let bytes = try parent.map { try receive(from: $0, tag: tag) } ?? bytes
            for child in children.reversed() { try send(bytes, to: child, tag: tag) }
            return bytes
        }

        public func gather(_ bytes: [UInt8], _ meeting: Meeting) throws -> [[UInt8]] {
            let tag = try begin(meeting)
            let (parent, children) = tree
            // Framed by lengths, the ranks of a branch of the tree follow each other.
            var all = framed(bytes)
            for child in children { all += try receive(from: child, tag: tag(0)) }
            if let parent { try send(all, to: parent, tag: tag(0)) }
            all = try broadcast(all, tag(1))
            var (parts, place): ([[UInt8]], Int) = ([], 0)
            while place + 8 <= all.count {
                let count = Int(all[place..<place + 8].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
                parts.append(Array(all[place + 8..<place + 8 + count]))
                place += 8 + count
            }
            return parts
        }

        private func framed(_ bytes: [UInt8]) -> [UInt8] {
            (0..<8).map { UInt8(truncatingIfNeeded: bytes.count >> (8 * $0)) } + bytes
        }

        public func sum(_ numbers: SharedNumbers, _ meeting: Meeting) throws -> any PendingSum {
            let tag = try begin(meeting)
            if numbers.count * numbers.size < 16_384 || numbers.count < ranks {
                try smallSum(numbers, tag)
                return FinishedSum()
            }
            return try SpreadSum(numbers, self, sequence, scatter: tag(0), gather: tag(1))
        }

        /// Up a tree and down again: few messages.
        private func smallSum(_ numbers: SharedNumbers, _ tag: (Int) -> Int32) throws {
            let (parent, children) = tree
            let bytes = UnsafeMutableRawBufferPointer(
                start: numbers.start, count: numbers.count * numbers.size)
            let scratch = UnsafeMutableRawBufferPointer.allocate(
                byteCount: max(bytes.count, 1), alignment: 16)
            defer { scratch.deallocate() }
            let part = UnsafeMutableRawBufferPointer(rebasing: scratch[..<bytes.count])
            for child in children {
                try receive(part, from: child, tag: tag(0))
                numbers.add(
                    UnsafeRawPointer(scratch.baseAddress ?? numbers.start), first: 0, count: numbers.count)
            }
            if let parent {
                outgoing.append(
                    try Sending(copyOf: Array(bytes), to: parent, tag: tag(0), channel: Channel.data))
                try receive(bytes, from: parent, tag: tag(1))
            }
            for child in children.reversed() {
                outgoing.append(
                    try Sending(copyOf: Array(bytes), to: child, tag: tag(1), channel: Channel.data))
            }
            let messages = children.count + (parent == nil ? 0 : 1)
            watcher.count(messages: messages, bytes: messages * bytes.count)
        }

        // MARK: Jobs

        public func beginJob(_ meeting: Meeting) throws -> Int {
            _ = try begin(meeting)
            return sequence
        }

        public func nextTask(of job: Int) throws -> Int {
            if rank == 0 { return watcher.nextTask(of: job) }
            try watcher.send(.next, to: 0, [UInt64(job)])
            var number: Int?
            try wait {
                number = watcher.reply(of: job)
                return number != nil
            }
            return number ?? .max
        }

        public func report(_ result: TaskResult) throws {
            try watcher.send(
                .result, to: 0, [UInt64(result.job), UInt64(result.number)], bytes: result.bytes)
        }

        public func takeResults(waiting: Bool) throws -> [TaskResult] {
            var results = watcher.takeResults()
            if waiting {
                try wait {
                    if results.isEmpty { results = watcher.takeResults() }
                    return !results.isEmpty
                }
            }
            return results
        }

        // MARK: The end

        public func end(status: Int32, text: String) -> (status: Int32, text: String) {
            var status = status
            if status == 0, watcher.ending == nil {
                do { _ = try gather([], Meeting("the end of the script")) } catch { status = 130 }
            }
            if status != 0 || watcher.ending != nil { watcher.fail(status: status, text: text) }
            let (last, shown) = watcher.finish()
            // Only rank 0 gives a status: the launcher would report each other one.
            return (rank == 0 ? last : 0, rank == 0 ? shown : "")
        }
    }

    private final class FinishedSum: PendingSum {
        func advance() {}
        func finish() {}
    }
#endif
