import DMPCrypto
import DMPTesting
import Testing

@testable import DMPProtocol

@Suite("Revocations")
struct RevocationRecordTests {
    private struct Fields: Decodable, Sendable {
        let subjectType: Int
        let subject: String
        let revokedSpk: Hex
        let reasonCode: Int
        let ts: String

        func record() throws -> RevocationRecord {
            guard let code = UInt8(exactly: self.reasonCode), let reason = RevocationRecord.Reason(rawValue: code)
            else {
                throw OutOfRange()
            }
            return try RevocationRecord(
                subject: KeySubject(KeySubject.Kind(number: self.subjectType), self.subject),
                revokedKey: Ed25519.PublicKey(self.revokedSpk.bytes),
                reason: reason,
                issued: UnixSeconds(decimal: self.ts)
            )
        }
    }

    @Test("Revocations are signed and read as in the vectors")
    func revocationVectors() throws {
        let vectors: RecordVectors<Fields> = try Vectors.load("revocation", convertingSnakeCase: true)
        #expect(vectors.prefix == RevocationRecord.prefix.description)
        try vectors.checkSigning(make: { try $0.record() }, sign: { try $0.signed(by: $1) })
        vectors.checkParsing { value, now, item in
            try Signed<RevocationRecord>(
                parsing: value,
                now: now,
                revokedKey: item.args?.expectedRevoked.map { try Ed25519.PublicKey($0.bytes) },
                subject: item.args?.expectedSubject.map { text in
                    try KeySubject(Samples.subjectKind(inVector: item.id), trimming: text)
                },
                maximumAge: item.args?.maxAge
            )
        } matches: { record, fields, _ in
            try record == fields.record() && record.encoded == fields.record().encoded
        }
        vectors.report()
    }

    @Test("Only the key itself says that it counts no more")
    func foreignSigner() throws {
        #expect(throws: WireError.signerMismatch) { try Samples.revocation().signed(by: Samples.bob.ed25519) }
        let body = try Samples.revocation().encoded
        let forged = TXTValue(prefix: RevocationRecord.prefix, encoding: body + Samples.bob.ed25519.sign(body).bytes)
        #expect(throws: WireError.signature) { try Signed<RevocationRecord>(parsing: forged, now: Samples.now) }
    }

    @Test(
        "A signed body that is no revocation is refused for its own reason",
        arguments: [
            Damage("other magic", at: 0, [0x64], .body(.magic)),
            Damage("kind 9", at: 7, [9], .body(.subjectKind)),
            Damage("no subject", at: 8, [0], .body(.subject)),
            Damage("subject past the end", at: 8, [255], .truncated),
            Damage("subject with a line break", at: 9, [0x0a], .body(.subject)),
            Damage("no reason", at: 44, [0], .body(.reason)),
            Damage("reason 5", at: 44, [5], .body(.reason)),
            Damage("bytes left", at: .max, [0], removing: 0, .trailingBytes(1)),
            Damage("cut", at: 52, [], removing: 1, .truncated),
        ]
    )
    func wrongBody(damage: Damage) throws {
        // 7 bytes, kind, 3, "a@b", key at 12, reason at 44, 8 bytes
        let body = try damage.apply(to: Samples.revocation(subject: KeySubject(.user, "a@b")).encoded)
        let value = Samples.signed(body, as: RevocationRecord.self)
        #expect(throws: damage.reason) { try Signed<RevocationRecord>(parsing: value, now: Samples.now) }
    }

    @Test("A revocation counts for ever, unless a caller sets an age or expects another key or subject")
    func expectations() throws {
        let signed = try Samples.revocation().signed(by: Samples.alice.ed25519)
        let issued = signed.body.issued
        func parse(
            now: UnixSeconds = Samples.now,
            key: Ed25519.PublicKey? = nil,
            subject: KeySubject? = nil,
            age: UInt64? = nil
        ) throws {
            let reread = try Signed<RevocationRecord>(
                parsing: signed.value,
                now: now,
                revokedKey: key,
                subject: subject,
                maximumAge: age
            )
            #expect(reread == signed)
        }
        try parse(now: UnixSeconds(rawValue: .max), key: Samples.alice.signingKey, subject: signed.body.subject)
        try parse(now: issued.adding(10), age: 10)
        #expect(throws: WireError.tooOld) { try parse(now: issued.adding(11), age: 10) }
        try parse(now: UnixSeconds(rawValue: issued.rawValue - 300), age: 0)
        #expect(throws: WireError.issuedAhead) { try parse(now: UnixSeconds(rawValue: issued.rawValue - 301)) }
        #expect(throws: WireError.signerMismatch) { try parse(key: Samples.bob.signingKey) }
        #expect(throws: WireError.nameMismatch) { try parse(subject: KeySubject(.user, "bob@example.com")) }
    }
}
