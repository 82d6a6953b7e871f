// Sequential reading of a part of a file: bytes, numbers and blocks. Every length is checked against the end
// of the part before anything is allocated.

import SegSystem

/// A cursor over the bytes from `position` up to `end` of a file.
struct ByteStream {
    let file: FileReader
    let end: Int
    private(set) var position: Int
    private var window: [UInt8] = []
    private var windowStart: Int
    private static let windowSize = 1 << 16

    /// The range must lie inside the file.
    init(_ file: FileReader, from start: Int = 0, to end: Int? = nil) {
        self.file = file
        self.end = min(end ?? file.count, file.count)
        position = min(max(start, 0), self.end)
        windowStart = position
    }

    var remaining: Int { end - position }

    mutating func byte() throws -> UInt8 {
        if position - windowStart >= window.count {
            guard remaining > 0 else { throw cutOff() }
            // A file may state a table of contents of any length; Ctrl-C takes effect between two blocks.
            try EvaluationContext.current.checkInterrupt()
            window = try file.bytes(at: position, count: min(remaining, Self.windowSize))
            windowStart = position
        }
        defer { position += 1 }
        return window[position - windowStart]
    }

    /// An unsigned number of up to eight bytes, little-endian.
    mutating func number(bytes count: Int) throws -> UInt64 {
        var value: UInt64 = 0
        for i in 0..<count { value |= UInt64(try byte()) << UInt64(8 * i) }
        return value
    }

    mutating func bytes(_ count: UInt64) throws -> [UInt8] {
        guard count <= UInt64(remaining) else { throw cutOff() }
        let length = Int(count)
        let from = position - windowStart
        if length <= window.count - from {
            position += length
            return Array(window[from..<from + length])
        }
        let piece = try file.bytes(at: position, count: length)
        position += length
        return piece
    }

    mutating func text(_ count: UInt64) throws -> String {
        String(decoding: try bytes(count), as: UTF8.self)
    }

    /// Text up to a newline; the newline is dropped.
    mutating func line(limit: Int = 1024) throws -> String {
        var text: [UInt8] = []
        while true {
            let next = try byte()
            if next == UInt8(ascii: "\n") { return String(decoding: text, as: UTF8.self) }
            guard text.count < limit else {
                throw TensorError(.file, "\(file.path) is damaged: a name without an end")
            }
            text.append(next)
        }
    }

    mutating func skip(_ count: Int) throws {
        guard count >= 0, count <= remaining else { throw cutOff() }
        position += count
    }

    func cutOff() -> TensorError {
        TensorError(
            .file, "\(file.path) is cut off or damaged: it ends in the middle of its table of contents")
    }
}
