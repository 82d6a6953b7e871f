// The pipes between `seg --kernel` and the program that shows its answers: lines of JSON in both directions. What a
// script prints goes out within a twentieth of a second, many lines of a fast loop together. While a cell runs, a
// thread sees to that, and ends the process when the other program is gone.

@preconcurrency import Glibc
import SegSystem
import Synchronization

final class KernelChannel: Sendable {
    private struct State {
        /// Output that has not been sent, and of which stream.
        var held = ""
        var stream = ""
        var request = JSONValue.null
        var sent = 0.0
    }

    /// Reads and writes; of this process alone, so that commands and libraries cannot write between the lines.
    private let input: Int32
    private let output: Int32
    private let parent = getppid()
    private let state = Mutex(State())
    private let unread = Mutex<(bytes: [UInt8], place: Int)>(([], 0))

    /// The longest request.
    private static let requestLimit = 64 << 20
    private static let pause = 0.05
    private static let heldLimit = 1 << 15

    /// Takes over standard input and output: a command of the shell reads nothing, and writes to standard error.
    init() {
        fflush(stdout)
        input = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)
        output = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3)
        let nothing = open("/dev/null", O_RDONLY | O_CLOEXEC)
        if nothing >= 0 {
            dup2(nothing, STDIN_FILENO)
            close(nothing)
        }
        dup2(STDERR_FILENO, STDOUT_FILENO)
    }

    // MARK: Requests

    enum Input {
        case request(JSONValue)
        case fault(String)
        case end
    }

    /// The next request; waits for it.
    func next() -> Input {
        var line: [UInt8] = []
        var isTooLong = false
        while true {
            let (part, isWhole, isEnd) = take()
            if isEnd { return .end }
            if line.count + part.count > Self.requestLimit { isTooLong = true }
            if isTooLong { line = [] } else { line += part }
            guard isWhole else { continue }
            if isTooLong { return .fault("a request is longer than \(ByteCount.text(Self.requestLimit))") }
            if line.allSatisfy({ $0 == 0x20 || $0 == 0x0d }) { continue }
            do {
                let request = try JSONValue(line)
                guard case .object = request else { return .fault("a request is an object") }
                return .request(request)
            } catch {
                return .fault("no JSON: \((error as? JSONReader.Problem)?.message ?? "\(error)")")
            }
        }
    }

    /// What is there up to the end of the line, whether that is there, and whether the stream has ended.
    private func take() -> (part: [UInt8], isWhole: Bool, isEnd: Bool) {
        unread.withLock { unread in
            if unread.place == unread.bytes.count {
                unread.bytes = [UInt8](unsafeUninitializedCapacity: 1 << 16) { bytes, count in
                    var got = read(input, bytes.baseAddress, bytes.count)
                    while got < 0, errno == EINTR { got = read(input, bytes.baseAddress, bytes.count) }
                    count = max(got, 0)
                }
                unread.place = 0
                if unread.bytes.isEmpty { return ([], false, true) }
            }
            let rest = unread.bytes[unread.place...]
            let end = rest.firstIndex(of: UInt8(ascii: "\n"))
            unread.place = end.map { $0 + 1 } ?? unread.bytes.count
            return (Array(rest[..<(end ?? rest.endIndex)]), end != nil, false)
        }
    }

    // MARK: Answers

    /// Sends an event of a request, behind all output before it.
    func send(_ event: String, of request: JSONValue, _ fields: [String: JSONValue] = [:]) {
        state.withLock { state in
            flush(&state)
            write(event, request, fields)
        }
    }

    /// Output of a script.
    func print(_ text: String, stream: String, of request: JSONValue) {
        guard !text.isEmpty else { return }
        state.withLock { state in
            if state.stream != stream || state.request != request { flush(&state) }
            state.stream = stream
            state.request = request
            state.held += text
            if state.held.utf8.count > Self.heldLimit || MonotonicClock.seconds - state.sent > Self.pause {
                flush(&state)
            }
        }
    }

    func flush() { state.withLock { flush(&$0) } }

    private func flush(_ state: inout State) {
        guard !state.held.isEmpty else { return }
        write("output", state.request, ["stream": .string(state.stream), "text": .string(state.held)])
        state.held = ""
        state.sent = MonotonicClock.seconds
    }

    private func write(_ event: String, _ request: JSONValue, _ fields: [String: JSONValue]) {
        var fields = fields
        fields["event"] = .string(event)
        fields["id"] = request
        let bytes = Array((JSONValue.object(fields).text + "\n").utf8)
        var done = 0
        while done < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.write(output, $0.baseAddress! + done, bytes.count - done)
            }
            if count < 0, errno == EINTR { continue }
            // Nobody reads any more.
            if count <= 0 { _exit(1) }
            done += count
        }
    }

    // MARK: While a cell runs

    /// Calls `body` while a thread sends what is held and looks after the other program.
    func attended<Result>(_ body: () -> Result) -> Result {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { return body() }
        defer { close(ends[0]) }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        // Signals are for the interpreter's thread.
        var (all, before) = (sigset_t(), sigset_t())
        sigfillset(&all)
        pthread_sigmask(SIG_SETMASK, &all, &before)
        let watch = Unmanaged.passRetained(Watch(channel: self, end: ends[0]))
        var thread = pthread_t()
        let started = pthread_create(
            &thread, nil,
            { argument in
                if let argument { Unmanaged<Watch>.fromOpaque(argument).takeRetainedValue().run() }
                return nil
            }, watch.toOpaque())
        pthread_sigmask(SIG_SETMASK, &before, nil)
        if started != 0 { watch.release() }
        let result = body()
        close(ends[1])
        if started == 0 { pthread_join(thread, nil) }
        return result
    }

    private final class Watch: Sendable {
        let channel: KernelChannel
        let end: Int32

        init(channel: KernelChannel, end: Int32) {
            self.channel = channel
            self.end = end
        }

        func run() {
            while true {
                // Of the answers' pipe only that nobody reads it any more, which is told without asking.
                var watched = [
                    pollfd(fd: end, events: Int16(POLLIN), revents: 0),
                    pollfd(fd: channel.output, events: 0, revents: 0),
                ]
                let found = poll(&watched, 2, Int32(KernelChannel.pause * 1000))
                if found > 0, watched[0].revents != 0 { return }
                if found > 0, watched[1].revents != 0 { _exit(1) }
                channel.flush()
                if getppid() != channel.parent { _exit(1) }
            }
        }
    }
}
