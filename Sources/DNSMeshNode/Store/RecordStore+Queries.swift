internal import DMPProtocol
internal import GRDB

extension RecordStore {
    /// A time as it stands in the table: no later than leaves room for a lifetime.
    static func column(_ now: UnixSeconds) -> Int64 {
        Int64(min(now.rawValue, UInt64(Int64.max / 2_000)))
    }

    static func values(at name: RecordName, now: Int64, in db: Database) throws -> [StoredValue] {
        let statement = try db.cachedStatement(
            sql: """
                SELECT CAST(value AS TEXT), CAST(expires_at AS INTEGER) FROM records
                WHERE name = ? AND expires_at > ? ORDER BY created_at, stored_ts
                """
        )
        return try Row.fetchAll(statement, arguments: [name.text, now]).compactMap { row in
            guard let text = row[0] as String?, let expires = row[1] as Int64?, expires > now else { return nil }
            return StoredValue(text: text, secondsLeft: UInt64(expires - now))
        }
    }

    /// How many seconds one of the values below a name has left; `nil` if there is none.
    static func lifeOfDescendant(_ name: RecordName, now: Int64, in db: Database) throws -> UInt64? {
        let reversed = RecordSchema.reversed(name.text)
        // "/" follows "." in ASCII: between the two lies every name below this one.
        let statement = try db.cachedStatement(
            sql: """
                SELECT CAST(expires_at AS INTEGER) FROM records
                WHERE reversed_name > ? AND reversed_name < ? AND expires_at > ? LIMIT 1
                """
        )
        let end = reversed.dropLast() + "/"
        let expires = try Int64.fetchOne(statement, arguments: [reversed, String(end), now])
        return expires.flatMap { UInt64(exactly: $0 - now) }
    }

    /// Whether a value may be written. A value that is there already may always get a new lifetime.
    static func outcome(
        of value: String,
        at name: RecordName,
        limits: RecordLimits,
        now: Int64,
        in db: Database
    ) throws -> PublishOutcome {
        let statement = try db.cachedStatement(
            sql: "SELECT CAST(value AS TEXT) FROM records WHERE name = ? AND expires_at > ?"
        )
        let present = try String.fetchAll(statement, arguments: [name.text, now])
        if present.contains(where: { $0.utf8.elementsEqual(value.utf8) }) { return .stored }
        if limits.valuesPerName > 0, present.count >= limits.valuesPerName {
            return .tooManyValues(limit: limits.valuesPerName)
        }
        let bytes = (present + [value]).reduce(0) { $0 + RecordLimits.wireByteCount(valueBytes: $1.utf8.count) }
        return bytes <= limits.setWireBytes ? .stored : .setTooLarge(limit: limits.setWireBytes)
    }

    /// A number above that of every earlier write, so that a reader who goes on from a number misses none.
    static func nextStoredTime(after seconds: Int64, in db: Database) throws -> Int64 {
        let time = seconds * 1_000
        let statement = try db.cachedStatement(sql: "SELECT CAST(MAX(stored_ts) AS INTEGER) FROM records")
        let latest = try Int64.fetchOne(statement) ?? 0
        // A clock that was far ahead once must not decide for ever.
        guard latest >= time, latest < time + 60_000 else { return time }
        return latest + 1
    }
}
