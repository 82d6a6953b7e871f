#if MPI
    // The thread of a rank that hears the others at any time, while the script computes: the end of the job, the parts
    // of a job that others ask for, their results, and signs of life. On rank 0 it compares what the ranks wait in.

    import CMPI
    @preconcurrency import Glibc
    import SegSystem
    import Synchronization

    final class Watcher: @unchecked Sendable {
        enum Kind: UInt64 {
            /// A part of a job, please; its number.
            case next, number
            case result
            /// This rank waits in a collective.
            case waits
            /// An error ended the script of this rank, if it is not rank 0; from rank 0: all end.
            case failed, stop
            case alive
        }

        /// How the job ends before its script does.
        private struct Ending {
            var status: Int32
            var text: String
            /// Whether rank 0 has still to show the text.
            var isShown: Bool
            let time = MonotonicClock.seconds
        }

        private struct State {
            var sequence = 0
            var meetings: [Int: Meeting] = [:]
            var waiting: [Int: (sequence: Int, text: String)] = [:]
            var ending: Ending?
            var next: [Int: Int] = [:]
            var numbers: [Int: Int] = [:]
            var results: [TaskResult] = []
            var heard: [Double]
            var outgoing: [Sending] = []
            var isLeaving = false
            var messages = 0
            var bytes = 0
        }

        private let rank: Int
        private let ranks: Int
        private let stop: @Sendable () -> Void
        private let state: Mutex<State>
        private var thread: pthread_t?

        /// Meetings that are remembered, to name the line of a rank that is behind.
        private static let remembered = 4096
        /// Seconds for all ranks to come to a safe point once the job ends.
        private static let grace = 10.0
        /// Seconds without a sign of life after which a rank is lost.
        private let patience = RankTimeout.seconds

        init(rank: Int, ranks: Int, stop: @escaping @Sendable () -> Void) {
            (self.rank, self.ranks, self.stop) = (rank, ranks, stop)
            state = Mutex(State(heard: [Double](repeating: MonotonicClock.seconds, count: ranks)))
        }

        // MARK: What the script's thread tells and asks

        /// Why the job ends; nil while it does not.
        var ending: String? { state.withLock { $0.ending?.text } }

        func began(_ sequence: Int, _ meeting: Meeting) {
            state.withLock { state in
                state.sequence = sequence
                state.meetings[sequence] = meeting
                state.meetings[sequence - Self.remembered] = nil
            }
        }

        func waits(_ sequence: Int) {
            let text = state.withLock { $0.meetings[sequence]?.text ?? "" }
            if rank == 0 {
                state.withLock { $0.waiting[0] = (sequence, text) }
            } else {
                try? send(.waits, to: 0, [UInt64(sequence)], bytes: Array(text.utf8))
            }
        }

        func count(messages: Int, bytes: Int) {
            state.withLock {
                $0.messages += messages
                $0.bytes += bytes
            }
        }

        /// Messages and bytes that this rank has sent.
        var traffic: (messages: Int, bytes: Int) { state.withLock { ($0.messages, $0.bytes) } }

        func nextTask(of job: Int) -> Int {
            state.withLock { state in
                defer { state.next[job, default: 0] += 1 }
                return state.next[job, default: 0]
            }
        }

        func reply(of job: Int) -> Int? { state.withLock { $0.numbers.removeValue(forKey: job) } }

        func takeResults() -> [TaskResult] {
            state.withLock { state in
                defer { state.results = [] }
                return state.results
            }
        }

        /// Sends words, and bytes after them.
        func send(_ kind: Kind, to other: Int, _ words: [UInt64] = [], bytes: [UInt8] = []) throws {
            var message: [UInt8] = []
            for word in words {
                for place in 0..<8 { message.append(UInt8(truncatingIfNeeded: word >> (8 * UInt64(place)))) }
            }
            message += bytes
            guard message.count <= Channel.largestMessage(Channel.control) else {
                throw SystemError(.memory, "the result of a part of a search is larger than 1 GB")
            }
            let sending = try Sending(
                copyOf: message, to: other, tag: Int32(kind.rawValue), channel: Channel.control)
            state.withLock {
                $0.outgoing.append(sending)
                $0.messages += 1
                $0.bytes += message.count
            }
        }

        /// The script of this rank has ended with an error.
        func fail(status: Int32, text: String) {
            if rank == 0 {
                begin(Ending(status: max(status, 1), text: text, isShown: true))
            } else {
                try? send(.failed, to: 0, [UInt64(max(status, 1))], bytes: Array(text.utf8))
            }
        }

        /// Leaves the job, after all others, and gives its status and an error to show.
        func finish() -> (status: Int32, text: String) {
            let isOrderly = state.withLock { $0.ending == nil }
            if !isOrderly || rank != 0 {
                // Rank 0 has to hear of an error here before this rank is gone.
                let until = MonotonicClock.seconds + Self.grace
                while MonotonicClock.seconds < until, state.withLock({ !$0.outgoing.isEmpty }) {
                    usleep(1000)
                }
            }
            let ending = state.withLock { $0.ending }
            let status = ending?.status ?? 0
            let text = ending.map { $0.isShown ? "" : $0.text } ?? ""
            // Who cannot leave is taken out, with what rank 0 has to say said first.
            let last = LastResort(status: rank == 0 ? status : 0, text: rank == 0 ? text : "")
            last.start(after: rank == 0 ? Self.grace : 3 * Self.grace)
            state.withLock { $0.isLeaving = true }
            if let thread { pthread_join(thread, nil) }
            mpi_stop()
            last.cancel()
            return (status, text)
        }

        /// Rank 0: the job ends, and all are told once.
        private func begin(_ ending: Ending) {
            let isFirst = state.withLock { state in
                guard state.ending == nil else { return false }
                state.ending = ending
                return true
            }
            guard isFirst else { return }
            for other in 1..<ranks {
                try? send(.stop, to: other, [UInt64(ending.status)], bytes: Array(ending.text.utf8))
            }
        }

        // MARK: The thread

        func start() {
            var thread = pthread_t()
            var (all, before) = (sigset_t(), sigset_t())
            sigfillset(&all)
            // Signals are for the script's thread.
            pthread_sigmask(SIG_SETMASK, &all, &before)
            defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
            let watcher = Unmanaged.passRetained(self)
            let code = pthread_create(
                &thread, nil,
                { argument in
                    if let argument { Unmanaged<Watcher>.fromOpaque(argument).takeRetainedValue().run() }
                    return nil
                }, watcher.toOpaque())
            if code == 0 { self.thread = thread } else { watcher.release() }
        }

        private func run() {
            var lastSign = 0.0
            var lastTurn = MonotonicClock.seconds
            while !state.withLock({ $0.isLeaving }) {
                let now = MonotonicClock.seconds
                // A job that was suspended as a whole has heard nothing meanwhile.
                let pause = now - lastTurn
                if pause > patience / 10 { state.withLock { $0.heard = $0.heard.map { $0 + pause } } }
                lastTurn = now
                if now - lastSign > patience / 10 {
                    lastSign = now
                    for other in rank == 0 ? Array(1..<ranks) : [0] { try? send(.alive, to: other) }
                }
                var heard = false
                while hear(now) { heard = true }
                sweep()
                if rank == 0 { compare() }
                checkLost(now)
                if let ending = state.withLock({ $0.ending }) {
                    stop()
                    if now - ending.time > Self.grace {
                        LastResort(
                            status: ending.status, text: ending.isShown || rank != 0 ? "" : ending.text
                        ).act()
                    }
                }
                if !heard { usleep(2000) }
            }
        }

        /// Receives one message, if there is one.
        private func hear(_ now: Double) -> Bool {
            var (source, tag, count): (Int32, Int32, Int) = (0, 0, 0)
            guard mpi_probe(-1, -1, Channel.control, &source, &tag, &count) else { return false }
            var bytes = [UInt8](repeating: 0, count: count)
            let whole = bytes.withUnsafeMutableBytes { memory -> Bool in
                guard
                    let receiving = try? Receiving(
                        memory, from: Int(source), tag: tag, channel: Channel.control)
                else { return false }
                while true {
                    guard let isDone = try? receiving.isDone() else { return false }
                    if isDone { return true }
                    if MonotonicClock.seconds - now > patience {
                        receiving.cancel()
                        return false
                    }
                    usleep(50)
                }
            }
            guard whole, let kind = Kind(rawValue: UInt64(tag)) else { return true }
            take(kind, bytes, from: Int(source))
            return true
        }

        private func take(_ kind: Kind, _ bytes: [UInt8], from source: Int) {
            func word(_ place: Int) -> Int {
                let first = 8 * place
                guard first + 8 <= bytes.count else { return 0 }
                return Int(
                    truncatingIfNeeded: bytes[first..<first + 8].reversed().reduce(UInt64(0)) {
                        $0 << 8 | UInt64($1)
                    })
            }
            func text(after words: Int) -> String {
                String(decoding: bytes.dropFirst(8 * words), as: UTF8.self)
            }
            state.withLock { $0.heard[source] = MonotonicClock.seconds }
            switch kind {
            case .alive: break
            case .next: try? send(.number, to: source, [UInt64(word(0)), UInt64(nextTask(of: word(0)))])
            case .number: state.withLock { $0.numbers[word(0)] = word(1) }
            case .result:
                let result = TaskResult(job: word(0), number: word(1), bytes: Array(bytes.dropFirst(16)))
                state.withLock { $0.results.append(result) }
            case .waits: state.withLock { $0.waiting[source] = (word(0), text(after: 1)) }
            case .failed: begin(Ending(status: Int32(word(0)), text: text(after: 1), isShown: false))
            case .stop:
                state.withLock { state in
                    if state.ending == nil {
                        state.ending = Ending(status: Int32(word(0)), text: text(after: 1), isShown: true)
                    }
                }
            }
        }

        /// Forgets what has been sent.
        private func sweep() {
            let all = state.withLock { state in
                defer { state.outgoing = [] }
                return state.outgoing
            }
            let left = all.filter { (try? $0.isDone()) == false }
            state.withLock { $0.outgoing = left + $0.outgoing }
        }

        /// Rank 0: ends the job if a rank waits in another collective than this one made with the same number.
        private func compare() {
            let parted = state.withLock { state -> (rank: Int, theirs: String, own: String)? in
                for (other, waiting) in state.waiting where other != 0 {
                    guard let own = state.meetings[waiting.sequence] else { continue }
                    if own.text != waiting.text { return (other, waiting.text, own.text) }
                }
                return nil
            }
            guard let parted else { return }
            begin(
                Ending(
                    status: 1,
                    text: """
                        error: the ranks went different ways: rank 0 was in \(parted.own), rank \(parted.rank) \
                        waits in \(parted.theirs)
                        help: all ranks must make the same calls of what is spread or shared; a condition on rank() \
                        may only lead to what one rank does alone, such as on_root(() -> …)
                        """, isShown: false))
        }

        /// Ends the job if a rank has given no sign of life for long.
        private func checkLost(_ now: Double) {
            let lost = state.withLock { state -> Int? in
                let others = rank == 0 ? Array(1..<ranks) : [0]
                return others.first { now - state.heard[$0] > patience }
            }
            guard let lost else { return }
            let seconds = Int(patience)
            let text =
                "error: rank \(lost) has given no sign of life for \(seconds) s: its process or machine is gone\n"
                + "help: start again; a run with autosave= and a search with file= go on where they were"
            // MPI cannot end in order without that rank.
            LastResort(status: 1, text: rank == 0 ? text : "").act()
        }
    }

    /// The end of a process that cannot end in order.
    private final class LastResort: @unchecked Sendable {
        private let status: Int32
        private let text: String
        private let isCancelled = Atomic<Bool>(false)

        init(status: Int32, text: String) { (self.status, self.text) = (status, text) }

        func start(after seconds: Double) {
            var thread = pthread_t()
            let box = Unmanaged.passRetained(Box(self, seconds))
            let code = pthread_create(
                &thread, nil,
                { argument in
                    guard let argument else { return nil }
                    let box = Unmanaged<Box>.fromOpaque(argument).takeRetainedValue()
                    usleep(UInt32(box.seconds * 1e6))
                    if !box.resort.isCancelled.load(ordering: .relaxed) { box.resort.act() }
                    return nil
                }, box.toOpaque())
            if code == 0 { pthread_detach(thread) } else { box.release() }
        }

        func cancel() { isCancelled.store(true, ordering: .relaxed) }

        func act() {
            if !text.isEmpty {
                fflush(stdout)
                fputs(text + "\n", stderr)
            }
            mpi_abort(max(status, 1))
            _exit(max(status, 1))
        }

        private final class Box {
            let resort: LastResort
            let seconds: Double
            init(_ resort: LastResort, _ seconds: Double) { (self.resort, self.seconds) = (resort, seconds) }
        }
    }
#endif
