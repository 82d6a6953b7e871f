// Assembles the library: all natives, the values, the files written in seg; and gives an interpreter the
// settings that the tensor engine needs.

import SegRuntime
import SegStdlib
import SegSyntax
import SegSystem
import SegTensor

extension Library {
    /// The whole library.
    public static func standard() -> Library {
        Library(
            natives: allNatives, values: languageValues + tensorValues + dataValues + folderValues,
            scripts: standardScripts(),
            kinds: ["tensor", "dtype", "dataset", "batches", "augmentation"], hints: .standard)
    }

    /// All natives by help topic, in the order in which help lists them.
    private static var topics: [(name: String, natives: [Native])] {
        [
            ("lists", collectionNatives),
            ("strings", textNatives),
            (
                "language",
                languageNatives + helpNatives + sessionNatives + partialResultNatives
                    + usedValueNatives
            ),
            ("files", fileNatives),
            ("ranks", rankNatives),
            ("tensors", makerNatives + elementwiseNatives + reductionNatives + shapingNatives),
            (
                "layers",
                networkNatives + segmentationNatives + layerNatives + madeForNatives + cacheNatives
                    + precisionNatives
                    + freezingNatives + pathPatternNatives + layerTraceNatives
            ),
            ("gradients", differentiationNatives),
            (
                "data",
                folderNatives + dataNatives + viewNatives + augmentNatives + pictureFileNatives
                    + annotationNatives
                    + weightFileNatives + onnxNatives + officialWeightNatives
            ),
            (
                "seeing",
                chartNatives + tableNatives + pictureNatives + documentNatives + progressNatives
                    + numberTextNatives + eventNatives
            ),
        ]
    }

    private static var allNatives: [Native] {
        topics.flatMap { topic, natives in natives.map { $0.listed(under: topic) } }
    }

    private static var tensorValues: [LibraryValue] {
        DType.allCases.map { dtype in
            LibraryValue(
                dtype.rawValue, "A type of the numbers of a tensor.", topic: "tensors",
                examples: ["print(zeros(2, dtype=\(dtype.rawValue)).dtype)  # expect: \(dtype.rawValue)"]
            ) { _ in .object(DTypeValue.of(dtype)) }
        }
    }

    /// The embedded files, or those in the folder SEG_STDLIB, for editing them.
    private static func standardScripts() -> [Script] {
        guard let folder = Environment.variable("SEG_STDLIB") else {
            return stdlibFiles.map {
                Script(
                    name: $0.name, definitions: $0.definitions, internals: $0.internals, text: $0.text)
            }
        }
        var scripts: [Script] = []
        var folders = [""]
        while let part = folders.popLast() {
            for entry in (try? Folder.entries(of: folder + "/" + part)) ?? [] where !entry.name.hasPrefix(".")
            {
                let name = part + entry.name
                if entry.kind == .folder {
                    folders.append(name + "/")
                } else if name.hasSuffix(".seg"),
                    let bytes = try? FileReader.contents(of: "\(folder)/\(name)")
                {
                    let text = String(decoding: bytes, as: UTF8.self)
                    let names = Parser(name: name, text: text).parse().definedNames
                    scripts.append(
                        Script(
                            name: name, definitions: names.documented, internals: names.undocumented,
                            text: text))
                }
            }
        }
        return scripts.sorted { $0.name < $1.name }
    }
}

/// Lets the tensor engine call an interpreter from any thread.
private struct InterpreterReference: @unchecked Sendable {
    unowned let interpreter: Interpreter
}

/// The limit in SEG_CACHE_LIMIT of bytes on disk for features (`8G`, `500M`, plain bytes, `0` for none).
public enum CacheLimit {
    private static let variable = "SEG_CACHE_LIMIT"

    /// Nil where it is not set, or is no size.
    static var bytes: Int? { Environment.variable(variable).flatMap(parse) }

    /// What is wrong with the variable; nil if it can be followed.
    public static var problem: String? {
        guard let wanted = Environment.variable(variable), parse(wanted) == nil else { return nil }
        return "\(variable) must be a size such as 500M or 20G, or 0, got \"\(wanted)\""
    }

    private static func parse(_ text: String) -> Int? { text == "0" ? 0 : ByteCount.parse(text) }
}

/// An interpreter's own settings of the tensor engine.
private final class TensorSettings {
    /// Features of frozen parts may take a quarter of the process's memory limit; the rest goes to disk.
    let context = EvaluationContext(
        features: FeatureCache(
            limit: MemoryBudget.process.limit / 4,
            store: UserFolders().cache.map { FeatureStore(folder: $0 + "/features", limit: CacheLimit.bytes) }
        ))
}

extension Interpreter {
    /// An interpreter with the whole library.
    public static func standard(interruptFlag: InterruptFlag = InterruptFlag()) -> Interpreter {
        let interpreter = Interpreter(library: .standard(), interruptFlag: interruptFlag)
        interpreter.translateError = { [unowned interpreter] error in
            (error as? TensorError).map { interpreter.failure($0) }
        }
        interpreter.objectHook = interpreter.layers
        let context = interpreter.evaluationContext
        let reference = InterpreterReference(interpreter: interpreter)
        context.interrupted = { [interruptFlag] in
            interruptFlag.isRaised && !reference.interpreter.isHoldingInterrupts
        }
        context.site = { reference.interpreter.currentSite() }
        return interpreter
    }

    /// The context in which this interpreter's lazy tensors are computed.
    public var evaluationContext: EvaluationContext {
        attachment(TensorSettings.self) { TensorSettings() }.context
    }

    /// Runs scripts with this interpreter's tensor settings; all work of an interpreter must be inside such a
    /// call.
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
