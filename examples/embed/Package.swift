// swift-tools-version: 6.1
// A separate program that contains seg. `swift run` in this folder builds and runs it.
import PackageDescription

let package = Package(
    name: "embed",
    dependencies: [.package(name: "seg", path: "../..")],
    targets: [
        .executableTarget(name: "embed", dependencies: [.product(name: "Seg", package: "seg")])
    ],
    swiftLanguageModes: [.v6]
)
