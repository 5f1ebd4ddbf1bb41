import DMPCrypto
public import DMPProtocol
import Foundation
import GRDB

/// A zone in which a contact was seen to publish.
public struct PublishingPlace: Hashable, Sendable {
    /// What was seen there.
    public enum Kind: String, Hashable, Sendable {
        /// Messages to this identity.
        case messages
        /// Prekeys.
        case prekeys
    }

    /// The zone.
    public let zone: ZoneName
    /// What was seen there.
    public let kind: Kind
    /// When, last.
    public let seen: UnixSeconds
}

/// Where contacts were last seen publishing. A contact may have its address in one zone and its mailbox in another,
/// which no record names.
struct PublishingPlaces: Sendable {
    let database: StoreDatabase

    /// How long a place counts, in seconds.
    private static let lifetime: Int64 = 90 * 86_400
    /// A place is noted again only after this time, so that a busy mailbox doesn't write all the time.
    private static let precision: Int64 = 3_600

    /// Notes places; what is older than 90 days goes.
    func note(_ kind: PublishingPlace.Kind, _ finds: [Ed25519.PublicKey: Set<ZoneName>], now: UnixSeconds) async throws
    {
        guard !finds.isEmpty else { return }
        try await self.database.write { database in
            try database.execute(
                cached: "DELETE FROM publishing_places WHERE seen < ?",
                arguments: [now.stored - Self.lifetime]
            )
            for (signer, zones) in finds {
                for zone in zones {
                    try database.execute(
                        cached: """
                            INSERT INTO publishing_places VALUES (?, ?, ?, ?)
                            ON CONFLICT DO UPDATE SET seen = excluded.seen WHERE seen < excluded.seen - ?
                            """,
                        arguments: [Data(signer.bytes), kind.rawValue, zone.text, now.stored, Self.precision]
                    )
                }
            }
        }
    }

    /// The places of a contact's pinned key, the latest first.
    func places(of contact: Contact) async throws -> [PublishingPlace] {
        guard let signer = contact.signingKey else { return [] }
        return try await self.all()[signer] ?? []
    }

    /// The places of all keys, the latest first.
    func all() async throws -> [Ed25519.PublicKey: [PublishingPlace]] {
        try await self.database.read { database in
            let rows = try Row.fetchAll(
                database,
                cached: "SELECT signer, kind, zone, seen FROM publishing_places ORDER BY seen DESC, kind, zone"
            )
            var places: [Ed25519.PublicKey: [PublishingPlace]] = [:]
            for row in rows {
                guard let kind = PublishingPlace.Kind(rawValue: try row.decode(String.self, forColumn: "kind")) else {
                    continue
                }
                places[try Ed25519.PublicKey(try row.bytes("signer")), default: []].append(
                    PublishingPlace(
                        zone: try ZoneName(try row.decode(String.self, forColumn: "zone")),
                        kind: kind,
                        seen: try row.seconds("seen")
                    )
                )
            }
            return places
        }
    }
}
