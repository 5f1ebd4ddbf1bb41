import DMPCrypto
import DMPTesting
import Testing

@testable import DMPProtocol

@Suite("Owner names")
struct OwnerNameTests {
    private struct File: Decodable {
        let cases: [Case]
        let parseAddress: [Address]
    }

    private struct Case: Decodable {
        let id: String
        let kind: String
        let input: Input
        let name: String?
    }

    private struct Input: Decodable {
        let recipientId: Hex?
        let msgId: Hex?
        let senderSpk: Hex?
        let slot: Int?
        let chunk: Int?
        let username: String?
        let zone: String?
        let name: String?
    }

    private struct Address: Decodable {
        let address: String
        let user: String?
        let host: String?
    }

    /// The names of keys for signed updates belong to a part that is not here.
    private static let kindsElsewhere: Set<String> = ["tsig-key"]

    @Test("Names and typed addresses are as in the vectors")
    func nameVectors() throws {
        let file: File = try Vectors.load("names", convertingSnakeCase: true)
        let cases = file.cases.filter { !Self.kindsElsewhere.contains($0.kind) }
        for item in cases {
            do {
                let name = try Self.name(item.kind, item.input)
                #expect(name == item.name, "\(item.id)")
            } catch {
                #expect(item.name == nil, "\(item.id): \(error)")
            }
        }
        for item in file.parseAddress {
            let parts = UserAddress.split(item.address)
            let refused = LenientForms.refuses("names.parse_address", item.address)
            #expect(parts?.user == (refused ? nil : item.user), "\(item.address)")
            #expect(parts?.host == (refused ? nil : item.host), "\(item.address)")
        }
        Vectors.report("names", cases: cases.count + file.parseAddress.count)
    }

