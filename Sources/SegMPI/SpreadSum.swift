#if MPI
    // The sum of many numbers. Each rank sums one part of them for all: the parts of the others come to it, it adds
    // them in the order of the ranks, and sends the sums back. Every rank sends and receives 2 (n - 1) messages of an
    // nth of the numbers each, and none has to wait for the next before its own part is complete.

    import SegSystem

    final class SpreadSum: PendingSum {
        private let numbers: SharedNumbers
        private unowned let ranks: MPICommunicator
        private let tags: (scatter: Int32, gather: Int32)
        private let parts: [Range<Int>]
        private var scratch: UnsafeMutableRawBufferPointer
        private var sending: [Sending] = []
        private var receiving: [Receiving] = []
        private enum Phase { case scattering, gathering, done }
        private var phase = Phase.scattering

        init(
            _ numbers: SharedNumbers, _ ranks: MPICommunicator, _ sequence: Int, scatter: Int32, gather: Int32
        ) throws {
            (self.numbers, self.ranks, tags) = (numbers, ranks, (scatter, gather))
            let size = ranks.ranks
            parts = (0..<size).map { $0 * numbers.count / size..<($0 + 1) * numbers.count / size }
            let own = parts[ranks.rank].count * numbers.size
            scratch = .allocate(byteCount: max(own * size, 1), alignment: 64)
            for other in 0..<size where other != ranks.rank {
                let place = UnsafeMutableRawBufferPointer(rebasing: scratch[other * own..<(other + 1) * own])
                receiving.append(try Receiving(place, from: other, tag: scatter))
            }
            for other in 0..<size where other != ranks.rank {
                sending.append(try Sending(bytes(parts[other]), to: other, tag: scatter))
            }
            let sent = 2 * (numbers.count - parts[ranks.rank].count) * numbers.size
            ranks.watcher.count(messages: 2 * (size - 1), bytes: sent)
        }

        deinit {
            for one in receiving { one.cancel() }
            scratch.deallocate()
        }

        private func bytes(_ part: Range<Int>) -> UnsafeRawBufferPointer {
            UnsafeRawBufferPointer(
                start: numbers.start + part.lowerBound * numbers.size, count: part.count * numbers.size)
        }

        private func allDone() throws -> Bool {
            receiving = try receiving.filter { try !$0.isDone() }
            sending = try sending.filter { try !$0.isDone() }
            return receiving.isEmpty && sending.isEmpty
        }

        func advance() throws {
            if phase == .scattering, try allDone() { try sumOwnPart() }
            if phase == .gathering, try allDone() { phase = .done }
        }

        private func sumOwnPart() throws {
            let part = parts[ranks.rank]
            let own = part.count * numbers.size
            if let start = scratch.baseAddress {
                // In the order of the ranks: the parts of those before this one are summed first, where rank 0's is.
                let (before, after) = (0..<ranks.rank, ranks.rank + 1..<ranks.ranks)
                let first = SharedNumbers(numbers.kind, start, count: part.count)
                for other in before.dropFirst() {
                    first.add(start + other * own, first: 0, count: part.count)
                }
                for other in Array(before.prefix(1)) + Array(after) {
                    numbers.add(start + other * own, first: part.lowerBound, count: part.count)
                }
            }
            // Its pages serve the sums that follow.
            scratch.deallocate()
            scratch = UnsafeMutableRawBufferPointer(start: nil, count: 0)
            for other in 0..<ranks.ranks where other != ranks.rank {
                let their = bytes(parts[other])
                let place = UnsafeMutableRawBufferPointer(mutating: their)
                receiving.append(try Receiving(place, from: other, tag: tags.gather))
                sending.append(try Sending(bytes(part), to: other, tag: tags.gather))
            }
            phase = .gathering
        }

        func finish() throws {
            try ranks.wait {
                try advance()
                return phase == .done
            }
        }
    }
#endif
