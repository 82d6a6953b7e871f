// The inputs in the repository: `corpus`, from which the fuzzer starts, and `found`, each of which failed once.
// Texts are as they are; other files, which end in `.hex`, are written as digits.

import SegSystem

struct FuzzInput {
    let target: FuzzTarget
    /// The file below the folder.
    let name: String
    let bytes: [UInt8]

    /// All inputs below a folder that has a folder for each target.
    static func all(in folder: String) throws -> [FuzzInput] {
        var inputs: [FuzzInput] = []
        for target in FuzzTarget.allCases {
            let part = "\(folder)/\(target.rawValue)"
            guard FileStatus(part) != nil else { continue }
            for entry in try Folder.entries(of: part) {
                let contents = try FileReader.contents(of: "\(part)/\(entry.name)")
                let bytes = entry.name.hasSuffix(".hex") ? bytes(ofDigits: contents) : contents
                inputs.append(
                    FuzzInput(target: target, name: "\(target.rawValue)/\(entry.name)", bytes: bytes))
            }
        }
        return inputs
    }

    private static func bytes(ofDigits text: [UInt8]) -> [UInt8] {
        let digits = text.compactMap { Character(UnicodeScalar($0)).hexDigitValue }
        return stride(from: 1, to: digits.count, by: 2).map { UInt8(digits[$0 - 1] * 16 + digits[$0]) }
    }
}
