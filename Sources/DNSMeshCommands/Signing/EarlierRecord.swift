import DMPProtocol

extension PinnedSignerBody {
    /// Refuses to take the place of a record that clients would go on preferring.
    ///
    /// - Parameters:
    ///   - saved: What was saved before. What isn't a record of this key and name, or has expired, doesn't count.
    ///   - now: The time of signing.
    /// - Throws: ``DraftFault`` unless the sequence has grown, or the two say the same.
    func checkReplaces(_ saved: TXTValue, now: UnixSeconds) throws(DraftFault) {
        let earlier: Self
        do throws(WireError) {
            earlier = try Signed(verifying: saved, now: now, pinned: self.signer, name: self.boundName.zone).body
        } catch {
            return
        }
        guard self.sequence <= earlier.sequence, self != earlier else { return }
        throw DraftFault(
            "seq",
            "\(self.sequence) is not above the \(earlier.sequence) of the record saved before, so clients would pass "
                + "over it; raise it, or save to another file"
        )
    }
}
