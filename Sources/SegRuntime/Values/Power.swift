// The one function of C's math library that the machine needs.

import Glibc

/// a to the power of b, with small whole powers multiplied out.
func power(_ a: Double, _ b: Double) -> Double {
    if b == 2 { return a * a }
    return pow(a, b)
}
