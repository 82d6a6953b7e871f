// The version that `seg --version` prints and scripts read as `seg_version`.

public let segVersion = "0.1.0"
