// Errors of values that are computed only when they are shown: they reach whoever shows the
// value, outside the machine, and are told like those that a script raises.

import SegRuntime
import SegSyntax

extension Interpreter {
    /// Any error as that of a script.
    public func scriptError(_ error: any Error) -> ScriptError {
        if let error = error as? ScriptError { return error }
        guard let failure = failure(of: error) else {
            return ScriptError(Diagnostic(.value, "\(error)"))
        }
        return ScriptError(
            Diagnostic(failure.kind, failure.message, help: failure.help, location: failure.location))
    }
}
