// Long texts joined in storage of a known size.

extension String {
    /// Both texts, in storage for `capacity` bytes. The operator `+` may take twice the storage of its first operand.
    public func joined(to other: String, capacity: Int) -> String {
        let size = utf8.count + other.utf8.count
        if size < 1 << 12 { return self + other }
        return String(unsafeUninitializedCapacity: max(capacity, size)) { buffer in
            copy(to: buffer, at: 0)
            other.copy(to: buffer, at: utf8.count)
            return size
        }
    }

    /// Copies the bytes into a buffer that is large enough.
    public func copy(to buffer: UnsafeMutableBufferPointer<UInt8>, at place: Int) {
        let isCopied: Void? = utf8.withContiguousStorageIfAvailable { bytes in
            precondition(place + bytes.count <= buffer.count)
            if let from = bytes.baseAddress, let to = buffer.baseAddress {
                (to + place).initialize(from: from, count: bytes.count)
            }
        }
        precondition(isCopied != nil)
    }
}
