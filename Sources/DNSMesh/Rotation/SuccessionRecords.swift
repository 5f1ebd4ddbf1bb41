import DMPCrypto
import DMPProtocol

/// The verified rotations and revocations of one subject, among them rotations that have expired.
struct SuccessionRecords: Hashable, Sendable {
    private(set) var rotations: [Signed<RotationRecord>] = []
    private(set) var revocations: [Signed<RevocationRecord>] = []

    /// How many values at one name are looked at. No DNS answer holds as many.
    private static let mostValues = 1_024

    init() {}

    /// Keeps what verifies and speaks of `subject`, and passes over everything else.
    init(_ values: [TXTValue], of subject: KeySubject, now: UnixSeconds) {
        for value in Set(values.prefix(Self.mostValues)) {
            if let rotation = try? Signed<RotationRecord>(parsingExpiredToo: value, now: now, subject: subject) {
                self.rotations.append(rotation)
            } else if let revocation = try? Signed<RevocationRecord>(parsing: value, now: now, subject: subject) {
                self.revocations.append(revocation)
            }
        }
    }

    /// The texts of all of them.
    var values: [TXTValue] { self.rotations.map(\.value) + self.revocations.map(\.value) }

    func rotations(of key: Ed25519.PublicKey) -> [RotationRecord] {
        self.rotations.map(\.body).filter { $0.oldKey == key }
    }

    /// Why the key was revoked; `nil` if it wasn't.
    func revocation(of key: Ed25519.PublicKey) -> RevocationRecord.Reason? {
        self.revocations.first { $0.body.revokedKey == key }?.body.reason
    }

    /// Whether a rotation says that another key took the place of this one.
    func isSuperseded(_ key: Ed25519.PublicKey) -> Bool { !self.rotations(of: key).isEmpty }

    /// The records that can matter to who has pinned `key`: anybody can sign others, for keys of their own. Of each kind
    /// at most `limit` are kept; two successors of one key are enough to stop a walk.
    func relevant(to key: Ed25519.PublicKey, limit: Int = 64) -> SuccessionRecords {
        var reached: Set = [key]
        var kept = SuccessionRecords()
        var front = [key]
        for _ in 0...ChainWalk.maximumHops {
            let found = self.rotations.filter { front.contains($0.body.oldKey) }
            kept.rotations += found.prefix(max(0, limit - kept.rotations.count))
            front = Set(found.map(\.body.newKey)).filter { reached.insert($0).inserted }
        }
        kept.revocations = Array(self.revocations.filter { reached.contains($0.body.revokedKey) }.prefix(limit))
        return kept
    }

    mutating func merge(_ other: SuccessionRecords) {
        self.rotations += other.rotations.filter { !self.rotations.contains($0) }
        self.revocations += other.revocations.filter { !self.revocations.contains($0) }
    }
}
