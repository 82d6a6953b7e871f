// Files read by position and whole, folders listed and made, the user's folders.

import SegSystem
import TestSupport
import Testing

@preconcurrency import Glibc

@Suite struct FileReaderTests {
    @Test func whatIsNoFileIsNamed() {
        func said(_ path: String) -> String { message { _ = try FileReader(path) } }
        #expect(said("/no/such") == "cannot read /no/such: there is no such file or folder")
        #expect(said("/tmp") == "cannot read /tmp: it is a folder")
        #expect(said("/dev/zero") == "cannot read /dev/zero: it is not a regular file")
        #expect(
            message { _ = try FileReader.contents(of: "/tmp", acceptsStreams: true) }.contains(
                "it is a folder"))
    }

    @Test func piecesAndWholes() throws {
        let folder = try ScratchFolder()
        try folder.write("0123456789", to: "digits")
        let path = "\(folder.path)/digits"
        let file = try FileReader(path)
        #expect(file.count == 10)
        #expect(try file.bytes(at: 8, count: 2) == Array("89".utf8))
        #expect(throws: SystemError.self) { try file.bytes(at: 8, count: 3) }
        #expect(throws: SystemError.self) { try file.bytes(at: .max, count: 1) }
        #expect(try FileReader.contents(of: path, limit: 10).count == 10)
        #expect(throws: SystemError.self) { try FileReader.contents(of: path, limit: 9) }
        #expect(FileReader.start(of: path, count: 4) == "0123")
        symlink("digits", "\(folder.path)/link")
        #expect(try FileReader("\(folder.path)/link").count == 10)
        #expect(throws: SystemError.self) { try FileReader("\(folder.path)/link", followsLinks: false) }
    }

    /// Pipes and devices have no size: they are read to their end, or to the limit.
    @Test func streamsAreReadToTheirEnd() throws {
        #expect(throws: SystemError.self) { try FileReader.contents(of: "/dev/null") }
        #expect(try FileReader.contents(of: "/dev/null", acceptsStreams: true).isEmpty)
        var polls = 0
        let said = message {
            _ = try FileReader.contents(of: "/dev/zero", limit: 1_000_000, acceptsStreams: true) {
                polls += 1
            }
        }
        #expect(said == "/dev/zero has more than the 1000000 bytes that are read at once")
        #expect(polls > 10)
        #expect(try FileReader.contents(of: "/proc/self/status").count > 100)
        #expect(FileReader.start(of: "/proc/self/status")?.hasPrefix("Name:") == true)
        #expect(FileReader.start(of: "/no/such") == nil)
    }
}

@Suite struct FolderTests {
    @Test func entriesAreInOrderWithTheirKinds() throws {
        let folder = try ScratchFolder()
        try folder.write("", to: "b")
        try folder.write("", to: ".hidden")
        try folder.write("", to: "a/inner")
        symlink("a", "\(folder.path)/link")
        symlink("nowhere", "\(folder.path)/lost")
        #expect(
            try Folder.entries(of: folder.path) == [
                FolderEntry(name: ".hidden", kind: .file), FolderEntry(name: "a", kind: .folder),
                FolderEntry(name: "b", kind: .file), FolderEntry(name: "link", kind: .folder),
                FolderEntry(name: "lost", kind: .other),
            ])
        #expect(try Folder.entries(of: folder.path, limit: 2).count == 2)
        #expect(
            message { _ = try Folder.entries(of: "/no/such") }
                == "cannot read the folder /no/such: there is no such file or folder")
    }

    @Test func linksToFoldersAreFollowedOnce() throws {
        let folder = try ScratchFolder()
        for name in ["in/own/a", "real/deep/b", "in/.hidden/c"] { try folder.write("", to: name) }
        let links = [
            ("../real", "in/day"), ("..", "in/up"), (".", "in/self"), ("own", "in/again"),
            ("../in", "real/back"),
            ("day", "in/later"), ("nowhere", "in/lost"),
        ]
        for (target, link) in links { symlink(target, "\(folder.path)/\(link)") }
        let start = "\(folder.path)/in/"
        let found = try Folder.all(under: start) {}
        #expect(found.map { $0.dropFirst(start.count) }.sorted() == ["", "day/", "day/deep/", "own/"])
        #expect(try FilePattern("\(start)**/b").paths() == ["\(start)day/deep/b"])
    }

    @Test func foldersAreMadeWithThoseAbove() throws {
        let folder = try ScratchFolder()
        try Folder.make("\(folder.path)/a/b/c/", permissions: 0o700)
        try Folder.make("\(folder.path)/a/b/c")
        #expect(FileStatus("\(folder.path)/a/b/c")?.kind == .folder)
        #expect(FileStatus("\(folder.path)/a/b")?.permissions == 0o700)
        try folder.write("", to: "file")
        #expect(message { try Folder.make("\(folder.path)/file/x") }.contains("cannot make the folder"))
        #expect(message { try Folder.make("\(folder.path)/file") }.contains("cannot make the folder"))
        // A path of very many parts is refused at once.
        let long = folder.path + String(repeating: "/a", count: 200_000)
        #expect(message { try Folder.make(long) }.hasSuffix("its name is too long"))
    }

    @Test func contentThatChangesIsSeenWithSizeAndDateOfBefore() throws {
        let folder = try ScratchFolder()
        try folder.write("abc", to: "file")
        let path = "\(folder.path)/file"
        let before = try #require(FileStatus(path))
        let date = timespec(tv_sec: before.changed / 1_000_000_000, tv_nsec: before.changed % 1_000_000_000)
        // The clock of files has ticks of some milliseconds.
        usleep(20_000)
        let open = fopen(path, "r+")
        fputs("xyz", open)
        fclose(open)
        #expect(utimensat(AT_FDCWD, path, [date, date], 0) == 0)
        let after = try #require(FileStatus(path))
        #expect((after.size, after.changed, after.inode) == (before.size, before.changed, before.inode))
        #expect(after.touched != before.touched)
    }

    @Test func parentsOfPaths() {
        #expect(Folder.parent(of: "/a/b") == "/a")
        #expect(Folder.parent(of: "/a") == "/")
        #expect(Folder.parent(of: "a") == nil)
    }
}

@Suite struct UserFoldersTests {
    @Test func variablesNameTheFolders() {
        func folders(_ variables: [String: String]) -> UserFolders { UserFolders { variables[$0] } }
        let none = folders([:])
        #expect(none.cache == nil && none.state == nil && none.home == nil && none.expanded("~/a") == "~/a")
        let home = folders(["HOME": "/h"])
        #expect(home.cache == "/h/.cache/seg" && home.state == "/h/.local/state/seg")
        #expect(
            home.expanded("~/a") == "/h/a" && home.expanded("~") == "/h"
                && home.expanded("~other") == "~other")
        let own = folders(["HOME": "/h", "XDG_CACHE_HOME": "/c", "XDG_STATE_HOME": "/s"])
        #expect(own.cache == "/c/seg" && own.programCaches == "/c" && own.state == "/s/seg")
        #expect(folders(["HOME": "/h", "XDG_CACHE_HOME": "/c", "SEG_CACHE": "/own"]).cache == "/own")
        #expect(Environment.variable("PATH")?.isEmpty == false)
        #expect(Environment.variable("SEG_NO_SUCH_VARIABLE") == nil)
    }

    @Test func theClockOnlyGoesForward() {
        let start = MonotonicClock.seconds
        usleep(2000)
        #expect(MonotonicClock.seconds - start >= 0.002)
    }
}
