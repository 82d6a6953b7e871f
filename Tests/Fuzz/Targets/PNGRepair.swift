// The checksums of a PNG file's chunks, recomputed: a changed byte then reaches the decoder.

enum PNGRepair {
    private static let table: [UInt32] = (0..<256).map { number in
        (0..<8).reduce(UInt32(number)) { sum, _ in sum & 1 != 0 ? 0xedb8_8320 ^ (sum >> 1) : sum >> 1 }
    }

    /// CRC-32.
    static func checksum(_ bytes: ArraySlice<UInt8>) -> UInt32 {
        ~bytes.reduce(~UInt32(0)) { sum, byte in table[Int((sum ^ UInt32(byte)) & 255)] ^ (sum >> 8) }
    }

    static func withChecksums(_ file: [UInt8]) -> [UInt8] {
        var file = file
        var start = 8
        while start + 12 <= file.count {
            let length = file[start..<start + 4].reduce(0) { $0 << 8 | Int($1) }
            guard length <= file.count - start - 12 else { break }
            let end = start + 8 + length
            let sum = checksum(file[start + 4..<end])
            for place in 0..<4 {
                file[end + place] = UInt8(truncatingIfNeeded: sum >> (24 - 8 * UInt32(place)))
            }
            start = end + 4
        }
        return file
    }
}
