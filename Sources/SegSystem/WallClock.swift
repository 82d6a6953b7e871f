// The time of day, for files that state when something was written, and for waits of the system that end at a time.

@preconcurrency import Glibc

public enum WallClock {
    /// Nanoseconds since 1970.
    public static var nanoseconds: Int {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return time.tv_sec * 1_000_000_000 + time.tv_nsec
    }

    /// The time in so many nanoseconds, less than a second.
    static func time(in nanoseconds: Int) -> timespec {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        time.tv_nsec += nanoseconds
        if time.tv_nsec >= 1_000_000_000 {
            time.tv_nsec -= 1_000_000_000
            time.tv_sec += 1
        }
        return time
    }
}
