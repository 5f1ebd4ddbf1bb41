// swift-tools-version: 6.2

// The codecs under the address sanitizer: their tests, and their parsers under libFuzzer. `scripts/fuzz` builds and runs
// both. The folders of the targets are links to those of the main package, so that `package` access stays usable, and only
// the reader of YAML is fetched.

import PackageDescription

let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    // libFuzzer sees which edges and comparisons an input reaches.
    .unsafeFlags(["-sanitize=fuzzer,address", "-enable-testing"]),
]
let sanitized: [LinkerSetting] = [.unsafeFlags(["-sanitize=address"])]

func tests(of target: String, with dependencies: [Target.Dependency]) -> Target {
    .testTarget(
        name: "\(target)Tests",
        dependencies: dependencies + [.target(name: target), "DMPTesting"],
        swiftSettings: settings,
        linkerSettings: sanitized
    )
}

let package = Package(
    name: "dnsmesh-fuzzing",
    dependencies: [.package(url: "https://github.com/jpsim/Yams", from: "6.2.2")],
    targets: [
        .systemLibrary(name: "CSodium", pkgConfig: "libsodium"),
        .systemLibrary(name: "CArgon2", pkgConfig: "libargon2"),
        .target(name: "DMPCrypto", dependencies: ["CSodium", "CArgon2"], swiftSettings: settings),
        .target(name: "ErasureCoding", swiftSettings: settings),
        .target(name: "DMPProtocol", dependencies: ["DMPCrypto", "ErasureCoding"], swiftSettings: settings),
        .target(name: "DNSWire", dependencies: ["DMPCrypto"], swiftSettings: settings),

        // The parsers of files, and of the paths that a node is asked for, from targets that need more than is built here.
        .target(
            name: "FileFormats",
            dependencies: ["DMPCrypto", "DMPProtocol", .product(name: "Yams", package: "Yams")],
            swiftSettings: settings
        ),

        .target(name: "CFuzzer"),
        .executableTarget(
            name: "fuzz",
            dependencies: ["CFuzzer", "DMPCrypto", "DMPProtocol", "DNSWire", "ErasureCoding", "FileFormats"],
            swiftSettings: settings,
            linkerSettings: sanitized
        ),

        .target(
            name: "DMPTesting",
            sources: ["Hex.swift", "PublicTestData.swift", "SeededRandom.swift", "Vectors.swift"],
            swiftSettings: settings
        ),
        tests(of: "DMPCrypto", with: []),
        tests(of: "ErasureCoding", with: ["DMPCrypto"]),
        tests(of: "DMPProtocol", with: ["DMPCrypto", "ErasureCoding"]),
        tests(of: "DNSWire", with: []),
    ]
)
