import DMPTesting
import Foundation
import Testing

@Suite("DNS UPDATE between this package and others", .needsReference, .serialized, .timeLimit(.minutes(5)))
struct UpdateTests {
    @Test(
        "Two people talk through a server that they write to by UPDATE",
        arguments: UpdatePeer.available
    )
    func conversation(_ peer: UpdatePeer) async throws {
        let node = try await peer.start()
        try await Self.people(node, updating: node.dns) { alice, bob async throws in
            let bodies = [Array("short".utf8), [UInt8](repeating: 0x5a, count: peer.longestBody)]
            try await alice.send(bodies, to: "bob")
            let arrived = try await bob.receive()
            #expect(arrived.map(\.body).sorted { $0.count < $1.count } == bodies)
            #expect(try await bob.receive().isEmpty)
            #expect(try await bob.prekeyCount() == 3, "used prekeys are gone")
            try await bob.send([Array("back".utf8)], to: "alice")
            #expect(try await alice.receive().map(\.body) == [Array("back".utf8)])
            let arguments = ["identity", "rotate", "--experimental", "--yes"]
            _ = try await alice.attempt(arguments, changing: ["DMP_NEW_PASSPHRASE": "another one"]).expecting(0)
            try await bob.dnsmesh("identity", "refresh-prekeys", "--count", "10")
            let again = try await bob.attempt(["send", "alice", "after"]).expecting(0)
            #expect(again.errors.contains("alice has replaced its keys"), "\(again)")
        }
    }

    @Test(
        "A node refuses by UPDATE what is longer than its values: the limit and the way on are named",
        arguments: UpdatePeer.allCases.filter { $0.program == nil }
    )
    func tooLong(_ peer: UpdatePeer) async throws {
        let node = try await peer.start()
        try await Self.people(node, updating: node.dns) { alice, bob async throws in
            let body = [UInt8](repeating: 0x5a, count: 9_000)
            let outcome = try await alice.attempt(["send", "bob", "-"], input: body)
            #expect(outcome.status == 2 && outcome.errors.contains("2048 at most"), "\(outcome)")
            let hint = try #require(outcome.errors.firstMatch(of: /parts of at most ([0-9]+) bytes/), "\(outcome)")
            let part = [UInt8](repeating: 0x5a, count: try #require(Int(hint.1)))
            try await alice.send([part], to: "bob")
            #expect(try await bob.receive().map(\.body) == [part])
        }
    }

    @Test(
        "A message of 24 KiB goes to a server by UPDATE and comes back through Unbound",
        .enabled(if: UpdatePeer.has("unbound"), "unbound is not installed"),
        arguments: UpdatePeer.available.filter { $0.program != nil }
    )
    func throughResolver(_ peer: UpdatePeer) async throws {
        let node = try await peer.start(behindUnbound: true)
        try await Self.people(node, updating: node.http) { alice, bob async throws in
            let body = [UInt8](repeating: 0x61, count: 24 * 1_024)
            try await alice.send([body], to: "bob")
            #expect(try await bob.receive().map(\.body) == [body])
        }
    }

    @Test(
        "The reference publishes identity and prekeys by UPDATE, we read them, and it reads our longest messages",
        arguments: UpdatePeer.available.filter { $0 != .reference }
    )
    func referenceClient(_ peer: UpdatePeer) async throws {
        let node = try await peer.start()
        try await withScratchFolder { folder async throws in
            let tina = Self.user("tina", .reference, node, folder)
            try await tina.initialize(updating: node.dns)
            try await tina.dnsmesh("identity", "publish")
            try await tina.dnsmesh("identity", "refresh-prekeys", "--count", "10")
            let alice = Self.user("alice", .ours, node, folder)
            try await alice.initialize(updating: node.dns)
            try await alice.dnsmesh("identity", "publish")
            try await alice.dnsmesh("identity", "fetch", "tina", "--add")
            try await tina.dnsmesh("identity", "fetch", "alice", "--add")
            let body = [UInt8](repeating: 0x62, count: peer.longestBody)
            try await alice.send([body], to: "tina")
            #expect(try await tina.receive().map(\.body) == [body])
            #expect(try await tina.prekeyCount() == 9)
        }
    }

    @Test(
        "nsupdate and knsupdate change our node's zone, prerequisites included",
        arguments: ["nsupdate", "knsupdate"].filter(UpdatePeer.has)
    )
    func otherClients(_ program: String) async throws {
        let node = try await UpdatePeer.ours.start()
        let program = try #require(UpdatePeer.path(of: program))
        func run(_ lines: String..., secret: String = "c3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3M=") async throws
            -> Int
        {
            let head = [
                "server 127.0.0.1 \(node.dns.port)", "zone \(UpdatePeer.zone)",
                "key hmac-sha256:\(UpdatePeer.keyName) \(secret)",
            ]
            let script = (head + lines + ["send", ""]).joined(separator: "\n")
            return try await Program.run(
                program,
                [],
                environment: ["PATH": "/usr/bin:/bin"],
                input: Array(script.utf8),
                limit: .seconds(30)
            ).status
        }
        let name = "a.\(UpdatePeer.zone)."
        #expect(
            try await run("update add \(name) 300 TXT \"one\"", "update add \(name) 300 TXT \"two\" \"parts\"") == 0
        )
        #expect(try await Self.texts(node, "a") == ["one", "twoparts"])
        #expect(try await run("prereq yxrrset \(name) TXT", "update delete \(name) TXT \"one\"") == 0)
        #expect(try await run("prereq nxdomain \(name)", "update add \(name) 300 TXT \"three\"") != 0)
        #expect(try await Self.texts(node, "a") == ["twoparts"])
        #expect(try await run("update add \(name) 300 A 192.0.2.1") != 0)
        #expect(try await run("update add a.example.org. 300 TXT \"x\"") != 0)
        let other = "b3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3M="
        #expect(try await run("update delete \(name) TXT", secret: other) != 0)
        #expect(try await Self.texts(node, "a") == ["twoparts"])
        #expect(try await run("update delete \(name) TXT") == 0)
        #expect(try await Self.texts(node, "a").isEmpty)
    }

