// swift-tools-version: 6.2
// The fuzzer: libFuzzer around the functions in Targets, which the main package's tests replay. `run.sh` builds it,
// with the sanitizers as flags, and with SEG_FUZZ set, since the main package offers its modules only then.
import PackageDescription

let package = Package(
    name: "fuzz",
    dependencies: [.package(name: "seg", path: "../..")],
    targets: [
        .executableTarget(
            name: "Fuzz", dependencies: [.product(name: "SegModules", package: "seg")], path: ".",
            exclude: ["Replay", "corpus", "dictionaries", "found", "run.sh", "make_corpus.py"],
            sources: ["Targets", "Driver"],
            swiftSettings: [.unsafeFlags(["-parse-as-library"])],
            // libFuzzer brings a `main` of its own.
            linkerSettings: [.unsafeFlags(["-Xlinker", "--allow-multiple-definition"])])
    ],
    swiftLanguageModes: [.v6]
)
