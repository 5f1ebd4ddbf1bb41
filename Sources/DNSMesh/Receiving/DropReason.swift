/// Why a record or message that was found is not delivered.
public enum DropReason: String, Hashable, Sendable, CaseIterable, Codable {
    /// The value in a mailbox slot is no manifest, or one that doesn't verify.
    case notAManifest
    /// The manifest's counts or hashes contradict each other or exceed what can be decoded.
    case unusableManifest
    /// The manifest is for another recipient.
    case notForUs
    /// The manifest, or the header inside, is past its time.
    case expired
    /// No contact is pinned to the key that signed it, and this pass has fetched enough of strangers.
    case unknownSender
    /// No contact is pinned to the key that signed it, and the queue of intros has no room for its sender.
    case introQueueFull
    /// The user has blocked its sender.
    case blockedSender
    /// A pinned contact signed it, and it lies in a zone that isn't that contact's.
    case foreignZone
    /// The contact whose key signed it has revoked that key.
    case revokedKey
    /// A contact's former key signed it, and the key that took its place was seen in use.
    case abandonedKey
    /// Too few chunks could be fetched; a later pass tries again.
    case chunksMissing
    /// The chunks don't give a message, or its header is malformed.
    case malformedMessage
    /// The header names another message or recipient than the manifest.
    case headerMismatch
    /// The header names another sender than the contact that signed the manifest: somebody re-signed another's message.
    case senderMismatch
    /// The one-time key that it was sealed for was used before, or never was here. The message is lost.
    case prekeyGone
    /// It was not sealed for this identity, or was changed on its way.
    case undecryptable
    /// The slot held more values than are looked at in one pass.
    case slotOverflow
    /// This client failed while handling it; a later pass tries again.
    case internalFailure

    /// Whether a later pass may still deliver it: then the prekey that it names is kept.
    var mayRecover: Bool {
        switch self {
        case .chunksMissing, .internalFailure, .slotOverflow, .unknownSender, .introQueueFull, .foreignZone,
            .senderMismatch:
            true
        default: false
        }
    }

    /// Whether it can never be delivered, so that its chunks need not be fetched again.
    var isHopeless: Bool {
        switch self {
        case .malformedMessage, .headerMismatch, .undecryptable: true
        default: false
        }
    }

    /// A few words for people.
    public var explanation: String {
        switch self {
        case .notAManifest: "not a valid manifest"
        case .unusableManifest: "a manifest that can't be used"
        case .notForUs: "for another recipient"
        case .expired: "expired"
        case .unknownSender: "from senders who are not contacts, more than one pass fetches; a later one goes on"
        case .introQueueFull: "from senders who are not contacts, with no room left; see `dnsmesh intro list`"
        case .blockedSender: "from a blocked sender"
        case .foreignZone: "from a contact's key, in another zone than the contact's"
        case .revokedKey: "signed with a contact's key that its owner has revoked"
        case .abandonedKey: "signed with a contact's former key, after the new one was in use"
        case .chunksMissing: "chunks missing so far"
        case .malformedMessage: "malformed"
        case .headerMismatch: "header and manifest differ"
        case .senderMismatch: "signed by one contact, written by another"
        case .prekeyGone: "sealed for a one-time key that is gone: lost, ask the sender to send it again"
        case .undecryptable: "can't be decrypted"
        case .slotOverflow: "beyond the number of values looked at in one slot"
        case .internalFailure: "failed here; will be tried again"
        }
    }
}
