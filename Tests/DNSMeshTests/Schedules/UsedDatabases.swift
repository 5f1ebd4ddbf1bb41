import GRDB
import Synchronization

@testable import DNSMesh

/// The databases of one user, in memory.
struct UserDatabases: Sendable {
    let prekeys: StoreDatabase
    let state: StoreDatabase
    let intros: StoreDatabase

    static func make() throws -> UserDatabases {
        UserDatabases(
            prekeys: try SQLiteFile.openInMemory(.prekeys),
            state: try SQLiteFile.openInMemory(.state),
            intros: try SQLiteFile.openInMemory(.introFile)
        )
    }

    /// Makes them as they were when they were new.
    fileprivate func empty() async throws {
        for database in [self.prekeys, self.state, self.intros] {
            try await database.write { database in
                let tables = try String.fetchAll(
                    database,
                    cached: "SELECT name FROM sqlite_master WHERE type = 'table' AND name <> 'sqlite_stat1'"
                )
                for table in tables { try database.execute(cached: "DELETE FROM \(table)") }
            }
        }
    }
}

/// Databases that schedules have left, for those that follow: to make them costs more than most schedules do.
enum UsedDatabases {
    private static let unused = Mutex<[UserDatabases]>([])

    static func take() async throws -> UserDatabases {
        guard let used = Self.unused.withLock({ $0.popLast() }) else { return try .make() }
        try await used.empty()
        return used
    }

    static func give(_ databases: UserDatabases) { Self.unused.withLock { $0.append(databases) } }
}
