import DMPNetwork
import DMPProtocol
import DNSTransport
import Foundation
import GRDB

extension MeshConfiguration {
    /// Names at which others may look for the own prekeys, besides the one in the mailbox zone.
    ///
    /// No record says that an address in one zone has its mailbox in another. Who knows only the address asks its host,
    /// and the Python client asks there for the hash of the whole address.
    var prekeyMirrors: [OwnerName] {
        get throws {
            guard let host = self.identityZone, host != self.zone else { return [] }
            return [
                try OwnerName.prekeys(of: self.username.text, in: host),
                try OwnerName.prekeys(of: "\(self.username.text)@\(host.text)", in: host),
            ]
        }
    }
}

/// Publishes prekeys at further names, as far as the node lets us, and remembers where they lie.
struct PrekeyMirrors: Sendable {
    let names: [OwnerName]
    let database: StoreDatabase

    private static let width = 8

    /// A name that is refused once is left alone: the node's rights don't cover it. None of this is an error.
    func publish(
        _ prekeys: [(value: TXTValue, expires: UnixSeconds)],
        with writer: any RecordWriter,
        lifetime: UInt32,
        deadline: ErasedClock.Instant
    ) async throws {
        guard let first = prekeys.first else { return }
        for name in self.names {
            let publish = { @Sendable (prekey: (value: TXTValue, expires: UnixSeconds)) async throws -> Bool in
                // Noted before it goes out: it must be withdrawn once it is used.
                try await self.note(prekey.value, at: name, expires: prekey.expires)
                let result = try await writer.publish(prekey.value, at: name, ttl: lifetime, deadline: deadline)
                guard case .refused = result else { return true }
                try await self.forget(prekey.value, at: name)
                return false
            }
            guard try await publish(first) else { continue }
            _ = try await Array(prekeys.dropFirst()).concurrentMap(width: Self.width, publish)
        }
    }

    func forgetExpired(now: UnixSeconds) async throws {
        try await self.database.write { database in
            try database.execute(
                cached: "DELETE FROM publications WHERE owner LIKE 'prekeys.%' AND expires < ?",
                arguments: [now.stored]
            )
        }
    }

    /// Turns the notes about a used prekey into withdrawals, inside the transaction that stores its message.
    static func withdraw(_ value: TXTValue, in database: Database) throws {
        let value = Data(value.bytes)
        try database.execute(
            cached: "INSERT OR REPLACE INTO withdrawals SELECT owner, value, expires FROM publications WHERE value = ?",
            arguments: [value]
        )
        try database.execute(cached: "DELETE FROM publications WHERE value = ?", arguments: [value])
    }

    private func note(_ value: TXTValue, at name: OwnerName, expires: UnixSeconds) async throws {
        try await self.database.write { database in
            try database.execute(
                cached: "INSERT OR REPLACE INTO publications VALUES (?, ?, ?)",
                arguments: [name.text, Data(value.bytes), expires.stored]
            )
        }
    }

    private func forget(_ value: TXTValue, at name: OwnerName) async throws {
        try await self.database.write { database in
            try database.execute(
                cached: "DELETE FROM publications WHERE owner = ? AND value = ?",
                arguments: [name.text, Data(value.bytes)]
            )
        }
    }
}
