import DMPTesting
import Foundation
import Testing

/// A server that takes signed updates of the zone `mesh.test`.
enum UpdatePeer: String, CaseIterable, CustomTestStringConvertible {
    case bind, knot, reference, ours
    /// Our node with the key database of the reference's.
    case moved

    static let zone = "mesh.test"
    static let keyName = "mesh-key.mesh.test."
    static let secret = String(repeating: "73", count: 32)

    /// What has to be installed.
    var program: String? {
        switch self {
        case .bind: "named"
        case .knot: "knotd"
        case .reference, .ours, .moved: nil
        }
    }

    /// Nodes take values of 2,048 bytes, so that a message ends at 3,732; other servers take what DNS carries.
    var longestBody: Int { self.program == nil ? 3_700 : 24_000 }

    var testDescription: String { self.rawValue }

    /// The servers of this machine; the others are skipped, and CI says which.
    static var available: [UpdatePeer] { Self.allCases.filter { $0.program.map(Self.has) ?? true } }

    static func has(_ program: String) -> Bool { Self.path(of: program) != nil }

    static func path(of program: String) -> URL? {
        ["/usr/bin", "/usr/sbin", "/usr/local/bin", "/usr/local/sbin"]
            .map { URL(fileURLWithPath: $0).appending(path: program) }
            .first { FileManager.default.isExecutableFile(atPath: $0.path) }
    }

    /// Starts the server in a folder of its own; it ends with the process of the tests.
    ///
    /// With `behindUnbound`, ``RunningNode/dns`` is the resolver and ``RunningNode/http`` where updates go.
    func start(behindUnbound: Bool = false) async throws -> RunningNode {
        let folder = URL(fileURLWithPath: NSTemporaryDirectory(), isDirectory: true)
            .appending(path: "dnsmesh-update-\(UUID().uuidString)", directoryHint: .isDirectory)
        return try await RunningNode.start(
            [
                try Implementation.referencePrograms.appending(path: "python").path,
                Implementation.driver("update_server.py").path, self.rawValue,
            ] + (behindUnbound ? ["unbound"] : []),
            in: folder,
            environment: [
                "PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": folder.path,
                "DNSMESH": try Implementation.ours.command.path,
            ]
        )
    }
}

extension User {
    /// Makes a config that writes by DNS UPDATE, and knows no node.
    func initialize(updating server: RunningNode.Endpoint) async throws {
        var arguments = [
            "init", self.name, "--domain", self.zone, "--endpoint", "http://127.0.0.1:1",
            "--dns-host", self.node.dns.host, "--dns-port", self.node.dns.port, "--no-default-resolvers",
        ]
        if self.implementation == .reference { arguments.append("--no-probe-local-dns") }
        _ = try await self.attempt(arguments).expecting(0)
        try self.set("tsig_key_name", to: UpdatePeer.keyName)
        try self.set("tsig_secret_hex", to: UpdatePeer.secret)
        try self.set("tsig_zone", to: UpdatePeer.zone)
        try self.set("tsig_dns_server", to: server.host)
        let file = self.folder.appending(path: "config.yaml")
        let text = String(decoding: try Data(contentsOf: file), as: UTF8.self)
            .replacing(/(?m)^tsig_dns_port:.*$/, with: "tsig_dns_port: \(server.port)")
        try Data(text.utf8).write(to: file)
    }
}
