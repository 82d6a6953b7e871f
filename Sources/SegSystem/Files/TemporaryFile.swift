// The incomplete files of AtomicFile: `.seg-PROCESS-NUMBER.tmp` beside the file that they will replace. Their
// writer holds a lock on them, so that another process can tell those of killed processes, and removes them.

@preconcurrency import Glibc
import Synchronization

enum TemporaryFile {
    private static let serial = Atomic<Int>(0)
    private static let start = ".seg-"
    private static let ending = ".tmp"
    /// The folders in which this process has looked for remains.
    private static let visited = Mutex<Set<String>>([])

    /// A new locked file in a folder; a negative descriptor if none can be created. The name may be in use by
    /// a file of a killed process with the same number, as in containers, where the number is often 1.
    static func open(in folder: String, permissions: mode_t) -> (String, Int32) {
        removeRemains(in: folder)
        while true {
            let number = serial.add(1, ordering: .relaxed).newValue
            let name = "\(folder)/\(start)\(getpid())-\(number)\(ending)"
            let descriptor = FilePath.with(name) {
                Glibc.open($0, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, permissions)
            }
            guard descriptor >= 0 else {
                if errno == EEXIST { continue }
                return (name, descriptor)
            }
            // Another process may have taken the file for nobody's before it was locked here: it holds the lock, and
            // removes the file, or has done so. Without locks, on some file systems, nobody's remains are removed.
            let isTaken = flock(descriptor, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK
            if !isTaken,
                FileStatus(descriptor: descriptor)?.inode == FileStatus(name, followsLinks: false)?.inode
            {
                return (name, descriptor)
            }
            close(descriptor)
        }
    }

    /// Removes the files of this user that no process holds, once per folder and process.
    private static func removeRemains(in folder: String) {
        guard visited.withLock({ $0.insert(folder).inserted }) else { return }
        for name in (try? Folder.names(in: folder, where: isTemporary)) ?? [] {
            let path = "\(folder)/\(name)"
            let descriptor = FilePath.with(path) {
                Glibc.open($0, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
            }
            guard descriptor >= 0 else { continue }
            defer { close(descriptor) }
            guard let status = FileStatus(descriptor: descriptor), status.kind == .file,
                status.owner == geteuid(), flock(descriptor, LOCK_EX | LOCK_NB) == 0,
                FileStatus(path, followsLinks: false)?.inode == status.inode
            else { continue }
            _ = FilePath.with(path) { unlink($0) }
        }
    }

    private static func isTemporary(_ name: String) -> Bool {
        guard name.hasPrefix(start), name.hasSuffix(ending) else { return false }
        let numbers = name.dropFirst(start.count).dropLast(ending.count).split(
            separator: "-", omittingEmptySubsequences: false)
        return numbers.count == 2 && numbers.allSatisfy { Int($0) != nil }
    }
}
