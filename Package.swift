// swift-tools-version: 6.1
import PackageDescription

let swift: [SwiftSetting] = [.unsafeFlags(["-warnings-as-errors"])]
let kernels: [CSetting] = [
    .headerSearchPath("Shared"), .headerSearchPath("Convolution"), .headerSearchPath("Images"),
    .unsafeFlags(["-O3", "-fno-math-errno", "-ffp-contract=fast"]),
]

let package = Package(
    name: "seg",
    products: [
        .executable(name: "seg", targets: ["seg"]),
        .library(name: "Seg", targets: ["Seg"]),
    ],
    targets: [
        // What all towers ask of the system: files, memory, text widths, JSON.
        .target(name: "SegSystem", swiftSettings: swift),

        // The language tower.
        .target(name: "SegSyntax", dependencies: ["SegSystem"], swiftSettings: swift),
        // The machine reads objects without the run-time checks of exclusive access: they cost it a
        // third of its speed.
        .target(
            name: "SegRuntime", dependencies: ["SegSyntax", "SegSystem"],
            swiftSettings: swift + [.unsafeFlags(["-enforce-exclusivity=unchecked"])]),

        // The tensor tower.
        .target(name: "COpenBLAS"),
        .target(name: "CKernels", cSettings: kernels),
        .target(
            name: "SegTensor", dependencies: ["CKernels", "COpenBLAS", "SegSystem"], swiftSettings: swift),
        .systemLibrary(name: "CSystemPNG", pkgConfig: "libpng", providers: [.apt(["libpng-dev"])]),
        .target(name: "CPNG", dependencies: ["CSystemPNG"]),
        .target(name: "SegImaging", dependencies: ["SegTensor", "CPNG", "SegSystem"], swiftSettings: swift),

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

        // The command and its prompt.
        .systemLibrary(name: "CSystemEdit", pkgConfig: "libedit", providers: [.apt(["libedit-dev"])]),
        .target(name: "CLibedit", dependencies: ["CSystemEdit"]),
        .target(
            name: "SegConsole", dependencies: ["SegLibrary", "CLibedit", "SegSystem"], swiftSettings: swift),
        .executableTarget(
            name: "seg",
            dependencies: ["SegConsole", "SegLibrary", "SegSystem"],
            swiftSettings: swift),

        .target(name: "TestSupport", dependencies: ["SegSystem"], path: "Tests/TestSupport"),
        .testTarget(name: "SystemTests", dependencies: ["SegSystem", "TestSupport"]),
        .testTarget(name: "SyntaxTests", dependencies: ["SegSyntax"]),
        .testTarget(name: "TensorTests", dependencies: ["SegTensor", "SegSystem", "TestSupport"]),
        .testTarget(name: "ImagingTests", dependencies: ["SegImaging", "SegSystem", "TestSupport"]),
        .testTarget(name: "TerminalTests", dependencies: ["SegTerminal", "SegSystem"]),
        .testTarget(name: "LibraryTests", dependencies: ["SegLibrary"]),
        .testTarget(name: "ConsoleTests", dependencies: ["SegConsole"]),
    ],
    swiftLanguageModes: [.v6]
)
