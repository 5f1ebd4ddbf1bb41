import DMPTesting
import Foundation

/// A person with a folder of keys and contacts, who uses one of the two `dnsmesh` commands.
///
/// Nothing but the node on loopback is ever addressed: no setting of the caller reaches the command, and the config
/// names the local node for everything that would otherwise go to public servers.
struct User: Sendable {
    let name: String
    let implementation: Implementation
    let zone: String
    let node: RunningNode
    let folder: URL
    var passphrase: String { "the passphrase of \(self.name)" }

    /// The same person, who now uses the other command on the same folder.
    func using(_ implementation: Implementation) -> User {
        User(name: self.name, implementation: implementation, zone: self.zone, node: self.node, folder: self.folder)
    }

    // MARK: The command

    /// Runs `dnsmesh` with these arguments, whatever its exit status.
    func attempt(
        _ arguments: [String],
        input: [UInt8] = [],
        changing changes: [String: String] = [:],
        limit: Duration? = nil
    ) async throws -> Program.Outcome {
        try await Program.run(
            self.implementation.command,
            arguments,
            environment: self.environment.merging(changes) { $1 },
            input: input,
            limit: limit
        )
    }

    /// Runs `dnsmesh` with these arguments, which must succeed, and returns what it printed.
    @discardableResult
    func dnsmesh(_ arguments: String..., input: [UInt8] = []) async throws -> String {
        let outcome = try await self.attempt(arguments, input: input)
        guard outcome.status == 0 else {
            throw Program.Failure(
                what: "\(self.name), \(self.implementation): dnsmesh \(arguments.joined(separator: " ")): \(outcome)"
            )
        }
        return outcome.text
    }

    var environment: [String: String] {
        [
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "LANG": "C.UTF-8",
            "HOME": self.folder.path,
            "DMP_CONFIG_HOME": self.folder.path,
            "DMP_TOKENS_HOME": self.folder.appending(path: "tokens").path,
            "DMP_PASSPHRASE": self.passphrase,
            "DMP_PROVIDER_DNS_PORT": self.node.dns.port,
        ]
    }

    // MARK: Steps that many tests share

    /// Makes a config that reads from and writes to the node.
    func initialize() async throws {
        var arguments = [
            "init", self.name, "--domain", self.zone, "--endpoint", self.node.url,
            "--dns-host", self.node.dns.host, "--dns-port", self.node.dns.port, "--no-default-resolvers",
        ]
        if self.implementation == .reference { arguments.append("--no-probe-local-dns") }
        _ = try await self.attempt(arguments).expecting(0)
        try self.set("claim_provider_override", to: self.node.url)
        try self.set("claim_provider_zone", to: self.zone)
    }

    /// Changes one key of the config by hand.
    func set(_ key: String, to value: String) throws {
        let file = self.folder.appending(path: "config.yaml")
        let lines = String(decoding: try Data(contentsOf: file), as: UTF8.self).split(
            separator: "\n",
            omittingEmptySubsequences: false
        )
        let changed = lines.map { $0.hasPrefix("\(key):") ? "\(key): '\(value)'" : $0 }
        try Data(changed.joined(separator: "\n").utf8).write(to: file)
    }

    /// Sends each body as one message, in this order.
    func send(_ bodies: [[UInt8]], to contact: String) async throws {
        switch self.implementation {
        case .ours:
            for body in bodies { try await self.dnsmesh("send", contact, "-", input: body) }
        case .reference:
            let order = try JSONEncoder().encode(SendOrder(to: contact, bodies: bodies.map(\.hex)))
            _ = try await self.drive("send.py", input: Array(order))
        }
    }

    /// Receives once and returns what came, in the order given.
    func receive() async throws -> [Delivery] {
        switch self.implementation {
        case .ours: try Delivery.parse(ours: try await self.dnsmesh("recv", "--json"))
        case .reference: try Delivery.parse(reference: try await self.drive("receive.py"))
        }
    }

    /// A published identity as this user sees it.
    func fetch(_ person: String) async throws -> FetchedIdentity {
        try FetchedIdentity(json: try await self.dnsmesh("identity", "fetch", person, "--json"))
    }

    /// Runs a script on the reference's library with this user's folder.
    @discardableResult
    func drive(_ script: String, _ arguments: String..., input: [UInt8] = []) async throws -> String {
        let python = try Implementation.referencePrograms.appending(path: "python")
        return try await Program.run(
            python,
            [Implementation.driver(script).path] + arguments,
            environment: self.environment,
            input: input
        ).expecting(0).text
    }

    private struct SendOrder: Encodable {
        let to: String
        let bodies: [String]
    }
}

/// The part of `identity fetch --json` and `identity show --json` that both implementations print.
struct FetchedIdentity: Decodable, Equatable {
    let username: String
    let publicKey: String
    let signingPublicKey: String

    init(json: String) throws {
        self = try JSONDecoder().decode(Self.self, from: Data(json.utf8))
    }

    private enum CodingKeys: String, CodingKey {
        case username
        case publicKey = "public_key"
        case signingPublicKey = "signing_public_key"
    }
}
