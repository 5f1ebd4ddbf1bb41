public import DMPCrypto
import DMPProtocol
import Foundation

/// A rotation of the own identity with all that it publishes, made and verified before the first byte goes out.
///
/// It is kept sealed until everything is done, so that a rotation that was interrupted goes on with the same records.
struct RotationPlan: Codable, Hashable, Sendable {
    /// A value and the name at which it is published.
    struct Publication: Codable, Hashable, Sendable {
        let owner: String
        let value: Data

        init(_ value: TXTValue, at owner: OwnerName) {
            self.owner = owner.text
            self.value = Data(value.bytes)
        }

        var name: OwnerName { get throws { try OwnerName(self.owner) } }
        var record: TXTValue { TXTValue([UInt8](self.value)) }
    }

    /// Says that the new key takes the place of the old one.
    let rotation: Publication
    /// Says that the old key counts no more; only where it is compromised or lost.
    let revocation: Publication?
    /// The identity under the new key.
    let identity: Publication
    /// The number of the reason, as revocations have it.
    let reason: UInt8
    /// When the rotation expires, in Unix seconds.
    let expires: UInt64
    /// How long the records stay at the node before they are renewed, in seconds.
    let lifetime: UInt32
}

/// How far a rotation has come. The last step that was done is kept on disk; each may be repeated.
enum RotationStep: Int, CaseIterable, Sendable {
    /// Nothing is out: the plan may be given up.
    case prepared
    /// The rotation may be out, so that only this plan can be gone on with.
    case announcing
    case announced
    /// The configuration names the new key.
    case adopted
    /// What lay sealed under the old key lies under the new one.
    case resealed
    /// The revocation and the new identity are out.
    case published
    /// The old identity and its prekeys are taken back.
    case withdrawn
}

/// A rotation that has begun.
public struct PendingRotation: Hashable, Sendable {
    /// The key that is replaced.
    public let oldKey: Ed25519.PublicKey
    /// The key that takes its place.
    public let newKey: Ed25519.PublicKey
    let step: RotationStep

    /// Whether the rotation may be out already: then it can only be completed.
    public var isUnderWay: Bool { self.step != .prepared }
}
