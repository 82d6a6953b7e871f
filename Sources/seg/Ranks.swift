// The ranks of a job that `mpirun` or `srun` started. The trait MPI of the package decides at build time whether seg can
// be one of them; without it, it must not run the same script several times over.

@preconcurrency import Glibc
import SegRuntime
import SegSystem

#if MPI
    import SegMPI
#endif

enum Ranks {
    /// Why this process cannot run.
    struct Problem: Error {
        let message: String
        let help: String
    }

    #if MPI
        /// How this process talks to the others of its job.
        static func join(_ flag: InterruptFlag) throws -> any Communicator {
            guard let launcher = Launcher.several else { return SingleProcess.shared }
            guard let communicator = MPICommunicator.start(stop: { flag.raise() }) else {
                throw Problem(
                    message:
                        "\(launcher.name) started \(launcher.count) processes, but MPI does not start here",
                    help:
                        "seg needs MPI_THREAD_SERIALIZED; \(MPICommunicator.library) must be the MPI of \(launcher.name)"
                )
            }
            // As Ctrl-C: a scheduler's end of time, and what mpirun sends when it is interrupted.
            signal(SIGTERM) { _ in interruptFlag.raise() }
            guard communicator.ranks > 1 else {
                throw Problem(
                    message:
                        "\(launcher.name) started \(launcher.count) processes, but each is alone in its job",
                    help:
                        "\(launcher.name) must be of the MPI that seg was built with: \(MPICommunicator.library)"
                )
            }
            return communicator
        }

        /// Lets a rank that waits for others be interrupted.
        static func watch(_ communicator: any Communicator, _ isInterrupted: @escaping @Sendable () -> Bool) {
            (communicator as? MPICommunicator)?.isInterrupted = isInterrupted
        }

        static var version: String { ", \(MPICommunicator.library)" }

        /// What is wrong with the variables of the environment that ranks read; nil if nothing is.
        static var environmentProblem: String? { RankTimeout.problem }
    #else
        static func join(_ flag: InterruptFlag) throws -> any Communicator {
            guard let launcher = Launcher.several else { return SingleProcess.shared }
            throw Problem(
                message:
                    "\(launcher.name) started \(launcher.count) processes, but this seg was built without MPI: "
                    + "each would run the whole script",
                help: "`make mpi` builds one with MPI; see docs/clusters.md")
        }

        static func watch(_ communicator: any Communicator, _ isInterrupted: @escaping @Sendable () -> Bool) {
        }

        static var version: String { "" }
        static var environmentProblem: String? { nil }
    #endif
}
