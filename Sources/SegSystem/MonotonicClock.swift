// Time for measurements, independent of changes to the system's date.

@preconcurrency import Glibc

public enum MonotonicClock {
    /// Seconds since some point in the past.
    public static var seconds: Double {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
    }
}
