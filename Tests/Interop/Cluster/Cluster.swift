import DMPTesting
import Foundation
import Testing

/// A cluster of processes, in a zone of its own, with an operator who signs its manifests with our command.
struct Cluster: Sendable {
    struct Member: Sendable {
        let id: String
        let role: ClusterRole
        let node: RunningNode
    }

    let zone: String
    let members: [Member]
    /// The operator's public key.
    let operatorKey: String
    let folder: URL

    /// Lends a cluster whose manifest, with seq 7, is at every node that is well.
    static func run(_ roles: [ClusterRole], _ body: (Cluster) async throws -> Void) async throws {
        try await Self.unannounced(roles) { cluster in
            try await cluster.announce(7, cluster.members)
            try await body(cluster)
        }
    }

    /// Lends a cluster of which nobody has heard yet.
    static func unannounced(_ roles: [ClusterRole], _ body: (Cluster) async throws -> Void) async throws {
        let nodes = try await ClusterProcesses.shared.nodes(roles)
        try await withScratchFolder { folder in
            let key = try await Self.command(["operator", "keygen", folder.appending(path: "operator.key").path])
            let cluster = Cluster(
                zone: "c\(UUID().uuidString.prefix(8).lowercased()).test",
                members: zip(roles, nodes).enumerated().map { index, pair in
                    Member(id: "n0\(index + 1)", role: pair.0, node: pair.1)
                },
                operatorKey: key.trimmingCharacters(in: .whitespacesAndNewlines),
                folder: folder
            )
            try await body(cluster)
        }
    }

    var healthy: [Member] { self.members.filter { !$0.role.isSick } }

    // MARK: The operator

    /// Signs a manifest of these members and publishes it at those that are well.
    func announce(_ sequence: Int, _ members: [Member]) async throws {
        _ = try await self.sign(sequence, members, publishingTo: members.filter { !$0.role.isSick })
    }

    /// Signs a manifest and returns what our command prints as JSON.
    func sign(_ sequence: Int, _ members: [Member], publishingTo targets: [Member]) async throws -> String {
        let nodes = members.map { member in
            "- {id: \(member.id), http: '\(member.node.url)', dns: '\(member.node.dns.host):\(member.node.dns.port)'}\n"
        }
        let text = "cluster: \(self.zone)\nseq: \(sequence)\nexpires: 30d\nnodes:\n" + nodes.joined()
        let file = self.folder.appending(path: "cluster-\(sequence).yaml")
        try Data(text.utf8).write(to: file)
        return try await self.sign("cluster", file, publishingTo: targets)
    }

    /// Signs what a YAML file of the `kind` says.
    func sign(_ kind: String, _ file: URL, publishingTo targets: [Member] = []) async throws -> String {
        let key = self.folder.appending(path: "operator.key").path
        let publication = targets.flatMap { ["--publish-to", $0.node.url] }
        return try await Self.command([kind, "sign", file.path, "--key", key, "--json"] + publication)
    }

    private static func command(_ arguments: [String]) async throws -> String {
        let environment = ["PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": NSTemporaryDirectory()]
        return try await Program.run(Implementation.ours.command, arguments, environment: environment).expecting(0).text
    }

    // MARK: Its users

    /// Somebody who reads through the nodes that are well, and knows no node to write to.
    func stranger(_ name: String, _ implementation: Implementation) async throws -> User {
        let healthy = self.healthy.map(\.node)
        let first = try #require(healthy.first)
        let user = User(
            name: name,
            implementation: implementation,
            zone: self.zone,
            node: first,
            folder: self.folder.appending(path: name, directoryHint: .isDirectory)
        )
        let resolvers = healthy.map { "\($0.dns.host):\($0.dns.port)" }.joined(separator: ",")
        var arguments = ["init", name, "--dns-resolvers", resolvers]
        if implementation == .reference { arguments.append("--no-probe-local-dns") }
        _ = try await user.attempt(arguments).expecting(0)
        try user.set("claim_provider_override", to: first.url)
        try user.set("claim_provider_zone", to: self.zone)
        try await user.dnsmesh("cluster", "pin", self.operatorKey, self.zone)
        return user
    }

    /// Somebody who uses the cluster.
    func user(_ name: String, _ implementation: Implementation) async throws -> User {
        let user = try await self.stranger(name, implementation)
        try await user.dnsmesh("cluster", "enable")
        return user
    }
}

/// Two users of a cluster who write to each other.
struct ClusterPair: Sendable {
    let alice: User
    let bob: User

    /// Makes both, publishes their identities and prekeys, and pins each for the other.
    init(in cluster: Cluster, _ first: Implementation, _ second: Implementation) async throws {
        async let alice = Self.published("alice", first, in: cluster)
        async let bob = Self.published("bob", second, in: cluster)
        (self.alice, self.bob) = (try await alice, try await bob)
        async let one: String = self.alice.dnsmesh("identity", "fetch", "bob", "--add")
        async let other: String = self.bob.dnsmesh("identity", "fetch", "alice", "--add")
        _ = (try await one, try await other)
    }

    private static func published(_ name: String, _ who: Implementation, in cluster: Cluster) async throws -> User {
        let user = try await cluster.user(name, who)
        try await user.dnsmesh("identity", "publish")
        try await user.dnsmesh("identity", "refresh-prekeys", "--count", "3")
        return user
    }

    /// One message as text that a person might write, and one that takes several chunks.
    static let bodies = [Array("through the cluster".utf8), Body.plain(1_000)]

    /// Sends messages each way, or only from Alice to Bob. They must arrive.
    ///
    /// - Returns: How long sending and receiving took, first from Alice to Bob.
    func exchange(bothWays: Bool = true) async throws -> [(sending: Duration, receiving: Duration)] {
        var times: [(Duration, Duration)] = []
        for (sender, recipient) in [(self.alice, self.bob), (self.bob, self.alice)].prefix(bothWays ? 2 : 1) {
            let clock = ContinuousClock()
            let sending = try await clock.measure { try await sender.send(Self.bodies, to: recipient.name) }
            var arrived: [[UInt8]] = []
            let receiving = try await clock.measure { arrived = try await recipient.receive().map(\.body) }
            let words = "\(sender.implementation) to \(recipient.implementation)"
            #expect(arrived.sorted(by: Body.order) == Self.bodies.sorted(by: Body.order), "\(words)")
            times.append((sending, receiving))
        }
        return times
    }
}

/// The part of `cluster status --json` that says how each node is.
struct ShownStatus: Decodable {
    struct Node: Decodable {
        let nodeID: String
        let readError: String?
        let writeError: String?

        private enum CodingKeys: String, CodingKey {
            case nodeID = "node_id"
            case readError = "read_error"
            case writeError = "write_error"
        }
    }

    let nodes: [Node]

    init(of user: User) async throws {
        // A node that can't be used is an exit code of its own, and the status is printed all the same.
        let shown = try await user.attempt(["cluster", "status", "--json"]).expecting(0, 2)
        self = try JSONDecoder().decode(Self.self, from: Data(shown.output))
    }

    var sick: [String] { self.nodes.filter { $0.readError != nil || $0.writeError != nil }.map(\.nodeID) }
}
