// Files written completely or not at all: what remains when writing fails, what is kept of an old file.

import SegSystem
import TestSupport
import Testing

@preconcurrency import Glibc

@Suite struct AtomicFileTests {
    @Test func theOldFileStaysUntilTheCommit() throws {
        let folder = try ScratchFolder()
        let path = "\(folder.path)/f"
        try AtomicFile.write("old", to: path)
        var file: AtomicFile? = try AtomicFile(path)
        try file?.write("new")
        #expect(try folder.text("f") == "old")
        file = nil
        #expect(folder.names == ["f"])
        let second = try AtomicFile(path)
        try second.write([UInt8](repeating: 65, count: 200_000))
        #expect(folder.names.count == 2)
        try second.commit()
        #expect(try folder.text("f") == String(repeating: "A", count: 200_000))
        #expect(folder.names == ["f"])
    }

    @Test func linksAndPermissionsAreKept() throws {
        let folder = try ScratchFolder()
        try AtomicFile.write("old", to: "\(folder.path)/target")
        chmod("\(folder.path)/target", 0o600)
        symlink("target", "\(folder.path)/link")
        try AtomicFile.write("new", to: "\(folder.path)/link")
        #expect(try folder.text("target") == "new")
        #expect(FileStatus("\(folder.path)/link", followsLinks: false)?.kind == .link)
        #expect(FileStatus("\(folder.path)/target")?.permissions == 0o600)
    }

    @Test func aNewFileHasThePermissionsAskedFor() throws {
        let folder = try ScratchFolder()
        try AtomicFile.write("x", to: "\(folder.path)/own", permissions: 0o600)
        #expect(FileStatus("\(folder.path)/own")?.permissions == 0o600)
        let mask = umask(0)
        umask(mask)
        try AtomicFile.write("x", to: "\(folder.path)/shared")
        #expect(FileStatus("\(folder.path)/shared")?.permissions == 0o666 & ~mask)
    }

    /// A killed process leaves its temporary file; another with the same number must not fail because of it.
    @Test func leftoversOfAKilledProcessAreNoObstacle() throws {
        let folder = try ScratchFolder()
        let probe = try AtomicFile("\(folder.path)/probe")
        let name = try #require(folder.names.first)
        probe.abandon()
        let serial = try #require(
            name.split(separator: "-").last?.split(separator: ".").first.flatMap { Int($0) })
        for number in serial..<serial + 50 {
            try folder.write("left", to: ".seg-\(getpid())-\(number)\(AtomicFile.temporaryEnding)")
        }
        try AtomicFile.write("new", to: "\(folder.path)/f")
        #expect(try folder.text("f") == "new")
    }

    @Test func whatPollThrowsEndsTheWriting() throws {
        struct Stop: Error {}
        let folder = try ScratchFolder()
        try AtomicFile.write("old", to: "\(folder.path)/f")
        #expect(throws: Stop.self) { try AtomicFile.write("new", to: "\(folder.path)/f") { throw Stop() } }
        #expect(try folder.text("f") == "old")
        #expect(folder.names == ["f"])
    }

    @Test func failuresSayWhyAndLeaveNothing() throws {
        let folder = try ScratchFolder()
        func said(_ path: String) -> String {
            message { try AtomicFile.write([UInt8](repeating: 0, count: 100_000), to: path) }
        }
        #expect(said("/dev/full").contains("no space is left on the disk"))
        #expect(said("/dev/null") == "no error")
        #expect(
            said("\(folder.path)/none/f")
                == "cannot write \(folder.path)/none/f: there is no folder \(folder.path)/none")
        #expect(said(folder.path).contains("it is a folder"))
        #expect(said("\(folder.path)/\(String(repeating: "n", count: 300))").contains("name is too long"))
        symlink("circle", "\(folder.path)/circle")
        #expect(said("\(folder.path)/circle").contains("form a circle"))
        mkfifo("\(folder.path)/pipe", 0o600)
        #expect(said("\(folder.path)/pipe").contains("no process reads from the other end"))
        #expect(said("") == "cannot write a file without a name")
        #expect(folder.names == ["circle", "pipe"])
    }

    @Test(.enabled(if: getuid() != 0, "nothing is forbidden to root"))
    func whatIsForbiddenIsSaid() throws {
        let folder = try ScratchFolder()
        let path = "\(folder.path)/locked"
        try AtomicFile.write("old", to: path)
        chmod(path, 0o400)
        #expect(message { try AtomicFile.write("new", to: path) }.contains("permission denied"))
        #expect(try folder.text("locked") == "old")
        #expect(folder.names == ["locked"])
    }
}
