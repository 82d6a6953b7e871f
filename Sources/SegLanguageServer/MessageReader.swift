// Messages of the language server protocol on a stream: a header with the length of the content, an empty line, the
// content. A message that is too long is read over, so that a stranger's number never becomes memory; after a wrong
// header reading goes on at the next one.

@preconcurrency import Glibc
import SegSystem

struct MessageReader {
    enum Input {
        case content([UInt8])
        /// What cannot be a message, and why.
        case fault(String)
        case end
    }

    /// The longest content that is read. A document in it is shorter still.
    static let contentLimit = 16 << 20
    private static let lineLimit = 4096

    private let descriptor: Int32
    private var buffer: [UInt8] = []
    private var place = 0

    init(descriptor: Int32) { self.descriptor = descriptor }

    /// Whether a further message has begun to arrive.
    var hasMore: Bool {
        if place < buffer.count { return true }
        var asked = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return poll(&asked, 1, 0) > 0 && asked.revents & Int16(POLLIN) != 0
    }

    mutating func next() -> Input {
        var length: Int?
        var fault: String?
        var hasHeader = false
        while true {
            guard let line = line() else { return .end }
            if line.isEmpty {
                guard hasHeader else { continue }
                break
            }
            hasHeader = true
            let parts = line.split(separator: UInt8(ascii: ":"), maxSplits: 1)
            let name = String(decoding: parts.first ?? [], as: UTF8.self).trimmed.lowercased()
            guard name == "content-length" else { continue }
            let text = parts.count == 2 ? String(decoding: parts[1], as: UTF8.self).trimmed : ""
            if let count = Int(text), count >= 0 {
                length = count
            } else {
                fault = "the header has no length: Content-Length: \(text.prefix(40))"
            }
        }
        guard let length else { return .fault(fault ?? "a message has no Content-Length") }
        guard length <= Self.contentLimit else {
            return skip(length)
                ? .fault("a message of \(length) bytes is too long; the limit is \(Self.contentLimit)") : .end
        }
        return content(length).map { .content($0) } ?? .end
    }

    // MARK: Bytes

    /// Takes what the stream has into the buffer. False at its end.
    private mutating func fill() -> Bool {
        buffer = [UInt8](unsafeUninitializedCapacity: 1 << 16) { bytes, count in
            count = 0
            while true {
                let got = read(descriptor, bytes.baseAddress, bytes.count)
                if got < 0, errno == EINTR { continue }
                count = max(got, 0)
                return
            }
        }
        place = 0
        return !buffer.isEmpty
    }

    /// A line of the header without its end; of one that is too long only the beginning. Nil at the end.
    private mutating func line() -> [UInt8]? {
        var line: [UInt8] = []
        while true {
            if place == buffer.count, !fill() { return nil }
            let byte = buffer[place]
            place += 1
            if byte == UInt8(ascii: "\n") {
                if line.last == UInt8(ascii: "\r") { line.removeLast() }
                return line
            }
            if line.count < Self.lineLimit { line.append(byte) }
        }
    }

    private mutating func content(_ length: Int) -> [UInt8]? {
        var content: [UInt8] = []
        while content.count < length {
            if place == buffer.count, !fill() { return nil }
            let count = min(length - content.count, buffer.count - place)
            content += buffer[place..<place + count]
            place += count
        }
        return content
    }

    private mutating func skip(_ length: Int) -> Bool {
        var left = length
        while left > 0 {
            if place == buffer.count, !fill() { return false }
            let count = min(left, buffer.count - place)
            place += count
            left -= count
        }
        return true
    }
}
