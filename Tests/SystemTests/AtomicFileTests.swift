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

    /// What runs as its owner was another's program; what is written is not.
    @Test func setUserIDIsNotKept() throws {
        let folder = try ScratchFolder()
        try AtomicFile.write("old", to: "\(folder.path)/f")
        chmod("\(folder.path)/f", 0o6755)
        try AtomicFile.write("new", to: "\(folder.path)/f")
        #expect(FileStatus("\(folder.path)/f")?.permissions == 0o755)
    }

    /// As systems do that protect links; only root can make the link of another user.
    @Test(.enabled(if: geteuid() == 0)) func linksOfOthersInAFolderOfAllAreNotFollowed() throws {
        let folder = try ScratchFolder()
        try folder.write("precious", to: "target")
        try Folder.make("\(folder.path)/all")
        chmod("\(folder.path)/all", 0o1777)
        symlink("../target", "\(folder.path)/all/link")
        lchown("\(folder.path)/all/link", 65_534, 65_534)
        #expect(throws: SystemError.self) { try AtomicFile.write("new", to: "\(folder.path)/all/link") }
        #expect(try folder.text("target") == "precious")
        lchown("\(folder.path)/all/link", geteuid(), getegid())
        try AtomicFile.write("new", to: "\(folder.path)/all/link")
        #expect(try folder.text("target") == "new")
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
    /// What no process holds is removed when the first file is written beside it.
    @Test func leftoversOfAKilledProcessAreNoObstacle() throws {
        let folder = try ScratchFolder()
        func leave(_ name: String) {
            close(open("\(folder.path)/\(name)", O_WRONLY | O_CREAT | O_CLOEXEC, 0o600))
        }
        for number in 1..<500 { leave(".seg-\(getpid())-\(number).tmp") }
        for name in [".seg-1-2-3.tmp", ".seg-x-1.tmp", "seg-1-1.tmp", ".seg-1-1.tmp.run"] { leave(name) }
        try AtomicFile.write("new", to: "\(folder.path)/f")
        #expect(try folder.text("f") == "new")
        #expect(
            folder.names.sorted() == [
                ".seg-1-1.tmp.run", ".seg-1-2-3.tmp", ".seg-x-1.tmp", "f", "seg-1-1.tmp",
            ])
        for number in 1..<2000 { leave(".seg-\(getpid())-\(number).tmp") }
        try AtomicFile.write("newer", to: "\(folder.path)/f")
        #expect(try folder.text("f") == "newer")
    }

    /// A file that another process is writing is locked, and stays.
    @Test func lockedFilesStay() throws {
        let folder = try ScratchFolder()
        let other = open("\(folder.path)/.seg-7-1.tmp", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        defer { close(other) }
        #expect(flock(other, LOCK_EX) == 0)
        try AtomicFile.write("new", to: "\(folder.path)/f")
        #expect(folder.names.sorted() == [".seg-7-1.tmp", "f"])
    }

    @Test func foldersOfTheSystemAreNamed() {
        for path in ["/proc/x.run", "/proc/self/x.run", "/sys/x.run"] {
            let error = #expect(throws: SystemError.self) { try AtomicFile.write("new", to: path) }
            #expect(error?.message.contains("belongs to the system") == true)
        }
    }

    @Test func whatWasWrittenCanBeReadBeforeItReplacesTheOldFile() throws {
        let folder = try ScratchFolder()
        try AtomicFile.write("old", to: "\(folder.path)/f")
        let file = try AtomicFile("\(folder.path)/f")
        try file.write("new text")
        let written = try #require(try file.written())
        #expect(try written.bytes(at: 0, count: written.count) == Array("new text".utf8))
        #expect(try folder.text("f") == "old")
        file.abandon()
        #expect(try folder.text("f") == "old")
        #expect(folder.names == ["f"])
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
