// Byte counts as text, and parsing of such text.

public enum ByteCount {
    private static let units = ["bytes", "kB", "MB", "GB", "TB", "PB", "EB"]

    /// `1.3 MB`, `15 MB`, `4 TB`, `1 byte`: decimal units, as for disks and networks.
    public static func text(_ bytes: Int) -> String { text(Double(bytes)) }

    /// As above, for more bytes than an Int holds.
    public static func text(_ bytes: Double) -> String {
        guard bytes.isFinite else { return "\(bytes) bytes" }
        if bytes.magnitude < 1000 { return bytes == 1 ? "1 byte" : "\(Int(bytes)) bytes" }
        var size = bytes.magnitude
        var unit = 0
        while size >= 999.5, unit < units.count - 1 {
            size /= 1000
            unit += 1
        }
        let tenths = (size * 10).rounded()
        let number =
            size >= 9.95 || tenths.truncatingRemainder(dividingBy: 10) == 0
            ? numberText(size.rounded()) : numberText(tenths / 10)
        return "\(bytes < 0 ? "-" : "")\(number) \(units[unit])"
    }

    /// The number of bytes in a text such as `8G`, `500 MB`, `1.5T`, `4096` or, in powers of 1024, `8GiB`;
    /// nil if it cannot be parsed.
    public static func parse(_ text: String) -> Int? {
        var digits = text.uppercased()
        if digits.hasSuffix("B") { digits.removeLast() }
        let isBinary = digits.hasSuffix("I")
        if isBinary { digits.removeLast() }
        var scale = 1.0
        if let unit = digits.last, let place = ["K", "M", "G", "T"].firstIndex(of: String(unit)) {
            for _ in 0...place { scale *= isBinary ? 1024 : 1000 }
            digits.removeLast()
        } else if isBinary {
            return nil
        }
        if digits.hasSuffix(" ") { digits.removeLast() }
        guard digits.utf8.allSatisfy({ $0 == UInt8(ascii: ".") || (0x30...0x39).contains($0) }),
            let number = Double(digits), number > 0, number * scale < 9e18
        else { return nil }
        return Int(number * scale)
    }
}
