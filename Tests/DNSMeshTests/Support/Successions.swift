import DMPCrypto
import DMPNetwork
import DMPProtocol

@testable import DNSMesh

/// The keys of one user over time, named by letters, and the records that she signs with them.
struct Successions {
    static let now = UnixSeconds(rawValue: 1_800_000_000)

    let subject: KeySubject

    init(_ subject: String = "alice@mesh.test") throws {
        self.subject = try KeySubject(.user, subject)
    }

    func keys(_ letter: Character) throws -> IdentityKeys {
        try IdentityKeys(privateKey: SecretBytes(copying: SHA256.hash(Array("key \(letter)".utf8))))
    }

    func key(_ letter: Character) throws -> Ed25519.PublicKey { try self.keys(letter).signingKey }

    /// Says that `new` takes the place of `old`.
    func rotation(
        _ old: Character,
        _ new: Character,
        _ sequence: UInt64,
        expires: UnixSeconds = now.adding(86_400),
        subject: KeySubject? = nil
    ) throws -> TXTValue {
        try RotationRecord(
            subject: subject ?? self.subject,
            oldKey: self.key(old),
            newKey: self.key(new),
            sequence: sequence,
            issued: Self.now,
            expires: expires
        ).signed(by: self.keys(old).ed25519, and: self.keys(new).ed25519).value
    }

    func revocation(
        _ letter: Character,
        issued: UnixSeconds = now,
        reason: RevocationRecord.Reason = .compromise,
        subject: KeySubject? = nil
    ) throws -> TXTValue {
        let record = RevocationRecord(
            subject: subject ?? self.subject,
            revokedKey: try self.key(letter),
            reason: reason,
            issued: issued
        )
        return try record.signed(by: self.keys(letter).ed25519).value
    }

    /// `abc` gives rotations from a to b and from b to c, with rising numbers.
    func chain(_ letters: String) throws -> [TXTValue] {
        try zip(letters, letters.dropFirst()).enumerated().map { try self.rotation($1.0, $1.1, UInt64($0) + 1) }
    }

    func standing(of letter: Character, _ values: [TXTValue]) throws -> KeyStanding {
        let records = SuccessionRecords(values, of: self.subject, now: Self.now)
        return ChainWalk(records: records, now: Self.now).standing(of: try self.key(letter))
    }
}
