// What is wrong with the variables of the environment that only seg reads: a value that it cannot follow is an error
// at the start, as it is for an option. SEG_GRAPHICS and SEG_WEIGHTS_URL are checked when they are used.

import SegLibrary
import SegSystem
import SegTensor

enum EnvironmentProblem {
    /// The first problem, for an action; nil if there is none.
    static func first(for action: Options.Action) -> String? {
        kernels ?? CacheLimit.problem ?? Ranks.environmentProblem ?? library(for: action)
    }

    private static var kernels: String? {
        Environment.variable("SEG_KERNELS").flatMap { KernelLevel.problem(with: $0) }
    }

    /// Without its scripts most of the library would be missing.
    private static func library(for action: Options.Action) -> String? {
        // The doctor names it among its findings.
        if case .doctor = action { return nil }
        guard let folder = Environment.variable("SEG_STDLIB"), FileStatus(folder)?.kind != .folder else {
            return nil
        }
        return
            "SEG_STDLIB must be the folder stdlib of seg's sources, got \"\(folder)\", which is not a folder"
    }
}