    // MARK: Helpers

    private static func user(
        _ name: String,
        _ implementation: Implementation,
        _ node: RunningNode,
        _ folder: URL
    ) -> User {
        User(
            name: name,
            implementation: implementation,
            zone: UpdatePeer.zone,
            node: node,
            folder: folder.appending(path: name, directoryHint: .isDirectory)
        )
    }

    /// Alice and Bob, who know each other and have five prekeys each.
    private static func people(
        _ node: RunningNode,
        updating server: RunningNode.Endpoint,
        _ body: (User, User) async throws -> Void
    ) async throws {
        try await withScratchFolder { folder async throws in
            let (alice, bob) = (Self.user("alice", .ours, node, folder), Self.user("bob", .ours, node, folder))
            for user in [alice, bob] {
                try await user.initialize(updating: server)
                try await user.dnsmesh("identity", "publish")
                try await user.dnsmesh("identity", "refresh-prekeys", "--count", "5")
            }
            try await alice.dnsmesh("identity", "fetch", "bob", "--add")
            try await bob.dnsmesh("identity", "fetch", "alice", "--add")
            try await body(alice, bob)
        }
    }

    private static func texts(_ node: RunningNode, _ label: String) async throws -> [String] {
        let script = """
            import sys, dns.message, dns.query
            answer = dns.query.udp(dns.message.make_query(sys.argv[1], "TXT"), "127.0.0.1", port=int(sys.argv[2]), timeout=5)
            for rrset in answer.answer:
                for record in rrset: print(b"".join(record.strings).decode())
            """
        let outcome = try await Program.run(
            try Implementation.referencePrograms.appending(path: "python"),
            ["-c", script, "\(label).\(UpdatePeer.zone)", node.dns.port],
            environment: ["PATH": "/usr/bin:/bin"]
        ).expecting(0)
        return outcome.text.split(separator: "\n").map(String.init).sorted()
    }
}
