// The one function of C's mathematics that the machine itself needs.

import Glibc

/// a to the power of b, with small whole powers multiplied out as everybody would.
func power(_ a: Double, _ b: Double) -> Double {
    if b == 2 { return a * a }
    return pow(a, b)
}
