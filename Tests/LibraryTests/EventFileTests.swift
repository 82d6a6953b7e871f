// Event files of TensorBoard: their framing. Tests/bridges reads them by TensorBoard's own reader.

import SegSystem
import Testing
import TestSupport

@testable import SegLibrary

@Suite struct EventFileTests {
    @Test func theChecksumIsCastagnolis() {
        // The check value of CRC-32C (RFC 3720), and TFRecord's mask of it.
        let bytes = Array("123456789".utf8)
        #expect(CRC32C.checksum(bytes) == 0xe306_9283)
        #expect(CRC32C.masked(bytes) == 0xc78a_b0e5)
    }

    @Test func recordsAreFramed() {
        let record = EventFile.record(LoggedValue(step: 3, tag: "loss", content: .scalar(0.5)), time: 2)
        let count = Int(record[0])
        #expect(record.count == 8 + 4 + count + 4)
        // time 2, step 3, a summary with a value: the tag, and 0.5.
        let message = Array(record[12..<12 + count])
        #expect(
            message == [9, 0, 0, 0, 0, 0, 0, 0, 64, 16, 3, 42, 13, 10, 11, 10, 4] + Array("loss".utf8) + [
                21, 0, 0, 0, 63,
            ])
    }

    @Test func whatCannotBeAppendedIsTakenBack() throws {
        let folder = try ScratchFolder()
        let path = "\(folder.path)/log"
        try AppendedFile.create(path, [[1], [2]])
        try AppendedFile.append([[], [3]], to: path)
        #expect(try FileReader.contents(of: path) == [1, 2, 3])
        #expect(throws: SystemError.self) { try AppendedFile.create(path, [[9]]) }
        #expect(throws: SystemError.self) { try AppendedFile.append([[9]], to: "\(folder.path)/other") }
        #expect(throws: SystemError.self) { try AppendedFile.append([[9]], to: "/dev/full") }
        #expect(try FileReader.contents(of: path) == [1, 2, 3])
    }

    @Test func writingCanBeInterrupted() throws {
        let folder = try ScratchFolder()
        let (path, new) = ("\(folder.path)/log", "\(folder.path)/new")
        try AppendedFile.create(path, [[1, 2]])
        let parts = [[UInt8](repeating: 7, count: 5 << 20), [8]]
        var polls = 0
        func third() throws {
            polls += 1
            if polls == 3 { throw CancellationError() }
        }
        #expect(throws: CancellationError.self) { try AppendedFile.append(parts, to: path, poll: third) }
        #expect(polls == 3)
        #expect(try FileReader.contents(of: path) == [1, 2])
        polls = 0
        #expect(throws: CancellationError.self) { try AppendedFile.create(new, parts, poll: third) }
        #expect(!FileStatus.exists(new))
        try AppendedFile.append(parts, to: path)
        #expect(try FileReader.contents(of: path).count == 3 + (5 << 20))
    }
}
