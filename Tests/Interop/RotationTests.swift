import DMPTesting
import Foundation
import Testing

@Suite("Rotations between the implementations", .needsReference, .serialized, .timeLimit(.minutes(5)))
struct RotationTests {
    /// A chain that the reference has signed, where the reference says it leads, and what our `send` makes of it.
    struct Chain: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let records: [ChainRecord]
        /// Where the reference says that it leads, from the key "a".
        let head: String?
        /// What our command says; `nil` if it follows.
        var refusal: String?
    }

    static let chains: [Chain] = [
        Chain(testDescription: "routine", records: .chain("ab"), head: "b"),
        Chain(testDescription: "compromise", records: .chain("ab") + [.revoke("a")], head: nil, refusal: "has revoked"),
        Chain(testDescription: "four hops", records: .chain("abcde"), head: "e"),
        Chain(testDescription: "five hops", records: .chain("abcdef"), head: nil, refusal: "more than 4 times"),
        Chain(
            testDescription: "fork",
            records: .chain("ab") + [.rotate("a", "c", 9)],
            head: nil,
            refusal: "two different successors"
        ),
        Chain(testDescription: "cycle", records: .chain("abca"), head: nil, refusal: "lead back"),
        Chain(
            testDescription: "revoked in the middle",
            records: .chain("abc") + [.revoke("b")],
            head: nil,
            refusal: "was revoked"
        ),
        Chain(
            testDescription: "equal seq",
            records: [.rotate("a", "b", 5), .rotate("b", "c", 5)],
            head: nil,
            refusal: "out of order"
        ),
        // The reference stops a key too early here and takes a replaced key for the present one.
        Chain(
            testDescription: "expired hop",
            records: [.rotate("a", "b", 1), .rotate("b", "c", 2, life: -10)],
            head: "b",
            refusal: "has expired"
        ),
    ]

    @Test("Our contact follows a chain of the reference exactly as far as it may", arguments: Self.chains)
    func chain(_ chain: Chain) async throws {
        try await Pair.strangers(Cell(node: .reference, sender: .ours, recipient: .reference)) { pair in
            let walk = try await Walk(
                user: "bob",
                host: pair.sender.zone,
                pinned: "a",
                records: chain.records,
                identity: chain.records.last?.new
            ).run(as: pair.recipient)
            #expect(walk.head == chain.head.map { walk.signingKey($0) })
            let pinned = walk.keys["a"] ?? []
            try await pair.sender.dnsmesh("contacts", "add", "bob", pinned[0], "--signing-key", pinned[1])
            let sent = try await pair.sender.attempt(["send", "bob", "hello"])
            let contacts = try await pair.sender.dnsmesh("contacts", "list", "--json")
            if let refusal = chain.refusal {
                #expect(sent.status == 1 && sent.errors.contains(refusal), "\(sent)")
                #expect(contacts.contains(pinned[1]))
            } else {
                #expect(sent.status == 0 && sent.errors.contains("has replaced its keys"), "\(sent)")
                #expect(contacts.contains(walk.head ?? "none"), "\(contacts)")
            }
        }
    }

    @Test("When the reference rotates, our contact follows in both directions", arguments: Implementation.allCases)
    func referenceRotates(_ node: Implementation) async throws {
        try await Pair.introduced(Cell(node: node, sender: .ours, recipient: .reference)) { pair in
            let (alice, bob) = (pair.sender, pair.recipient)
            try await self.rotate(bob)
            _ = try await bob.attempt(["send", "alice", "with new keys"], changing: Self.newPassphrase).expecting(0)
            let received = try await alice.attempt(["recv", "--json"]).expecting(0)
            #expect(received.text.contains("with new keys") && received.text.contains("rotated-key"), "\(received)")
            #expect(received.errors.contains("bob has replaced its keys"), "\(received)")
            let sent = try await alice.attempt(["send", "bob", "to new keys"]).expecting(0)
            #expect(!sent.errors.contains("replaced"), "it was pinned when it was received")
            let answer = try await bob.attempt(["recv"], changing: Self.newPassphrase).expecting(0)
            #expect(answer.text.contains("to new keys"), "\(answer)")
        }
    }

    @Test("When the reference revokes its key, our contact sends and receives nothing more under it")
    func referenceRevokes() async throws {
        try await Pair.introduced(Cell(node: .reference, sender: .ours, recipient: .reference)) { pair in
            try await pair.recipient.dnsmesh("send", "alice", "with a stolen key")
            try await self.rotate(pair.recipient, "--reason", "compromise")
            let received = try await pair.sender.attempt(["recv"]).expecting(0)
            #expect(received.text == "(no new messages)\n" && received.errors.contains("revoked"), "\(received)")
            let sent = try await pair.sender.attempt(["send", "bob", "hello"]).expecting(1)
            #expect(sent.errors.contains("has revoked"), "\(sent)")
        }
    }

    @Test(
        "When we rotate, the reference walks to our new key, fetches it alone, and accepts its messages",
        arguments: Implementation.allCases
    )
    func weRotate(_ node: Implementation) async throws {
        try await Pair.introduced(Cell(node: node, sender: .reference, recipient: .ours)) { pair in
            let (alice, bob) = (pair.sender, pair.recipient)
            let old = try FetchedIdentity(json: try await bob.dnsmesh("identity", "show", "--json"))
            try await self.rotate(bob)
            let shown = try await bob.attempt(["identity", "show", "--json"], changing: Self.newPassphrase).expecting(0)
            let new = try FetchedIdentity(json: shown.text)
            #expect(try await self.head(from: old, of: bob, as: alice) == new.signingPublicKey)
            #expect(try await alice.fetch("bob") == new)
            _ = try await bob.attempt(["send", "alice", "with new keys"], changing: Self.newPassphrase).expecting(0)
            let followed = try Delivery.parse(reference: try await alice.drive("receive.py", "follow"))
            #expect(followed.map(\.signer) == [new.signingPublicKey])
            try await alice.dnsmesh("send", "bob", "to the old keys")
            let late = try await bob.attempt(["recv"], changing: Self.newPassphrase).expecting(0)
            #expect(late.text.contains("to the old keys"), "mail to the old mailbox is received: \(late)")
        }
    }

    @Test("Of five rotations of ours the reference follows four, and none where the first key was revoked")
    func weRotateOften() async throws {
        try await Pair.introduced(Cell(node: .reference, sender: .reference, recipient: .ours)) { pair in
            let (alice, bob) = (pair.sender, pair.recipient)
            let first = try FetchedIdentity(json: try await bob.dnsmesh("identity", "show", "--json"))
            var passphrase = bob.passphrase
            for count in 1...5 {
                let next = "passphrase \(count)"
                let changes = ["DMP_PASSPHRASE": passphrase, "DMP_NEW_PASSPHRASE": next]
                _ = try await bob.attempt(["identity", "rotate", "--experimental"], changing: changes).expecting(0)
                passphrase = next
                let shown = try await bob.attempt(["identity", "show", "--json"], changing: ["DMP_PASSPHRASE": next])
                let key = try FetchedIdentity(json: shown.text).signingPublicKey
                #expect(try await self.head(from: first, of: bob, as: alice) == (count < 5 ? key : nil))
            }
            let last = ["DMP_PASSPHRASE": passphrase, "DMP_NEW_PASSPHRASE": "the last one"]
            let fifth = try await bob.attempt(["identity", "show", "--json"], changing: last)
            let arguments = ["identity", "rotate", "--experimental", "--reason", "compromise"]
            _ = try await bob.attempt(arguments, changing: last).expecting(0)
            #expect(try await self.head(from: try FetchedIdentity(json: fifth.text), of: bob, as: alice) == nil)
        }
    }

    // MARK: - Steps

    private static let newPassphrase = ["DMP_PASSPHRASE": "the new passphrase"]

    /// The reference ends with 3 where the environment still names the old passphrase.
    private func rotate(_ user: User, _ arguments: String...) async throws {
        let file = user.folder.appending(path: "new-passphrase")
        try Data("the new passphrase".utf8).write(to: file)
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: file.path)
        let command = ["identity", "rotate", "--experimental", "--yes", "--new-passphrase-file", file.path]
        _ = try await user.attempt(command + arguments).expecting(0, 3)
    }

    /// Where the reference says that the chain from a key leads.
    private func head(from old: FetchedIdentity, of user: User, as walker: User) async throws -> String? {
        let walk = Walk(user: user.name, host: user.zone, pinned: old.signingPublicKey, records: [], identity: nil)
        return try await walk.run(as: walker).head
    }
}

