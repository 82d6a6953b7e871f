// Puts the library together: all rows of natives, the values, the files written in seg; and
// gives an interpreter what the tensor tower wants to know of it.

@preconcurrency import Glibc
import SegRuntime
import SegStdlib
import SegSyntax
import SegTensor

extension Library {
    /// Everything seg comes with.
    public static func standard() -> Library {
        Library(natives: allNatives, values: languageValues + tensorValues, scripts: standardScripts())
    }

    private static var allNatives: [Native] {
        languageNatives + tensorNatives + layerRows + dataRows
            + (chartNatives + tableNatives + pictureNatives + progressNatives).map {
                $0.listed(under: "seeing")
            }
    }

    private static var tensorNatives: [Native] {
        (makerNatives + elementwiseNatives + reductionNatives + shapingNatives).map {
            $0.listed(under: "tensors")
        }
    }

    private static var layerRows: [Native] {
        (networkNatives + layerNatives + cacheNatives + freezingNatives + pathPatternNatives
            + layerTraceNatives).map {
                $0.listed(under: "layers")
            }
            + differentiationNatives.map { $0.listed(under: "gradients") }
    }

    private static var dataRows: [Native] {
        (dataNatives + pictureFileNatives + weightFileNatives + officialWeightNatives).map {
            $0.listed(under: "data")
        }
    }

    private static var tensorValues: [LibraryValue] {
        DType.allCases.map { dtype in
            LibraryValue(
                dtype.rawValue, "A type of the numbers of a tensor.", topic: "tensors",
                examples: ["print(zeros(2, dtype=\(dtype.rawValue)).dtype)  # expect: \(dtype.rawValue)"]
            ) { _ in .object(DTypeValue.of(dtype)) }
        }
    }

    /// The embedded files, or those of the folder that SEG_STDLIB names, for editing them.
    private static func standardScripts() -> [Script] {
        guard let folder = getenv("SEG_STDLIB").map({ String(cString: $0) }), !folder.isEmpty else {
            return stdlibFiles.map { Script(name: $0.name, definitions: $0.definitions, text: $0.text) }
        }
        var scripts: [Script] = []
        var folders = [""]
        while let part = folders.popLast() {
            for name in fileNames(in: folder + "/" + part) {
                if name.hasSuffix(".seg") {
                    guard let text = readText("\(folder)/\(part)\(name)") else { continue }
                    scripts.append(
                        Script(
                            name: part + name,
                            definitions: Parser(name: name, text: text).parse().definedNames, text: text))
                } else if !name.contains(".") {
                    folders.append("\(part)\(name)/")
                }
            }
        }
        return scripts.sorted { $0.name < $1.name }
    }

    private static func readText(_ path: String) -> String? {
        guard let file = fopen(path, "rb") else { return nil }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = fread(&buffer, 1, buffer.count, file)
            if count == 0 { return String(decoding: bytes, as: UTF8.self) }
            bytes += buffer[0..<count]
        }
    }
}

/// The names in a folder, in order, without hidden ones.
func fileNames(in folder: String) -> [String] {
    guard let directory = opendir(folder) else { return [] }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
        let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
            pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
        }
        if !name.hasPrefix(".") { names.append(name) }
    }
    return names.sorted()
}

/// Lets the tensor tower ask an interpreter, from whatever thread it works on.
private struct InterpreterReference: @unchecked Sendable {
    unowned let interpreter: Interpreter
}

/// The user's folder for what seg can make or fetch again: SEG_CACHE, else under XDG_CACHE_HOME or
/// ~/.cache; nil where there is none of them.
func cacheFolder() -> String? {
    func variable(_ name: String) -> String? {
        getenv(name).map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 }
    }
    return variable("SEG_CACHE") ?? variable("XDG_CACHE_HOME").map { $0 + "/seg" }
        ?? variable("HOME").map { $0 + "/.cache/seg" }
}

/// The bytes that SEG_CACHE_LIMIT allows on disk for features (`8G`, `500M`, plain bytes).
private func cacheLimit() -> Int? {
    guard let text = getenv("SEG_CACHE_LIMIT").map({ String(cString: $0) }) else { return nil }
    return MemoryLimit.bytes(text)
}

/// An interpreter's own settings of the tensor tower.
private final class TensorSettings {
    /// Features of frozen parts may take a quarter of what the process may; what is more goes to disk.
    let context = EvaluationContext(
        features: FeatureCache(
            limit: SegTensor.MemoryBudget.limit / 4,
            store: cacheFolder().map { FeatureStore(folder: $0 + "/features", limit: cacheLimit()) }))
}

extension Interpreter {
    /// An interpreter with the whole library.
    public static func standard(interruptFlag: InterruptFlag = InterruptFlag()) -> Interpreter {
        let interpreter = Interpreter(library: .standard(), interruptFlag: interruptFlag)
        interpreter.translateError = { [unowned interpreter] error in
            (error as? TensorError).map { interpreter.failure($0) }
        }
        let context = interpreter.evaluationContext
        let reference = InterpreterReference(interpreter: interpreter)
        context.interrupted = { [interruptFlag] in
            interruptFlag.isRaised && !reference.interpreter.isHoldingInterrupts
        }
        context.site = { reference.interpreter.currentSite() }
        return interpreter
    }

    /// What lazy tensors of this interpreter are computed with.
    public var evaluationContext: EvaluationContext {
        attachment(TensorSettings.self) { TensorSettings() }.context
    }

    /// Runs scripts with this interpreter's tensor settings in force; all of an interpreter's
    /// work belongs inside one such call.
    public func withTensors<Result>(_ body: () throws -> Result) rethrows -> Result {
        try EvaluationContext.$current.withValue(evaluationContext, operation: body)
    }

    private func failure(_ error: TensorError) -> Failure {
        let kind = ErrorKind(rawValue: "\(error.kind)") ?? .value
        if kind == .interrupt { interruptFlag.clear() }
        var failure = Failure(kind, error.message, help: error.help, notes: error.notes)
        failure.location = error.site.flatMap { location(ofSite: $0) }
        return failure
    }
}
