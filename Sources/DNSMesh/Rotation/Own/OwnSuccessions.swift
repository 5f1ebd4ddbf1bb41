import DMPCrypto
import DMPNetwork
import DMPProtocol
import DNSTransport
import Foundation
import GRDB

/// The own rotations and revocations that are out. Nodes forget a record within a day, so they are published again
/// whenever the identity is: a revocation that fades would revive a stolen key.
struct OwnSuccessions: Sendable {
    let database: StoreDatabase

    /// Notes that a record is out, and until when it counts.
    func add(_ publication: RotationPlan.Publication, expires: UnixSeconds) async throws {
        try await self.database.write { database in
            try database.execute(
                cached: "INSERT OR REPLACE INTO own_successions VALUES (?, ?, ?)",
                arguments: [publication.owner, publication.value, expires.stored]
            )
        }
    }

    /// All records of a subject that are out, or were.
    func values() async throws -> [TXTValue] {
        try await self.database.read { database in
            try Data.fetchAll(database, cached: "SELECT value FROM own_successions").map { TXTValue([UInt8]($0)) }
        }
    }

    /// Publishes again what still counts.
    ///
    /// - Throws: ``MeshError`` for the first that the node did not take, after all were tried.
    func renew(
        with writer: any RecordWriter,
        lifetime: UInt32,
        now: UnixSeconds,
        deadline: ErasedClock.Instant
    ) async throws {
        let records = try await self.database.read { database in
            try Row.fetchAll(
                database,
                cached: "SELECT owner, value FROM own_successions WHERE expires >= ?",
                arguments: [now.stored]
            ).map { row in
                (try OwnerName(try row.decode(String.self, forColumn: "owner")), TXTValue(try row.bytes("value")))
            }
        }
        let results = try await records.concurrentMap(width: 4) { owner, value in
            (owner, try await writer.publish(value, at: owner, ttl: lifetime, deadline: deadline))
        }
        for (owner, result) in results { try result.requireAccepted(at: owner) }
    }
}

extension WriteResult {
    /// - Throws: ``MeshError`` unless the write was acknowledged.
    func requireAccepted(at owner: OwnerName) throws(MeshError) {
        switch self {
        case .accepted: break
        case .refused(let failure):
            throw MeshError(.refused, "publish to \(owner) failed: \(failure)", underlying: failure)
        case .unavailable(let failure):
            throw MeshError(.unavailable, "publish to \(owner) failed: \(failure)", underlying: failure)
        }
    }
}
