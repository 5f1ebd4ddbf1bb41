import DMPCrypto
import DMPTesting
import Testing

@testable import DMPProtocol

@Suite("Identity records")
struct IdentityRecordTests {
    private struct Fields: Decodable, Sendable {
        let username: String
        let x25519Pk: Hex
        let ed25519Spk: Hex
        let ts: String
        let versions: [Int]

        func record() throws -> IdentityRecord {
            try IdentityRecord(
                username: self.username,
                encryptionKey: X25519.PublicKey(self.x25519Pk.bytes),
                signingKey: Ed25519.PublicKey(self.ed25519Spk.bytes),
                issued: UnixSeconds(decimal: self.ts),
                versions: self.versions.map { version in
                    guard let version = UInt8(exactly: version) else { throw OutOfRange() }
                    return version
                }
            )
        }
    }

    @Test("Identities are signed and read as in the vectors")
    func identityVectors() throws {
        let vectors: RecordVectors<Fields> = try Vectors.load("identity", convertingSnakeCase: true)
        #expect(vectors.prefix == IdentityRecord.prefix.description)
        try vectors.checkSigning(make: { try $0.record() }, sign: { try $0.signed(by: $1) })
        vectors.checkParsing(read: { value, now, _ in try Signed<IdentityRecord>(parsing: value, now: now) }) {
            record,
            fields,
            _ in
            try record == fields.record() && record.username.utf8.elementsEqual(fields.username.utf8)
        }
        vectors.report()
    }

    private func signed(_ body: [UInt8]) -> TXTValue {
        let signature = Samples.alice.ed25519.sign(body).bytes
        return TXTValue(prefix: IdentityRecord.prefix, encoding: body + signature)
    }

    private func body(username: [UInt8], suffix: [UInt8] = []) -> [UInt8] {
        [UInt8(username.count)] + username + Samples.alice.encryptionKey.bytes + Samples.alice.signingKey.bytes
            + [0, 0, 0, 0, 0, 0, 0, 5] + suffix
    }

    @Test(
        "A signed body that is not an identity is refused for its own reason",
        arguments: [
            ([0x61, 0x62], [0], .body(.versions)),
            ([0x61, 0x62], [2, 2, 1], .body(.versions)),
            ([0x61, 0x62], [2, 1, 1], .body(.versions)),
            ([0x61, 0x62], [2, 1], .truncated),
            ([0x61, 0x62], [1, 1, 9], .trailingBytes(1)),
            ([0x61, 0xff], [], .body(.username)),
            ([], [0, 0], .body(.username)),
            (Array(repeating: 0x61, count: 65), [], .body(.username)),
        ] as [([UInt8], [UInt8], WireError)]
    )
    func wrongBody(username: [UInt8], suffix: [UInt8], reason: WireError) {
        let value = self.signed(self.body(username: username, suffix: suffix))
        #expect(throws: reason) { try Signed<IdentityRecord>(parsing: value, now: Samples.now) }
    }

    @Test("A name that runs past the end is refused")
    func nameTooLongForBody() {
        var body = self.body(username: [0x61, 0x62])
        body[0] = 60
        #expect(throws: WireError.truncated) {
            try Signed<IdentityRecord>(parsing: self.signed(body), now: Samples.now)
        }
    }

    @Test("Names and versions outside their bounds make no record")
    func bounds() throws {
        func make(_ username: String, _ versions: [UInt8]) throws -> IdentityRecord {
            try IdentityRecord(
                username: username,
                encryptionKey: Samples.alice.encryptionKey,
                signingKey: Samples.alice.signingKey,
                issued: Samples.now,
                versions: versions
            )
        }
        #expect(throws: WireError.body(.username)) { try make("", [1]) }
        #expect(throws: WireError.body(.username)) { try make(String(repeating: "é", count: 33), [1]) }
        #expect(throws: WireError.body(.versions)) { try make("a", []) }
        #expect(throws: WireError.body(.versions)) { try make("a", Array(0...255)) }
        #expect(try make("a", [2, 1, 2]).versions == [1, 2])
        #expect(try make("a", [2, 1]).readsEnvelopes)
        #expect(try !make("a", [1]).readsEnvelopes)
        #expect(throws: WireError.signerMismatch) { try make("a", [1]).signed(by: Samples.bob.ed25519) }
        #expect(try make("a", [1]).userID == Samples.alice.userID)
        #expect(try make("a", [1]).fingerprint == Samples.alice.fingerprint)
    }
}
