import DMPCrypto
import DMPProtocol

/// Walks from a pinned key along signed rotations to the key that counts today. A plain decision: records in, verdict
/// out.
///
/// Source: protocol documents, "The client engine", section 13.3. An expired rotation stops the walk, where the
/// reference takes the key before it for the current one.
struct ChainWalk: Sendable {
    /// How many rotations are followed.
    static let maximumHops = 4

    let records: SuccessionRecords
    let now: UnixSeconds

    /// What the records say about a key.
    func standing(of pinned: Ed25519.PublicKey) -> KeyStanding {
        if let reason = self.records.revocation(of: pinned) { return .distrusted(.revoked(reason)) }
        var passed = [pinned]
        var sequence: UInt64?
        while let head = passed.last, let hop = self.hop(from: head) {
            guard passed.count <= Self.maximumHops else { return .distrusted(.tooLong) }
            switch hop {
            case .failure(let fault): return .distrusted(fault)
            case .success(let rotation):
                if let fault = self.fault(in: rotation, after: sequence, passed: passed) { return .distrusted(fault) }
                passed.append(rotation.newKey)
                sequence = rotation.sequence
            }
        }
        guard let head = passed.last, head != pinned else { return .current }
        return .replaced(by: head, hops: passed.count - 1)
    }

    /// The rotation by which a key was replaced; of several to the same successor that with the lowest number. `nil` if
    /// the key was not replaced.
    private func hop(from key: Ed25519.PublicKey) -> Result<RotationRecord, ChainFault>? {
        let candidates = self.records.rotations(of: key)
        guard let first = candidates.first else { return nil }
        guard candidates.allSatisfy({ $0.newKey == first.newKey }) else { return .failure(.forked) }
        let valid = candidates.filter { !$0.isExpired(at: self.now) }
        guard let lowest = valid.min(by: { $0.sequence < $1.sequence }) else { return .failure(.expired) }
        return .success(lowest)
    }

    private func fault(
        in rotation: RotationRecord,
        after sequence: UInt64?,
        passed: [Ed25519.PublicKey]
    ) -> ChainFault? {
        if let sequence, rotation.sequence <= sequence { return .sequenceNotRising }
        if let reason = self.records.revocation(of: rotation.newKey) { return .successorRevoked(reason) }
        return passed.contains(rotation.newKey) ? .circular : nil
    }
}

extension ChainFault: Error {}
