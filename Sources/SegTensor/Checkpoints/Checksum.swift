// Checksums of weight files and saved values: CRC-32, as in zip archives. What a file states is compared when the
// bytes are read anyway, so that opening a file stays cheap.

import CSystemZlib
import SegSystem
import Synchronization

enum CRC32 {
    /// The checksum of bytes; `before` is that of what precedes them.
    static func checksum(_ bytes: UnsafeRawBufferPointer, after before: UInt32 = 0) -> UInt32 {
        // zlib gives the initial value for an address that is nil, whatever came before.
        guard let start = bytes.baseAddress, !bytes.isEmpty else { return before }
        return UInt32(
            truncatingIfNeeded: crc32_z(
                UInt(before), start.assumingMemoryBound(to: UInt8.self), bytes.count))
    }

    /// The same for very many bytes; an interrupt may take effect between two parts of them.
    static func longChecksum(_ bytes: UnsafeRawBufferPointer, after before: UInt32 = 0) throws -> UInt32 {
        var checksum = before
        try Parallel.pieces(bytes.count, of: 1 << 24) { part in
            checksum = self.checksum(UnsafeRawBufferPointer(rebasing: bytes[part]), after: checksum)
        }
        return checksum
    }

    static func checksum(_ bytes: [UInt8], after before: UInt32 = 0) -> UInt32 {
        bytes.withUnsafeBytes { checksum($0, after: before) }
    }

    static func checksum(_ text: String, after before: UInt32 = 0) -> UInt32 {
        var text = text
        return text.withUTF8 { checksum(UnsafeRawBufferPointer($0), after: before) }
    }
}

/// A part of a file with the checksum that the file states for it. It is verified once, when something of it is
/// read first.
final class CheckedRange: Sendable {
    private let range: Range<Int>
    private let expected: UInt32
    /// The checksum of what the file counts before the range.
    private let before: UInt32
    private let isVerified = Mutex(false)

    init(_ range: Range<Int>, checksum: UInt32, after before: UInt32 = 0) {
        self.range = range
        self.before = before
        expected = checksum
    }

    /// Verifies the range.
    /// - Parameters:
    ///   - what: how the error names the range.
    ///   - held: the bytes from `start` on, which need not be read again.
    func verify(
        _ file: FileReader, _ what: String,
        held: UnsafeRawBufferPointer = UnsafeRawBufferPointer(start: nil, count: 0), at start: Int = 0
    ) throws {
        if isVerified.withLock({ $0 }) { return }
        var checksum = before
        let isHeld = !held.isEmpty && range.contains(start) && held.count <= range.upperBound - start
        let end = isHeld ? start : range.upperBound
        try add(file, range.lowerBound..<end, to: &checksum)
        if isHeld {
            checksum = try CRC32.longChecksum(held, after: checksum)
            try add(file, start + held.count..<range.upperBound, to: &checksum)
        }
        guard checksum == expected else {
            throw TensorError(
                .file, "\(file.path) is damaged: \(what) does not fit its checksum",
                help: "copy or download the file again")
        }
        isVerified.withLock { $0 = true }
    }

    private func add(_ file: FileReader, _ part: Range<Int>, to checksum: inout UInt32) throws {
        let context = EvaluationContext.current
        var place = part.lowerBound
        while place < part.upperBound {
            try context.checkInterrupt()
            let piece = try file.bytes(at: place, count: min(part.upperBound - place, 1 << 20))
            checksum = CRC32.checksum(piece, after: checksum)
            place += piece.count
        }
    }
}
