// Whether a launcher of MPI started this process as one of several.

public enum Launcher {
    /// By launcher, the variable that holds the number of processes. A batch script of Slurm itself is no step, and has
    /// no SLURM_STEP_NUM_TASKS.
    private static let variables = [
        ("mpirun", "OMPI_COMM_WORLD_SIZE"), ("mpirun", "PMI_SIZE"), ("srun", "SLURM_STEP_NUM_TASKS"),
    ]

    /// The launcher and the number of processes that it started; nil if this process is the only one.
    public static var several: (name: String, count: Int)? {
        for (name, variable) in variables {
            if let count = Environment.variable(variable).flatMap({ Int($0) }), count > 1 {
                return (name, count)
            }
        }
        return nil
    }
}
