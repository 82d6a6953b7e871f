// A file of `save` around a table of values: tensors of each type follow it, for the nodes that name them.

import SegSystem

enum SavedGraph {
    /// The tensors by name, and their bytes.
    private static let tensors: [(name: String, type: String, shape: [Int], bytes: Int)] = [
        ("a", "F32", [2, 3], 24), ("b", "F32", [4], 16), ("c", "F64", [2], 16), ("d", "I64", [3], 24),
        ("e", "I32", [2, 2], 16), ("f", "U8", [1, 2, 2], 4), ("g", "BOOL", [2], 2), ("h", "F16", [3], 6),
        ("i", "F32", [0, 5], 0), ("j", "F32", [], 4), ("k", "F32", [1, 3, 1, 1], 12), ("l", "F32", [1], 4),
        ("m", "F32", [32, 3, 1, 1], 384), ("n", "F32", [32], 128), ("o", "F64", [32], 256),
        ("p", "I64", [32, 32], 8192),
    ]

    static func file(around table: [UInt8]) -> [UInt8] {
        // A JSON string has no bytes that the header would refuse.
        let text = String(decoding: table.map { $0 < 128 ? $0 : 63 }, as: UTF8.self)
        var header = "{\"__metadata__\":{\"seg\":\"1\",\"value\":\(JSON.text(text))}"
        var place = 0
        for tensor in tensors {
            header +=
                ",\"\(tensor.name)\":{\"dtype\":\"\(tensor.type)\",\"shape\":\(tensor.shape),"
                + "\"data_offsets\":[\(place),\(place + tensor.bytes)]}"
            place += tensor.bytes
        }
        header += "}"
        while header.utf8.count % 8 != 0 { header += " " }
        let length = header.utf8.count
        // Ones, where bytes of a bool must be 0 or 1.
        return (0..<8).map { UInt8(truncatingIfNeeded: length >> (8 * $0)) } + Array(header.utf8)
            + [UInt8](repeating: 1, count: place)
    }
}
