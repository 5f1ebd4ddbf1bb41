// swift-tools-version: 6.2

// Measures what the package above is made of. Users never build this package: it compiles the sources above once more,
// through links, so that it can call what has `package` access. `Bench` needs none of the network packages.

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

let package = Package(
    name: "dnsmesh-benchmarks",
    platforms: [.macOS(.v26)],
    dependencies: [
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    ],
    targets: [
        .systemLibrary(name: "CSodium", pkgConfig: "libsodium"),
        .systemLibrary(name: "CArgon2", pkgConfig: "libargon2"),
        .target(name: "DMPCrypto", dependencies: ["CSodium", "CArgon2", crypto], swiftSettings: settings),
        .target(name: "ErasureCoding", swiftSettings: settings),
        .target(name: "DMPProtocol", dependencies: ["DMPCrypto", "ErasureCoding"], swiftSettings: settings),
        .target(name: "DNSWire", dependencies: ["DMPCrypto"], swiftSettings: settings),
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
        .target(
            name: "DNSMesh",
            dependencies: ["DMPCrypto", "DMPNetwork", "DMPProtocol", "DNSTransport", grdb, logging],
            swiftSettings: settings
        ),

        // The stages of a message: what scripts/bench counts and times.
        .executableTarget(
            name: "Bench",
            dependencies: ["DMPCrypto", "DMPProtocol", "DNSWire", "ErasureCoding"],
            swiftSettings: settings
        ),
        // Queries per second of the DNS client, against any server.
        .executableTarget(name: "DNSBench", dependencies: ["DNSTransport", "DNSWire"], swiftSettings: settings),
        // One send and one receive through a node.
        .executableTarget(
            name: "EndToEnd",
            dependencies: ["DMPCrypto", "DMPNetwork", "DMPProtocol", "DNSMesh", "DNSTransport", "DNSWire", "ErasureCoding"],
            swiftSettings: settings
        ),
    ]
)