/// A rotation or a revocation of keys that letters stand for.
struct ChainRecord: Encodable, Sendable {
    var old: String?
    var new: String?
    var seq: Int?
    var life: Int?
    var revoke: String?

    static func rotate(_ old: String, _ new: String, _ seq: Int, life: Int = 3_600) -> ChainRecord {
        ChainRecord(old: old, new: new, seq: seq, life: life)
    }

    static func revoke(_ letter: String) -> ChainRecord { ChainRecord(revoke: letter) }
}

extension [ChainRecord] {
    /// `abc` gives rotations from a to b and from b to c, with rising numbers.
    static func chain(_ letters: String) -> [ChainRecord] {
        zip(letters, letters.dropFirst()).enumerated().map { .rotate(String($1.0), String($1.1), $0 + 1) }
    }
}

/// What `rotations.py` is told, and what it says.
private struct Walk: Encodable {
    let user: String
    let host: String
    let pinned: String
    let records: [ChainRecord]
    let identity: String?

    struct Outcome: Decodable {
        let head: String?
        let keys: [String: [String]]

        func signingKey(_ letter: String) -> String { self.keys[letter]?[1] ?? "" }
    }

    func run(as user: User) async throws -> Outcome {
        let printed = try await user.drive("rotations.py", input: Array(try JSONEncoder().encode(self)))
        return try JSONDecoder().decode(Outcome.self, from: Data(printed.utf8))
    }

    /// Writes `null` for what is missing.
    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(self.user, forKey: .user)
        try container.encode(self.host, forKey: .host)
        try container.encode(self.pinned, forKey: .pinned)
        try container.encode(self.records, forKey: .records)
        try container.encode(self.identity, forKey: .identity)
    }

    private enum CodingKeys: String, CodingKey {
        case user, host, pinned, records, identity
    }
}
