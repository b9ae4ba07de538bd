// swift-tools-version: 6.0
import PackageDescription

// The package lies in clients/swift; this file stands here because the package manager looks for it here.
let package = Package(
    name: "zikr",
    platforms: [.iOS(.v15), .macOS(.v12)],
    products: [.library(name: "ZikrClient", targets: ["ZikrClient"])],
    targets: [
        .target(name: "ZikrClient", path: "clients/swift/Sources/ZikrClient"),
        .target(name: "ZikrExampleModels", dependencies: ["ZikrClient"], path: "clients/swift/Example/Models"),
        .executableTarget(name: "ZikrExample", dependencies: ["ZikrClient", "ZikrExampleModels"], path: "clients/swift/Example/App"),
        .executableTarget(name: "zikr-probe", dependencies: ["ZikrClient"], path: "clients/swift/Probe"),
        .testTarget(name: "ZikrClientTests", dependencies: ["ZikrClient", "ZikrExampleModels"], path: "clients/swift/Tests/ZikrClientTests"),
    ],
    swiftLanguageModes: [.v6]
)
