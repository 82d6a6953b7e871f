// swift-tools-version: 6.2
import PackageDescription

// Only these flags: SwiftPM refuses a versioned dependency that passes others to the compilers.
let swift: [SwiftSetting] = [.treatAllWarnings(as: .error)]
let c: [CSetting] = [.enableWarning("all"), .enableWarning("extra"), .treatAllWarnings(as: .error)]
let kernels =
    c + [.headerSearchPath("Shared"), .headerSearchPath("Convolution"), .headerSearchPath("Images")]

let mpi: Set<String> = ["MPI"]

let package = Package(
    name: "seg",
    products: [
        .executable(name: "seg", targets: ["seg"]),
        .library(name: "Seg", targets: ["Seg"]),
    ]
        // All modules, for the fuzzer (Tests/Fuzz) only.
        + (Context.environment["SEG_FUZZ"] == nil
            ? [] : [.library(name: "SegModules", targets: ["SegConsole", "SegLibrary", "SegImaging"])]),
    traits: [
        .trait(name: "MPI", description: "Many machines: one script on all ranks that mpirun or srun starts.")
    ],
    targets: [
        // System services for all targets: files, memory, text widths, JSON.
        .target(name: "SegSystem", swiftSettings: swift),

        // The language.
        .target(name: "SegSyntax", dependencies: ["SegSystem"], swiftSettings: swift),
        .target(name: "CReferences", cSettings: c),
        .target(
            name: "SegRuntime", dependencies: ["SegSyntax", "SegSystem", "CReferences"], swiftSettings: swift),

        // Tensors.
        .target(name: "COpenBLAS", cSettings: c),
        .target(name: "CKernels", cSettings: kernels),
        .systemLibrary(name: "CSystemZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .target(
            name: "SegTensor", dependencies: ["CKernels", "COpenBLAS", "CSystemZlib", "SegSystem"],
            swiftSettings: swift),
        .systemLibrary(name: "CSystemPNG", pkgConfig: "libpng", providers: [.apt(["libpng-dev"])]),
        .target(name: "CPNG", dependencies: ["CSystemPNG"], cSettings: c),
        .target(name: "CTurboJPEG", cSettings: c),
        .target(
            name: "SegImaging", dependencies: ["SegTensor", "CPNG", "CTurboJPEG", "SegSystem"],
            swiftSettings: swift),

        // The terminal.
        .target(name: "SegTerminal", dependencies: ["SegSystem"], swiftSettings: swift),

        // The bridge: natives and the library written in seg.
        .executableTarget(
            name: "EmbedStdlib", dependencies: ["SegSyntax", "SegSystem"], swiftSettings: swift),
        .plugin(
            name: "StdlibPlugin", capability: .buildTool(), dependencies: ["EmbedStdlib"],
            path: "Sources/StdlibPlugin"),
        .target(name: "SegStdlib", path: "stdlib", plugins: ["StdlibPlugin"]),
        .target(
            name: "SegLibrary",
            dependencies: [
                "SegRuntime", "SegImaging", "SegTerminal", "SegTensor", "SegStdlib", "SegSystem",
            ],
            swiftSettings: swift),
        .target(
            name: "Seg", dependencies: ["SegLibrary", "SegRuntime", "SegTensor"], swiftSettings: swift),

        // Ranks on MPI. Without the trait, nothing depends on these, and they compile to nothing.
        .systemLibrary(name: "CSystemMPI", pkgConfig: "mpi-c", providers: [.apt(["libopenmpi-dev"])]),
        .target(
            name: "CMPI", dependencies: [.target(name: "CSystemMPI", condition: .when(traits: mpi))],
            cSettings: c + [.define("SEG_MPI", .when(traits: mpi))]),
        .target(name: "SegMPI", dependencies: ["CMPI", "SegSystem"], swiftSettings: swift),

        // The command and its prompt.
        .systemLibrary(name: "CSystemEdit", pkgConfig: "libedit", providers: [.apt(["libedit-dev"])]),
        .target(name: "CLibedit", dependencies: ["CSystemEdit"], cSettings: c),
        .target(
            name: "SegConsole", dependencies: ["SegLibrary", "CLibedit", "SegSystem"], swiftSettings: swift),
        .target(
            name: "SegLanguageServer", dependencies: ["SegConsole", "SegLibrary", "SegSystem"],
            swiftSettings: swift),
        .executableTarget(
            name: "seg",
            dependencies: [
                "SegConsole", "SegLanguageServer", "SegLibrary", "SegImaging", "SegTensor", "SegSystem",
                .target(name: "SegMPI", condition: .when(traits: mpi)),
            ],
            swiftSettings: swift),

        .target(name: "TestSupport", dependencies: ["SegSystem"], path: "Tests/TestSupport"),
        .testTarget(name: "SystemTests", dependencies: ["SegSystem", "TestSupport"]),
        .testTarget(name: "SyntaxTests", dependencies: ["SegSyntax", "SegSystem"]),
        .testTarget(name: "TensorTests", dependencies: ["SegTensor", "SegSystem", "TestSupport"]),
        .testTarget(name: "ImagingTests", dependencies: ["SegImaging", "SegSystem", "TestSupport"]),
        .testTarget(name: "TerminalTests", dependencies: ["SegTerminal", "SegSystem"]),
        .testTarget(name: "LibraryTests", dependencies: ["SegLibrary", "SegSystem", "TestSupport"]),
        .testTarget(name: "ConsoleTests", dependencies: ["SegConsole", "SegSystem", "TestSupport"]),
        // The inputs of the fuzzer, by the functions that it calls.
        .testTarget(
            name: "FuzzTests",
            dependencies: ["SegConsole", "SegLibrary", "SegImaging", "SegSystem", "TestSupport"],
            path: "Tests/Fuzz",
            exclude: [
                "Package.swift", "Driver", "corpus", "dictionaries", "found", "run.sh", "make_corpus.py",
            ],
            sources: ["Targets", "Replay"]),
    ],
    swiftLanguageModes: [.v6]
)
