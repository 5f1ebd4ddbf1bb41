import DMPTesting
import Foundation
import Testing

@Suite("Identities between the implementations", .needsReference, .serialized, .timeLimit(.minutes(3)))
struct IdentityTests {
    @Test("One salt and one passphrase give the same keys", arguments: Implementation.allCases)
    func keys(_ implementation: Implementation) async throws {
        let cell = Cell(node: .reference, sender: implementation, recipient: implementation)
        try await Pair.strangers(cell) { pair in
            for (user, known) in [(pair.sender, KnownKeys.alice), (pair.recipient, KnownKeys.bob)] {
                try user.set("kdf_salt", to: known.salt)
                let shown = try await user.attempt(
                    ["identity", "show", "--json"],
                    changing: ["DMP_PASSPHRASE": "pw-\(user.name)"]
                ).expecting(0)
                #expect(try KnownKeys.decode(shown, salt: known.salt) == known)
            }
        }
    }

    @Test("What one publishes the other fetches and pins, with equal keys", arguments: Cell.all, [false, true])
    func publishing(_ cell: Cell, advertisingEnvelope: Bool) async throws {
        try await Pair.introduced(cell, advertisingEnvelope: advertisingEnvelope) { pair in
            for (one, other) in [(pair.sender, pair.recipient), (pair.recipient, pair.sender)] {
                let own = try FetchedIdentity(json: try await one.dnsmesh("identity", "show", "--json"))
                let plain = try await other.fetch(one.name)
                let addressed = try await other.fetch("\(one.name)@\(one.zone)")
                #expect(plain == own)
                #expect(addressed == own)
                let contacts = try await other.dnsmesh("contacts", "list")
                #expect(contacts.contains(own.publicKey) && contacts.contains("(pinned)"), "\(contacts)")
            }
        }
    }

    @Test("A recipient of envelopes learns the sender's address", arguments: Cell.all)
    func envelope(_ cell: Cell) async throws {
        try await Pair.introduced(cell, advertisingEnvelope: true) { pair in
            let bodies = [Body.plain(0), Body.plain(1_000), Array("\u{1F98A} in an envelope".utf8)]
            try await pair.sender.send(bodies, to: pair.recipient.name)
            let arrived = try await pair.recipient.receive()
            #expect(arrived.map(\.body).sorted(by: Body.order) == bodies.sorted(by: Body.order))
            #expect(arrived.allSatisfy { $0.label == "\(pair.sender.name)@\(pair.sender.zone)" }, "\(arrived)")
        }
    }

    @Test("Publishing again leaves one identity to fetch", arguments: Implementation.allCases)
    func publishingAgain(_ node: Implementation) async throws {
        try await Pair.introduced(Cell(node: node, sender: .ours, recipient: .reference)) { pair in
            try await pair.sender.dnsmesh("identity", "publish")
            let own = try FetchedIdentity(json: try await pair.sender.dnsmesh("identity", "show", "--json"))
            #expect(try await pair.recipient.fetch(pair.sender.name) == own)
        }
    }
}

/// The keys that the reference derives for a known salt from the passphrase "pw-" and the user's name.
private struct KnownKeys: Equatable {
    let salt: String
    let publicKey: String
    let signingPublicKey: String
    let userID: String

    static let alice = KnownKeys(
        salt: String(repeating: "aa", count: 32),
        publicKey: "02d84225bd636a96a74eaad99c08285c875e26deff3935abcb38e8a1806a9029",
        signingPublicKey: "2fc451e538fd5e5d02becf1008d3d31528610673908f766865f7a344a5c8805d",
        userID: "3d8c4dd5920c17cc9f158a6c3eb408e462e9b23c3a324979177fffd8bf440649"
    )

    static let bob = KnownKeys(
        salt: String(repeating: "bb", count: 32),
        publicKey: "a63a34fd6e67452c53a13eddfc041f4ca2d303adba135a0cba6e6e12ee392117",
        signingPublicKey: "42dec25ebbe132ad4f11f9eadb98d4729f6f96e70783d50097ab956048facc8a",
        userID: "0f8dd709da557845e495d65273e981c8162bfbf33ed993787a6ef4d7fc2b5eea"
    )

    static func decode(_ shown: Program.Outcome, salt: String) throws -> KnownKeys {
        let keys = try JSONDecoder().decode([String: String].self, from: Data(shown.output))
        return KnownKeys(
            salt: salt,
            publicKey: keys["public_key"] ?? "",
            signingPublicKey: keys["signing_public_key"] ?? "",
            userID: keys["user_id"] ?? ""
        )
    }
}
