// The time of day, for files that state when something was written.

@preconcurrency import Glibc

public enum WallClock {
    /// Nanoseconds since 1970.
    public static var nanoseconds: Int {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return time.tv_sec * 1_000_000_000 + time.tv_nsec
    }
}
