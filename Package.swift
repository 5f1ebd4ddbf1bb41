// swift-tools-version: 6.2

import PackageDescription

let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .strictMemorySafety(),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

// MARK: - Products of other packages

let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let nioHTTP1 = Target.Dependency.product(name: "NIOHTTP1", package: "swift-nio")
let nioTLS = Target.Dependency.product(name: "NIOTLS", package: "swift-nio")
let nioSSL = Target.Dependency.product(name: "NIOSSL", package: "swift-nio-ssl")
let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let lifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")

let package = Package(
    name: "dnsmesh",
    platforms: [.macOS(.v26)],
    products: [
        .library(name: "DNSMesh", targets: ["DNSMesh", "DMPNetwork", "DNSTransport", "DMPCrypto"]),
        .library(name: "DMPProtocol", targets: ["DMPProtocol"]),
        .library(name: "DNSWire", targets: ["DNSWire"]),
        .executable(name: "dnsmesh", targets: ["DNSMeshCLI"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: [
        // MARK: Foundations: no I/O
        .systemLibrary(
            name: "CSodium",
            pkgConfig: "libsodium",
            providers: [.apt(["libsodium-dev"]), .brew(["libsodium"])]
        ),
        .systemLibrary(
            name: "CArgon2",
            pkgConfig: "libargon2",
            providers: [.apt(["libargon2-dev"]), .brew(["argon2"])]
        ),
        .target(name: "DMPCrypto", dependencies: ["CSodium", "CArgon2", crypto], swiftSettings: settings),
        .target(name: "ErasureCoding", swiftSettings: settings),
        .target(name: "DMPProtocol", dependencies: ["DMPCrypto", "ErasureCoding"], swiftSettings: settings),
        .target(name: "DNSWire", dependencies: ["DMPCrypto"], swiftSettings: settings),

        // MARK: Network
        .target(
            name: "DNSTransport",
            dependencies: ["DNSWire", nioCore, nioPosix, logging],
            swiftSettings: settings
        ),
        .target(
            name: "DMPNetwork",
            dependencies: [
                "DMPCrypto", "DMPProtocol", "DNSTransport", "DNSWire", nioCore, nioHTTP1, nioPosix, nioSSL, nioTLS,
            ],
            swiftSettings: settings
        ),

        // MARK: Engine and node
        .target(
            name: "DNSMesh",
            dependencies: ["DMPCrypto", "DMPNetwork", "DMPProtocol", "DNSTransport", grdb, logging],
            swiftSettings: settings
        ),
        .target(
            name: "DNSMeshNode",
            dependencies: [
                "DMPCrypto", "DMPProtocol", "DNSTransport", "DNSWire", grdb, lifecycle, logging, nioCore, nioHTTP1,
                nioPosix,
            ],
            swiftSettings: settings
        ),

        // MARK: Command line
        .target(
            name: "DNSMeshCommands",
            dependencies: [
                "DMPCrypto", "DMPNetwork", "DMPProtocol", "DNSMesh", "DNSMeshNode", "DNSTransport", "DNSWire",
                argumentParser, lifecycle, logging, yams,
            ],
            swiftSettings: settings
        ),
        .executableTarget(name: "DNSMeshCLI", dependencies: ["DNSMeshCommands"], swiftSettings: settings),

        // MARK: Examples
        .executableTarget(
            name: "SendAndReceive",
            dependencies: ["DMPNetwork", "DMPProtocol", "DNSMesh"],
            path: "Examples/SendAndReceive",
            swiftSettings: settings
        ),
        .executableTarget(
            name: "EchoBot",
            dependencies: ["DMPNetwork", "DMPProtocol", "DNSMesh", "DNSTransport"],
            path: "Examples/EchoBot",
            swiftSettings: settings
        ),

        .executableTarget(
            name: "ClusterFailover",
            dependencies: ["DMPNetwork", "DMPProtocol", "DNSMesh", "DNSMeshNode", "DNSTransport", logging],
            path: "Examples/ClusterFailover",
            swiftSettings: settings
        ),

        // MARK: Tests
        .target(
            name: "DMPTesting",
            dependencies: ["DMPCrypto", "DMPNetwork", "DMPProtocol", "DNSTransport"],
            swiftSettings: settings
        ),
        .testTarget(
            name: "DMPTestingTests",
            dependencies: ["DMPNetwork", "DMPProtocol", "DMPTesting", "DNSTransport"],
            swiftSettings: settings
        ),
        .testTarget(name: "DMPCryptoTests", dependencies: ["DMPCrypto", "DMPTesting"], swiftSettings: settings),
        .testTarget(
            name: "ErasureCodingTests",
            dependencies: ["DMPCrypto", "DMPTesting", "ErasureCoding"],
            swiftSettings: settings
        ),
        .testTarget(
            name: "DMPProtocolTests",
            dependencies: ["DMPCrypto", "DMPProtocol", "DMPTesting", "ErasureCoding"],
            swiftSettings: settings
        ),
        .testTarget(name: "DNSWireTests", dependencies: ["DMPTesting", "DNSWire"], swiftSettings: settings),
        .testTarget(
            name: "DNSTransportTests",
            dependencies: ["DMPTesting", "DNSTransport", "DNSWire", nioCore, nioPosix],
            swiftSettings: settings
        ),
        .testTarget(
            name: "DMPNetworkTests",
            dependencies: [
                "DMPCrypto", "DMPNetwork", "DMPProtocol", "DMPTesting", "DNSTransport", "DNSWire", logging, nioCore,
                nioHTTP1, nioPosix, nioSSL,
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "DNSMeshTests",
            dependencies: [
                "DMPCrypto", "DMPNetwork", "DMPProtocol", "DMPTesting", "DNSMesh", "DNSTransport", grdb, logging,
            ],
            exclude: ["Fixtures"],
            swiftSettings: settings
        ),
        .testTarget(
            name: "DNSMeshNodeTests",
            dependencies: [
                "DMPCrypto", "DMPNetwork", "DMPProtocol", "DMPTesting", "DNSMeshNode", "DNSTransport", "DNSWire",
                grdb, lifecycle, logging, nioCore, nioHTTP1, nioPosix,
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "DNSMeshCommandsTests",
            dependencies: [
                "DMPCrypto", "DMPNetwork", "DMPProtocol", "DMPTesting", "DNSMesh", "DNSMeshCommands", "DNSMeshNode",
                "DNSTransport", "DNSWire", argumentParser, logging,
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "LiveTests",
            dependencies: [
                "DMPCrypto", "DMPNetwork", "DMPProtocol", "DMPTesting", "DNSMesh", "DNSMeshNode", "DNSTransport",
                "DNSWire", logging, nioCore, nioPosix,
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "InteropTests",
            dependencies: ["DMPCrypto", "DMPTesting"],
            path: "Tests/Interop",
            exclude: ["Drivers"],
            swiftSettings: settings
        ),
    ]
)
