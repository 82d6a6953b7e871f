// `seg doctor`: what of this machine matters for seg, whether it is as it should be, and what to do where it is not.

@preconcurrency import Glibc
import SegImaging
import SegLibrary
import SegSystem
import SegTensor

struct Doctor {
    enum State: String {
        case ok = "ok"
        /// It works, but could be better.
        case note = "note"
        /// Something does not work.
        case fault = "FAULT"
    }

    struct Finding {
        let subject: String
        let state: State
        let text: String
        /// What to do, where it is not fine.
        var remedy: String?
    }

    /// Whether the output is a terminal.
    let terminal: Bool

    static func text(_ findings: [Finding]) -> String {
        let width = findings.map(\.subject.count).max() ?? 0
        return TextWidth.harmless(
            findings.map { finding in
                let state = TextWidth.pad(finding.state.rawValue, to: 6)
                let line = "\(state)\(TextWidth.pad(finding.subject, to: width))  \(finding.text)\n"
                let indent = String(repeating: " ", count: width + 8)
                return line + (finding.remedy.map { "\(indent)\($0)\n" } ?? "")
            }.joined())
    }

    func findings() -> [Finding] {
        [
            Finding(subject: "seg", state: .ok, text: CommandLineTable.version), processor(), threads(),
            memory(),
            library("OpenBLAS", needed: true) { try MatrixProduct.prepare() },
            library("TurboJPEG", needed: false) { try JPEGImage.load() }, curl(),
            folder("cache", UserFolders().cache, variable: "SEG_CACHE"),
            folder("state", UserFolders().state, variable: "XDG_STATE_HOME"),
            folder("here", ".", variable: nil),
            terminalFinding(),
        ] + scripts()
    }

    // MARK: The machine

    private func processor() -> Finding {
        let lines = FileReader.start(of: "/proc/cpuinfo")?.split(separator: "\n") ?? []
        let model = lines.first { $0.hasPrefix("model name") }?.split(separator: ":").last
            .map { $0.drop { $0 == " " } }
        let text =
            "\(model ?? "unknown"), kernels for \(KernelLevel.inUse.rawValue), at most "
            + "\(Int(KernelLevel.inUse.peak.rounded())) billion operations a second on a thread"
            + (Precision.bfloat16.isFast ? ", with fast instructions for bfloat16" : "")
            + (Precision.bfloat16.usesMatrices ? " in matrices (AMX)" : "")
        if let kind = Environment.variable("OPENBLAS_CORETYPE") {
            return Finding(
                subject: "processor", state: .note, text: text,
                remedy: "OPENBLAS_CORETYPE is \(kind): unset it, as matmul may be several times slower for it"
            )
        }
        guard KernelLevel.inUse == .sse2 else {
            return Finding(subject: "processor", state: .ok, text: text)
        }
        return Finding(
            subject: "processor", state: .note, text: text,
            remedy: KernelLevel.highest > .sse2
                ? "SEG_KERNELS asks for sse2, which is several times slower than \(KernelLevel.highest.rawValue)"
                : "seg works, several times slower than on a processor with AVX2")
    }

    private func threads() -> Finding {
        let cores = sysconf(Int32(_SC_NPROCESSORS_ONLN))
        let text = "\(Parallel.threads) of \(cores) processors"
        guard Parallel.threads < cores else { return Finding(subject: "threads", state: .ok, text: text) }
        return Finding(
            subject: "threads", state: .note, text: text,
            remedy: "the process may use no more, or --threads says so")
    }

    private func memory() -> Finding {
        let whole = sysconf(Int32(_SC_PHYS_PAGES)) * sysconf(Int32(_SC_PAGESIZE))
        let limit = MemoryBudget.process.limit
        let text = "\(ByteCount.text(limit)) for seg, of \(ByteCount.text(whole))"
        guard limit < 2 << 30 else { return Finding(subject: "memory", state: .ok, text: text) }
        return Finding(
            subject: "memory", state: .note, text: text,
            remedy: "enough for small pictures; end other programs, or raise the limit of the container")
    }

    // MARK: Libraries and programs

    private func library(_ name: String, needed: Bool, _ load: () throws -> Void) -> Finding {
        do {
            try load()
            return Finding(subject: name, state: .ok, text: "loaded")
        } catch let error as TensorError {
            return Finding(
                subject: name, state: needed ? .fault : .note, text: error.message, remedy: error.help)
        } catch {
            return Finding(subject: name, state: .fault, text: "\(error)")
        }
    }

    private func curl() -> Finding {
        let folders = (Environment.variable("PATH") ?? "").split(separator: ":")
        if folders.contains(where: { access("\($0)/curl", X_OK) == 0 }) {
            return Finding(subject: "curl", state: .ok, text: "found")
        }
        return Finding(
            subject: "curl", state: .note, text: "not found: official weights cannot be downloaded",
            remedy: "on Debian: apt-get install curl")
    }

    // MARK: Folders

    /// A folder in which files can be written: itself, or where it would be made.
    private func folder(_ subject: String, _ path: String?, variable: String?) -> Finding {
        let remedy = variable.map { "set \($0) to a folder where you may write" }
        guard let path else {
            return Finding(subject: subject, state: .note, text: "no folder: HOME is not set", remedy: remedy)
        }
        var existing = path
        while !FileStatus.exists(existing), let slash = existing.lastIndex(of: "/") {
            existing = slash == existing.startIndex ? "/" : String(existing[..<slash])
        }
        guard access(existing, W_OK | X_OK) == 0, FileStatus(existing)?.kind == .folder else {
            return Finding(
                subject: subject, state: variable == nil ? .note : .fault,
                text: "\(path): \(existing == path ? "" : "\(existing): ")cannot be written",
                remedy: remedy ?? "run seg in a folder where you may write")
        }
        var space = statvfs()
        guard statvfs(existing, &space) == 0 else {
            return Finding(subject: subject, state: .ok, text: path)
        }
        let free = Int(space.f_bavail) * Int(space.f_frsize)
        let text = "\(path), \(ByteCount.text(free)) free"
        guard free < 1 << 30 else { return Finding(subject: subject, state: .ok, text: text) }
        return Finding(
            subject: subject, state: .note, text: text,
            remedy: subject == "cache"
                ? "`cache_clear()` in seg empties it" : "little room for runs and weights")
    }

    // MARK: Terminal and scripts

    private func terminalFinding() -> Finding {
        setlocale(LC_CTYPE, "")
        let encoding = nl_langinfo(Int32(CODESET)).map { String(cString: $0) } ?? ""
        let name = Environment.variable("TERM") ?? "TERM is not set"
        let text = terminal ? "\(name), \(encoding)" : "the output is no terminal; \(encoding)"
        if encoding != "UTF-8" {
            return Finding(
                subject: "terminal", state: .note, text: text,
                remedy: "charts need UTF-8: export LANG=C.UTF-8")
        }
        if terminal, Environment.variable("NO_COLOR") != nil {
            return Finding(
                subject: "terminal", state: .note, text: text, remedy: "no colours, since NO_COLOR is set")
        }
        return Finding(subject: "terminal", state: .ok, text: text)
    }

    private func scripts() -> [Finding] {
        guard let path = Environment.variable("SEG_STDLIB") else { return [] }
        let isThere = FileStatus("\(path)/layers")?.kind == .folder
        return [
            Finding(
                subject: "library", state: isThere ? .note : .fault,
                text: "its scripts are read from \(path)",
                remedy: isThere ? nil : "SEG_STDLIB is to be the folder stdlib of seg's sources, or not set")
        ]
    }
}
