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
        // The language tower.
        .target(name: "SegSyntax", swiftSettings: swift),
        // The machine reads objects without the run-time checks of exclusive access: they cost it a
        // third of its speed.
        .target(
            name: "SegRuntime", dependencies: ["SegSyntax"],
            swiftSettings: swift + [.unsafeFlags(["-enforce-exclusivity=unchecked"])]),

        // The tensor tower.
        .target(name: "COpenBLAS"),
        .target(name: "CKernels", cSettings: kernels),
        .target(name: "SegTensor", dependencies: ["CKernels", "COpenBLAS"], swiftSettings: swift),
        .systemLibrary(name: "CSystemPNG", pkgConfig: "libpng", providers: [.apt(["libpng-dev"])]),
        .target(name: "CPNG", dependencies: ["CSystemPNG"]),
        .target(name: "SegImaging", dependencies: ["SegTensor", "CPNG"], swiftSettings: swift),

        // The terminal.
        .target(name: "SegTerminal", swiftSettings: swift),

        // The bridge: natives and the library written in seg.
        .executableTarget(name: "EmbedStdlib", dependencies: ["SegSyntax"], swiftSettings: swift),
        .plugin(
            name: "StdlibPlugin", capability: .buildTool(), dependencies: ["EmbedStdlib"],
            path: "Sources/StdlibPlugin"),
        .target(name: "SegStdlib", path: "stdlib", plugins: ["StdlibPlugin"]),
        .target(
            name: "SegLibrary",
            dependencies: ["SegRuntime", "SegImaging", "SegTerminal", "SegTensor", "SegStdlib"],
            swiftSettings: swift),
        .target(name: "Seg", dependencies: ["SegLibrary", "SegRuntime", "SegTensor"], swiftSettings: swift),

        // The command and its prompt.
        .systemLibrary(name: "CSystemEdit", pkgConfig: "libedit", providers: [.apt(["libedit-dev"])]),
        .target(name: "CLibedit", dependencies: ["CSystemEdit"]),
        .target(name: "SegConsole", dependencies: ["SegLibrary", "CLibedit"], swiftSettings: swift),
        .executableTarget(
            name: "seg",
            dependencies: ["SegConsole", "SegLibrary"],
            swiftSettings: swift),

        .testTarget(name: "SyntaxTests", dependencies: ["SegSyntax"]),
        .testTarget(name: "TensorTests", dependencies: ["SegTensor"]),
        .testTarget(name: "ImagingTests", dependencies: ["SegImaging"]),
        .testTarget(name: "TerminalTests", dependencies: ["SegTerminal"]),
        .testTarget(name: "LibraryTests", dependencies: ["SegLibrary"]),
        .testTarget(name: "ConsoleTests", dependencies: ["SegConsole"]),
    ],
    swiftLanguageModes: [.v6]
)
