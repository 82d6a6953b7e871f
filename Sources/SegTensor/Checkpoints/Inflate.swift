// Unpacking of compressed members of a zip archive by zlib. The caller says how many bytes there must be, and has
// checked that this is not too much.

import CSystemZlib
import SegSystem

enum Inflate {
    /// The `size` bytes that `packed`, a raw deflate stream, holds; nil if it is damaged or holds another number.
    static func bytes(_ packed: [UInt8], size: Int) throws -> [UInt8]? {
        // zlib keeps the address of its stream.
        let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
        stream.initialize(to: z_stream())
        defer { stream.deallocate() }
        // Negative window bits mean a stream without header, as in zip archives.
        guard
            inflateInit2_(stream, -MAX_WBITS, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK
        else { throw TensorError(.memory, "there is no memory to unpack a compressed file") }
        defer { inflateEnd(stream) }
        let context = EvaluationContext.current
        var isWhole = false
        let unpacked = try packed.withUnsafeBufferPointer { source in
            try [UInt8](unsafeUninitializedCapacity: size) { target, filled in
                // zlib counts in 32 bits, and does not change what it reads.
                stream.pointee.next_in = UnsafeMutablePointer(mutating: source.baseAddress)
                var left = source.count
                var spare: UInt8 = 0
                var status = Z_OK
                while status == Z_OK {
                    try context.checkInterrupt()
                    if stream.pointee.avail_in == 0 {
                        stream.pointee.avail_in = UInt32(min(left, blockSize))
                        left -= Int(stream.pointee.avail_in)
                    }
                    if filled < size {
                        let room = min(size - filled, blockSize)
                        stream.pointee.next_out = target.baseAddress.map { $0 + filled }
                        stream.pointee.avail_out = UInt32(room)
                        status = inflate(stream, Z_NO_FLUSH)
                        filled += room - Int(stream.pointee.avail_out)
                    } else {
                        // All is there: only the end of the stream may follow.
                        withUnsafeMutablePointer(to: &spare) { place in
                            stream.pointee.next_out = place
                            stream.pointee.avail_out = 1
                            status = inflate(stream, Z_NO_FLUSH)
                        }
                        if stream.pointee.avail_out == 0 { status = Z_DATA_ERROR }
                    }
                }
                isWhole = status == Z_STREAM_END && filled == size
            }
        }
        return isWhole ? unpacked : nil
    }

    private static let blockSize = 1 << 24
}
