import DMPCrypto
import DMPTesting
import Testing

@testable import DMPProtocol

@Suite("Rotations")
struct RotationRecordTests {
    private struct Fields: Decodable, Sendable {
        let subjectType: Int
        let subject: String
        let oldSpk: Hex
        let newSpk: Hex
        let seq: String
        let ts: String
        let exp: String

        func record() throws -> RotationRecord {
            try RotationRecord(
                subject: KeySubject(KeySubject.Kind(number: self.subjectType), self.subject),
                oldKey: Ed25519.PublicKey(self.oldSpk.bytes),
                newKey: Ed25519.PublicKey(self.newSpk.bytes),
                sequence: UInt64(decimal: self.seq),
                issued: UnixSeconds(decimal: self.ts),
                expires: UnixSeconds(decimal: self.exp)
            )
        }
    }

    @Test("Rotations are signed and read as in the vectors")
    func rotationVectors() throws {
        let vectors: RecordVectors<Fields> = try Vectors.load("rotation", convertingSnakeCase: true)
        #expect(vectors.prefix == RotationRecord.prefix.description)
        try vectors.checkSigningTwice(make: { try $0.record() }, sign: { try $0.signed(by: $1, and: $2) })
        vectors.checkParsing { value, now, item in
            try Signed<RotationRecord>(
                parsing: value,
                now: now,
                oldKey: item.args?.expectedOld.map { try Ed25519.PublicKey($0.bytes) },
                subject: item.args?.expectedSubject.map { text in
                    try KeySubject(Samples.subjectKind(inVector: item.id), trimming: text)
                }
            )
        } matches: { record, fields, _ in
            try record == fields.record() && record.encoded == fields.record().encoded
        }
        vectors.report()
    }

    @Test("Other keys than the two of the record sign nothing, and a key does not replace itself")
    func signers() throws {
        let record = try Samples.rotation()
        let (alice, bob) = (Samples.alice, Samples.bob)
        #expect(throws: WireError.signerMismatch) { try record.signed(by: bob.ed25519, and: alice.ed25519) }
        #expect(throws: WireError.signerMismatch) { try record.signed(by: alice.ed25519, and: alice.ed25519) }
        #expect(throws: WireError.signerMismatch) { try record.signed(by: bob.ed25519, and: bob.ed25519) }
        #expect(throws: WireError.body(.newKey)) { try Samples.rotation(newKey: alice.signingKey) }
    }

    @Test("Both signatures must be there, each of its key")
    func signatures() throws {
        let body = try Samples.rotation().encoded
        let old = Samples.alice.ed25519.sign(body).bytes
        let new = Samples.bob.ed25519.sign(body).bytes
        try self.parse(body + old + new)
        #expect(throws: WireError.signature) { try self.parse(body + old + old) }
        #expect(throws: WireError.signature) { try self.parse(body + new + new) }
        #expect(throws: WireError.signature) { try self.parse(body + new + old) }
        #expect(throws: (any Error).self) { try self.parse(body + old) }
        #expect(throws: WireError.length(127)) { try self.parse(old + new.dropLast()) }
    }

    @Test(
        "A signed body that is no rotation is refused for its own reason",
        arguments: [
            Damage("other magic", at: 6, [0x32], .body(.magic)),
            Damage("no kind", at: 7, [0], .body(.subjectKind)),
            Damage("kind 4", at: 7, [4], .body(.subjectKind)),
            Damage("no subject", at: 8, [0], .body(.subject)),
            Damage("subject past the end", at: 8, [255], .truncated),
            Damage("bytes left", at: .max, [0], removing: 0, .trailingBytes(1)),
            Damage("cut", at: 99, [], removing: 1, .truncated),
            Damage("subject outside UTF-8", at: 9, [0xff], .body(.subject)),
            Damage("subject without @", at: 10, [0x61], .body(.subject)),
            Damage("same keys", at: 44, Samples.alice.signingKey.bytes, .body(.newKey)),
        ]
    )
    func wrongBody(damage: Damage) throws {
        // 7 bytes, kind, 3, "a@b", two keys at 12 and 44, three times 8 bytes
        let body = try damage.apply(to: Samples.rotation(subject: KeySubject(.user, "a@b")).encoded)
        let second = damage.what == "same keys" ? Samples.alice : Samples.bob
        let signatures = Samples.alice.ed25519.sign(body).bytes + second.ed25519.sign(body).bytes
        #expect(throws: damage.reason) { try self.parse(body + signatures) }
    }

    @Test("A rotation of another key or of another subject is refused where one is expected, and an expired one always")
    func expectations() throws {
        let signed = try Samples.rotation().signed(by: Samples.alice.ed25519, and: Samples.bob.ed25519)
        func parse(now: UnixSeconds = Samples.now, old: Ed25519.PublicKey? = nil, subject: KeySubject? = nil) throws {
            let reread = try Signed<RotationRecord>(parsing: signed.value, now: now, oldKey: old, subject: subject)
            #expect(reread == signed)
        }
        try parse(old: Samples.alice.signingKey, subject: KeySubject(.user, "alice@EXAMPLE.com."))
        #expect(throws: WireError.signerMismatch) { try parse(old: Samples.bob.signingKey) }
        #expect(throws: WireError.nameMismatch) { try parse(subject: KeySubject(.user, "Alice@example.com")) }
        #expect(throws: WireError.nameMismatch) { try parse(subject: KeySubject(.cluster, "example.com")) }
        try parse(now: signed.body.expires)
        #expect(throws: WireError.expired) { try parse(now: signed.body.expires.adding(1)) }
        #expect(throws: WireError.tooFarAhead) {
            try parse(now: UnixSeconds(rawValue: signed.body.expires.rawValue - 157_680_001))
        }
    }

    @discardableResult
    private func parse(_ blob: [UInt8]) throws -> Signed<RotationRecord> {
        try Signed<RotationRecord>(parsing: TXTValue(prefix: RotationRecord.prefix, encoding: blob), now: Samples.now)
    }
}
