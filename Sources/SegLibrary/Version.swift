// The version that `seg --version` tells and scripts know as `seg_version`.

public let segVersion = "0.1.0"