    private static func name(_ kind: String, _ input: Input) throws -> String {
        let zone = input.zone ?? ""
        let name = input.name ?? ""
        let username = input.username ?? ""
        switch kind {
        case "slot": return try OwnerNameText.slot(Slot(input.slot ?? -1), of: Self.recipient(input), zone: zone)
        case "claim": return try OwnerNameText.claim(Slot(input.slot ?? -1), of: Self.recipient(input), zone: zone)
        case "chunk":
            let key = try ChunkKey(
                message: MessageID(#require(input.msgId).bytes),
                recipient: Self.recipient(input),
                sender: Ed25519.PublicKey(#require(input.senderSpk).bytes)
            )
            return OwnerNameText.chunk(try #require(input.chunk), of: key, zone: zone)
        case "identity": return OwnerNameText.hashedIdentity(of: username, zone: zone)
        case "identity-anchored": return OwnerNameText.anchoredIdentity(zone: zone)
        case "prekey": return OwnerNameText.prekeys(of: username, zone: zone)
        case "rotation-user": return OwnerNameText.hashedRotation(of: username, zone: zone)
        case "rotation-anchored": return OwnerNameText.anchoredRotation(zone: zone)
        case "cluster": return try OwnerNameText.cluster(name)
        case "rotation-cluster": return try OwnerNameText.clusterRotation(name)
        case "bootstrap": return try OwnerNameText.bootstrap(name)
        case "rotation-bootstrap": return try OwnerNameText.bootstrapRotation(name)
        case "heartbeat": return try OwnerNameText.heartbeat(zone: zone)
        case "seen": return try OwnerNameText.seen(zone: zone)
        default:
            Issue.record("unknown kind \(kind)")
            return ""
        }
    }

    private static func recipient(_ input: Input) throws -> UserID {
        try UserID(#require(input.recipientId).bytes)
    }

    @Test("Names of a zone in normal form are those of the protocol's worked examples")
    func examples() throws {
        let keys = try IdentityKeys(privateKey: SecretBytes(copying: (0..<32).map { UInt8($0) }))
        let message = try MessageID((0..<16).map { UInt8($0) })
        let zone = try ZoneName("Mesh.Example.COM.")
        let anchored = try ZoneName("alice.example.com")
        let key = ChunkKey(message: message, recipient: keys.userID, sender: keys.signingKey)
        #expect(message.slot.rawValue == 1)
        #expect(key.label == "dededc6cc346")
        #expect(
            try [
                OwnerName.slot(Slot(3), of: keys.userID, in: zone),
                OwnerName.claim(Slot(3), of: keys.userID, in: zone),
                OwnerName.chunk(7, of: key, in: zone),
                OwnerName.hashedIdentity(of: "alice", in: zone),
                OwnerName.prekeys(of: "alice", in: zone),
                OwnerName.hashedRotation(of: "alice", in: zone),
                OwnerName.anchoredIdentity(in: anchored),
                OwnerName.anchoredRotation(in: anchored),
                OwnerName.cluster(zone),
                OwnerName.clusterRotation(zone),
                OwnerName.bootstrap(ZoneName("example.com")),
                OwnerName.bootstrapRotation(ZoneName("example.com")),
                OwnerName.heartbeat(in: ZoneName("node.example.com")),
                OwnerName.seen(in: ZoneName("node.example.com")),
            ].map(\.text) == [
                "slot-3.mb-f7b9591dfe7b.mesh.example.com",
                "claim-3.mb-f7b9591dfe7b.mesh.example.com",
                "chunk-0007-dededc6cc346.mesh.example.com",
                "id-2bd806c97f0e00af.mesh.example.com",
                "prekeys.id-2bd806c97f0e.mesh.example.com",
                "rotate.id-2bd806c97f0e00af.mesh.example.com",
                "dmp.alice.example.com",
                "rotate.dmp.alice.example.com",
                "cluster.mesh.example.com",
                "rotate.cluster.mesh.example.com",
                "_dmp.example.com",
                "rotate._dmp.example.com",
                "_dnsmesh-heartbeat.node.example.com",
                "_dnsmesh-seen.node.example.com",
            ]
        )
        #expect(try OwnerName.slot(Slot(3), of: keys.userID, in: zone).description.hasPrefix("slot-3."))
    }

    @Test("A name that gets too long for its zone is refused")
    func tooLong() throws {
        let label = String(repeating: "z", count: 57)
        let zone = try ZoneName([label, label, label, label].joined(separator: "."))  // 231 bytes
        #expect(throws: NameError.tooLong(byteCount: 254, limit: 253)) {
            try OwnerName.slot(Slot(0), of: Samples.bob.userID, in: zone)
        }
        #expect(throws: Never.self) { try OwnerName.anchoredIdentity(in: zone) }
    }

    @Test("A negative chunk, a slot of two digits and a cluster name with an underscore are refused")
    func refusals() throws {
        let zone = try ZoneName("a_b.c")
        let key = ChunkKey(
            message: .random(),
            recipient: Samples.bob.userID,
            sender: Samples.alice.signingKey
        )
        #expect(throws: NameError.chunkIndex(-1)) { try OwnerName.chunk(-1, of: key, in: zone) }
        #expect(throws: NameError.slot(10)) { try Slot(10) }
        #expect(throws: NameError.slot(-1)) { try Slot(-1) }
        #expect(throws: NameError.label("a_b")) { try OwnerName.cluster(zone) }
        #expect(throws: NameError.label("a_b")) { try OwnerName.bootstrapRotation(zone) }
    }

    @Test("A slot of every digit exists once")
    func slots() {
        #expect(Slot.all.map(\.rawValue) == Array(0...9))
        #expect(Slot.all.map(\.description) == ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"])
    }

    @Test(
        "A text is brought to normal form or refused",
        arguments: [
            ("_DMP.Example.com.", .success("_dmp.example.com")),
            ("a", .success("a")),
            ("-a-._b", .success("-a-._b")),
            ("", .failure(.empty)),
            (".", .failure(.empty)),
            ("a..", .failure(.label(""))),
            ("a..b", .failure(.label(""))),
            (".a", .failure(.label(""))),
            ("a b", .failure(.label("a b"))),
            ("bücher.example", .failure(.label("bücher"))),
            ("a\u{0}", .failure(.label("a\u{0}"))),
            ("a.\u{301}b", .failure(.label("a.\u{301}b"))),
            (String(repeating: "x", count: 64), .failure(.label(String(repeating: "x", count: 64)))),
            (
                Array(repeating: String(repeating: "x", count: 63), count: 4).joined(separator: "."),
                .failure(.tooLong(byteCount: 255, limit: 253))
            ),
        ] as [(String, Result<String, NameError>)]
    )
    func normalForm(text: String, expected: Result<String, NameError>) {
        func result(_ make: () throws(NameError) -> String) -> Result<String, NameError> {
            do throws(NameError) { return .success(try make()) } catch { return .failure(error) }
        }
        #expect(result { () throws(NameError) in try OwnerName(text).text } == expected)
        #expect(result { () throws(NameError) in try ZoneName(text).description } == expected)
    }
}
