// Where a run that was loaded goes on writing: the paths that a file states are its word only.

import SegRuntime
import SegSystem

extension ValueReader {
    /// A run goes on saving itself in the file from which it was loaded. Another path is the file's word only, and
    /// might be that of any other file.
    func confineAutosaves() {
        for case let run as Instance in made.values
        where run.type.name == "Trainer" && run.type.module.isLibrary {
            confineLog(of: run)
            guard let target = run.field(named: "autosave")?.asString, !isSame(target, path) else { continue }
            run.setField(named: "autosave", to: .nilValue)
            run.setField(named: "autosave_steps", to: .nilValue)
            interpreter.note(
                "the run in \(path) saved itself as \(quotedText(target)); it does so no more. "
                    + "run.autosave = \(quotedText(path)) saves it where it is")
        }
    }

    /// A run goes on with its log only where there is one: the path is the file's word, too.
    private func confineLog(of run: Instance) {
        // It goes on in a file of its own.
        run.setField(named: "log_file", to: .nilValue)
        guard let folder = run.field(named: "log")?.asString else { return }
        let entries = (try? Folder.entries(of: folder)) ?? []
        if entries.contains(where: { $0.kind == .file && $0.name.hasPrefix(EventFile.prefix) }) { return }
        run.setField(named: "log", to: .nilValue)
        interpreter.note(
            "the run in \(path) wrote a log in \(quotedText(folder)), which is not there; it does so no more. "
                + "run.log = \(quotedText(folder)) begins it again")
    }

    private func isSame(_ one: String, _ other: String) -> Bool {
        if one == other { return true }
        guard let first = FileStatus(one), let second = FileStatus(other) else { return false }
        return first.inode == second.inode && first.device == second.device
    }
}
