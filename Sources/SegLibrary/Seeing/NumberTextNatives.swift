// Numbers as text in the library's tables and notes, in the same formats as charts and progress.

import SegRuntime
import SegSystem
import SegTerminal

let numberTextNatives: [Native] = [
    Native(
        "thousands(n)", "A whole number with commas between the thousands.",
        examples: ["print(thousands(61001856))  # expect: 61,001,856"]
    ) { call in
        let number = try call.number(0).rounded()
        return .string(Int(exactly: number).map { NumberFormat.count($0) } ?? numberText(number))
    },
    Native(
        "bytes_text(n)", "A number of bytes in a suitable unit.",
        examples: ["print(bytes_text(1234567), bytes_text(12))  # expect: 1.2 MB 12 bytes"]
    ) { call in .string(ByteCount.text(try call.number(0))) },
    Native(
        "duration_text(seconds)", "A time in a suitable unit.",
        examples: ["print(duration_text(0.012), duration_text(125))  # expect: 12 ms 2 min 05 s"]
    ) { call in
        let seconds = try call.number(0)
        return .string(abs(seconds) < 1e15 ? NumberFormat.duration(seconds) : "\(numberText(seconds)) s")
    },
]
