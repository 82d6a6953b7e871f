// Code that came from a file of `save`: it computes, but has no hands. Its functions carry the file they came from,
// and so do the functions and types that they make. A native with an effect outside of the process is refused while
// such a function is running, whoever called it; `load(path, trust=true)` restores functions without an origin. A
// function of the library that is a value of the file, or that its code reads, carries the file too: it could be called
// with what the file says by somebody else.

import SegSyntax
import Synchronization

/// The file from which code came.
public final class FileOrigin: Sendable {
    public let path: String
    /// Whether there was any: without one, nothing has to look who is running.
    fileprivate static let isAny = Atomic(false)

    public init(path: String) {
        self.path = path
        Self.isAny.store(true, ordering: .relaxed)
    }
}

/// What a native does outside of the process.
public struct Effect: Sendable {
    /// As in `may not write files`.
    let action: String
    /// The parameter without which a call has no effect; nil: every call has it.
    let parameter: String?
    /// Whether files change: of several ranks, rank 0 does it for all.
    var changesFiles = true

    public static let writing = Effect(action: "write files", parameter: nil)
    /// Of several ranks each clears what it has itself.
    public static let removing = Effect(action: "remove files", parameter: nil, changesFiles: false)
    public static let downloading = Effect(action: "download", parameter: nil)
    public static let ending = Effect(action: "end the session", parameter: nil, changesFiles: false)

    /// Writes a file if the argument is given.
    public static func writing(to parameter: String) -> Effect {
        Effect(action: "write files", parameter: parameter)
    }

    /// Restores functions with hands if the argument is true.
    public static func trusting(by parameter: String) -> Effect {
        Effect(action: "trust a file", parameter: parameter, changesFiles: false)
    }

    /// Whether a call has the effect.
    fileprivate func happens(_ native: NativeFunction, _ values: [Value]) -> Bool {
        guard let parameter else { return true }
        guard let place = native.parameters.firstIndex(where: { $0.name == parameter }) else { return false }
        switch values[place] {
        case .nilValue, .bool(false): return false
        default: return true
        }
    }
}

extension Interpreter {
    /// Throws if a native's effect is refused: code of a file is running, or the native is a value of a file.
    func checkHands(_ native: NativeFunction, _ effect: Effect, _ values: [Value]) throws {
        if refusesFileCode, effect.happens(native, values) {
            throw fileCodeRefusal("\(native.name): nothing may \(effect.action)")
        }
        guard let origin = native.origin ?? runningOrigin, effect.happens(native, values) else { return }
        throw refusal(native.name, origin, effect.action)
    }

    /// Whether rank 0 makes a call for all ranks.
    func isForRoot(_ native: NativeFunction, _ values: [Value]) -> Bool {
        if native.native.asksRoot { return true }
        guard let effect = native.native.effect, effect.changesFiles else { return false }
        return effect.happens(native, values)
    }

    /// Throws if code of a file is running.
    func checkHands(_ name: String, _ action: String) throws {
        if let origin = runningOrigin { throw refusal(name, origin, action) }
    }

    private func refusal(_ name: String, _ origin: FileOrigin, _ action: String) -> Failure {
        Failure(
            .file, "\(name): this is called by code from \(origin.path), which may not \(action)",
            help: "if you know who made the file: load(\(quotedText(origin.path)), trust=true)")
    }

    /// The file of the innermost running function that came from one. Functions that are made, and methods that are read as
    /// values, meanwhile carry it: whoever calls them later does what the file says.
    var runningOrigin: FileOrigin? {
        guard FileOrigin.isAny.load(ordering: .relaxed) else { return nil }
        var place = frameCount - 1
        while place >= 0 {
            if let origin = frames[place].function._withUnsafeGuaranteedRef({ $0.origin }) { return origin }
            place -= 1
        }
        return nil
    }

    /// Whether the native that is running was called by the library's own text.
    public var isCalledByLibrary: Bool {
        frameCount > 0
            && frames[frameCount - 1].function._withUnsafeGuaranteedRef { $0.code.module.isLibrary }
    }

    // MARK: Showing and loading

    /// Runs `body`, in which no function of a file begins: for what only looks at a value.
    /// - Returns: nil if such a function would have begun.
    /// - Parameter callingNothing: whether nothing at all is called, as while a stranger's file is loaded.
    public func withoutFileCode<Result>(callingNothing: Bool = false, _ body: () throws -> Result) throws
        -> Result?
    {
        let (wasRefusing, wasSilent, refusals) = (refusesFileCode, refusesCalls, fileCodeRefusals)
        refusesFileCode = true
        refusesCalls = callingNothing || wasSilent
        defer { (refusesFileCode, refusesCalls) = (wasRefusing, wasSilent) }
        do {
            return try body()
        } catch let error as ScriptError where !error.diagnostic.kind.isForScripts {
            throw error
        } catch {
            if fileCodeRefusals != refusals { return nil }
            throw error
        }
    }

    /// Calls a function of the library while a file is loaded.
    public func callingLibrary<Result>(_ body: () throws -> Result) rethrows -> Result {
        let wasSilent = refusesCalls
        refusesCalls = false
        defer { refusesCalls = wasSilent }
        return try body()
    }

    /// Runs a method of the user's own, which may call what it wants to.
    func withFileCode<Result>(_ body: () throws -> Result) rethrows -> Result {
        let wasRefusing = refusesFileCode
        refusesFileCode = false
        defer { refusesFileCode = wasRefusing }
        return try body()
    }

    /// Called before a function with an origin begins.
    func checkFileCode(_ function: FunctionObject) throws {
        guard refusesFileCode, let origin = function.origin else { return }
        throw fileCodeRefusal("\(function.code.name): code from \(origin.path) does not run")
    }

    /// The error of what does not happen when a value is only shown or loaded.
    func fileCodeRefusal(_ what: String) -> Failure {
        fileCodeRefusals += 1
        return Failure(.call, "\(what) when a value is only shown or loaded")
    }
}
