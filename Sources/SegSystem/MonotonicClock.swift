// Time for measuring, which no change of the system's date disturbs.

@preconcurrency import Glibc

public enum MonotonicClock {
    /// Seconds since some moment in the past.
    public static var seconds: Double {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
    }
}
