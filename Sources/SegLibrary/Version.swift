// The version that `seg --version` tells.

let segVersion = "0.1.0"
