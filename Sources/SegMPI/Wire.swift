#if MPI
    // Messages to one other rank: sent and received without waiting, whole, whatever their size.

    import CMPI
    @preconcurrency import Glibc
    import SegSystem

    /// Messages of one channel never meet those of the other.
    enum Channel {
        static let data = Int32(MPI_CHANNEL_DATA)
        static let control = Int32(MPI_CHANNEL_CONTROL)

        /// The bytes of one message of MPI, which counts them in 32 bits. Longer data go as several; what is of the
        /// control channel never does, for its length is only known from the message.
        static func largestMessage(_ channel: Int32) -> Int { channel == data ? 1 << 24 : 1 << 30 }
    }

    /// Bytes on their way, kept until they have gone.
    final class Sending: @unchecked Sendable {
        private let memory: UnsafeMutableRawBufferPointer?
        private var requests: [Int32] = []

        /// Sends bytes that stay where they are.
        init(_ bytes: UnsafeRawBufferPointer, to rank: Int, tag: Int32) throws {
            memory = nil
            try send(bytes, to: rank, tag: tag, channel: Channel.data)
        }

        /// Sends a copy of bytes.
        init(copyOf bytes: [UInt8], to rank: Int, tag: Int32, channel: Int32) throws {
            let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: max(bytes.count, 1), alignment: 16)
            bytes.withUnsafeBytes { copy.copyMemory(from: $0) }
            memory = copy
            try send(
                UnsafeRawBufferPointer(rebasing: copy[..<bytes.count]), to: rank, tag: tag, channel: channel)
        }

        deinit { memory?.deallocate() }

        private func send(_ bytes: UnsafeRawBufferPointer, to rank: Int, tag: Int32, channel: Int32) throws {
            try inPieces(bytes.count, channel, &requests) { start, count in
                mpi_send(bytes.baseAddress.map { $0 + start }, count, Int32(rank), tag, channel)
            }
        }

        func isDone() throws -> Bool { try allDone(&requests) }
    }

    /// Bytes that another rank sends, written where they belong.
    final class Receiving {
        private var requests: [Int32] = []

        init(
            _ bytes: UnsafeMutableRawBufferPointer, from rank: Int, tag: Int32, channel: Int32 = Channel.data
        ) throws {
            try inPieces(bytes.count, channel, &requests) { start, count in
                mpi_receive(bytes.baseAddress.map { $0 + start }, count, Int32(rank), tag, channel)
            }
        }

        func isDone() throws -> Bool { try allDone(&requests) }

        func cancel() {
            for request in requests { mpi_cancel(request) }
            requests = []
        }
    }

    /// Begins the message or messages of `count` bytes, also of none; both ends cut at the same places.
    private func inPieces(
        _ count: Int, _ channel: Int32, _ requests: inout [Int32],
        begin: (_ start: Int, _ count: Int) -> Int32
    ) throws {
        var start = 0
        repeat {
            let piece = min(count - start, Channel.largestMessage(channel))
            let request = begin(start, piece)
            guard request >= 0 else { throw RankError.failed }
            requests.append(request)
            start += piece
        } while start < count
    }

    private func allDone(_ requests: inout [Int32]) throws -> Bool {
        while let request = requests.last {
            switch mpi_done(request) {
            case 1: requests.removeLast()
            case 0: return false
            default:
                requests.removeLast()
                throw RankError.failed
            }
        }
        return true
    }

    enum RankError: Error {
        /// MPI reports an error.
        case failed
    }

    /// Waits a little, longer and longer: most messages come within microseconds, and after that the processor is for
    /// others. It never yields: on a busy machine that would give a whole slice of time away.
    struct Patience {
        private let started = MonotonicClock.seconds
        private var pause: UInt32 = 20
        mutating func wait() {
            if MonotonicClock.seconds - started < 50e-6 { return }
            usleep(pause)
            pause = min(pause + 5, 500)
        }
    }
#endif
