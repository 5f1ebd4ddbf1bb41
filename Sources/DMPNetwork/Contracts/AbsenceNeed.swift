/// What the caller of a ``RecordReader`` does with the answer that nothing is there.
public enum AbsenceNeed: Hashable, Sendable {
    /// Something is decided by it: there is no identity, no prekey, no revocation. One source alone isn't believed where
    /// another can be asked.
    case decisive
    /// The question comes again soon, as in a poll of a mailbox. The first good answer is enough.
    case provisional
}
