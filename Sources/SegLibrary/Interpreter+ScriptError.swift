// Errors of values that are computed only when they are shown: they occur outside the machine, in the code
// that shows the value, and are reported like those that a script raises.

import SegRuntime
import SegSyntax

extension Interpreter {
    /// Any error as a script's error.
    public func scriptError(_ error: any Error) -> ScriptError {
        if let error = error as? ScriptError { return error }
        guard let failure = failure(of: error) else {
            return ScriptError(Diagnostic(.value, "\(error)"))
        }
        return ScriptError(
            Diagnostic(failure.kind, failure.message, help: failure.help, location: failure.location))
    }
}
