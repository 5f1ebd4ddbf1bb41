internal import DMPProtocol
internal import DNSWire
internal import GRDB

extension RecordStore: UpdateStore {
    func apply(_ update: StoreUpdate, now: UnixSeconds) async throws -> DNSResponseCode {
        let seconds = Self.column(now)
        return try await self.write { [limits] db in
            var code = DNSResponseCode.noError
            // A part of the transaction: what is refused takes no other write of it along.
            try db.inSavepoint {
                do {
                    try Self.apply(update, limits: limits, now: seconds, in: db)
                    return .commit
                } catch let refusal as UpdateRefusal {
                    code = refusal.code
                    return .rollback
                }
            }
            return (code, code == .noError ? update.changes.map(\.name) : [])
        }
    }

    /// Runs in a savepoint of its caller, which an error rolls back.
    ///
    /// - Throws: ``UpdateRefusal``; the error of the database.
    static func apply(_ update: StoreUpdate, limits: RecordLimits, now: Int64, in db: Database) throws {
        for condition in update.conditions {
            guard try Self.holds(condition, now: now, in: db) else { throw UpdateRefusal(condition.otherwise) }
        }
        var before: [RecordName: SetSize] = [:]
        var storedTime = try Self.nextStoredTime(after: now, in: db)
        for change in update.changes {
            switch change {
            case .add(let value, let name, let lifetime):
                if before[name] == nil { before[name] = try SetSize(of: name, now: now, in: db) }
                try Self.insert(value, at: name, lifetime: lifetime, now: now, storedTime: storedTime, in: db)
                storedTime += 1
            case .remove(let value, let name):
                if before[name] == nil { before[name] = try SetSize(of: name, now: now, in: db) }
                try Self.delete(value, at: name, in: db)
            case .removeAll(let name):
                if before[name] == nil { before[name] = try SetSize(of: name, now: now, in: db) }
                try Self.delete(nil, at: name, in: db)
            }
        }
        // The limits are for what is there after the whole update, so that a full set can be replaced and renewed.
        for (name, old) in before {
            let new = try SetSize(of: name, now: now, in: db)
            let isFull = limits.valuesPerName > 0 && new.count > limits.valuesPerName && new.count > old.count
            let isLarge = new.wireBytes > limits.setWireBytes && new.wireBytes > old.wireBytes
            if isFull || isLarge { throw UpdateRefusal(.refused) }
        }
    }

    private static func holds(_ condition: StoreUpdate.Condition, now: Int64, in db: Database) throws -> Bool {
        let values = try Self.values(at: condition.name, now: now, in: db)
        return switch condition.kind {
        case .hasValues: !values.isEmpty
        case .hasNoValues: values.isEmpty
        case .holds(let expected): Set(values.map { Array($0.text.utf8) }) == expected
        }
    }
}

/// What the limits of a name count.
private struct SetSize {
    let count: Int
    let wireBytes: Int

    init(of name: RecordName, now: Int64, in db: Database) throws {
        let statement = try db.cachedStatement(
            sql: "SELECT LENGTH(CAST(value AS BLOB)) FROM records WHERE name = ? AND expires_at > ?"
        )
        var (count, wireBytes) = (0, 0)
        let lengths = try Int.fetchCursor(statement, arguments: [name.text, now])
        while let length = try lengths.next() {
            count += 1
            wireBytes += RecordLimits.wireByteCount(valueBytes: length)
        }
        (self.count, self.wireBytes) = (count, wireBytes)
    }
}
