import DMPProtocol
import Foundation
import GRDB
import Synchronization
import Testing

@testable import DNSMeshNode

@Suite("Writes that share a transaction")
struct CommitGroupTests {
    let start = UnixSeconds(rawValue: 1_700_000_000)

    struct Refused: Error {}

    @Test("Each write has its own verdict, and one that fails takes no other with it")
    func verdicts() async throws {
        try await withTemporaryStore { store async throws in
            let results = await withTaskGroup(of: (Int, Bool).self) { group in
                for number in 0..<200 {
                    group.addTask {
                        do {
                            let name = try #require(RecordName("n\(number).test"))
                            if number % 7 == 0 {
                                let _: Int = try await store.write { db in
                                    try db.execute(
                                        sql: "UPDATE records SET ttl = 0; DELETE FROM records WHERE name = 'n1.test'"
                                    )
                                    throw Refused()
                                }
                            } else {
                                _ = try await store.publish("x", at: name, lifetime: 9, now: self.start)
                            }
                            return (number, true)
                        } catch {
                            return (number, false)
                        }
                    }
                }
                return await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
            }
            for number in 0..<200 { #expect(results[number] == (number % 7 != 0)) }
            #expect(try await store.count(now: self.start) == 171)
            #expect(try await store.values(at: "n1.test", now: self.start).count == 1)
        }
    }

    @Test("A write that waits shares its transaction with those behind it, and each is told after it is done")
    func grouping() async throws {
        try await withTemporaryFolder { folder async throws in
            let pool = try DatabasePool(path: folder.appending(path: "group.db").path)
            try await pool.write { try $0.execute(sql: "CREATE TABLE t (n INTEGER)") }
            let commits = Mutex<[[RecordName]]>([])
            let group = CommitGroup(pool: pool) { names in commits.withLock { $0.append(names) } }
            try await withThrowingTaskGroup(of: Int.self) { tasks in
                for number in 0..<100 {
                    tasks.addTask {
                        try await group.write { db in
                            try db.execute(sql: "INSERT INTO t VALUES (?)", arguments: [number])
                            return (number, [try #require(RecordName("n\(number)"))])
                        }
                    }
                }
                for try await number in tasks {
                    // Told is committed: another connection sees it.
                    let seen = try await pool.read {
                        try Int.fetchOne($0, sql: "SELECT COUNT(*) FROM t WHERE n = ?", arguments: [number])
                    }
                    #expect(seen == 1)
                }
            }
            let groups = commits.withLock(\.self)
            #expect(Set(groups.joined().map(\.text)).count == 100 && groups.joined().count == 100)
            try pool.close()
        }
    }

    @Test("After the store is closed writes fail")
    func closed() async throws {
        try await withTemporaryFolder { folder async throws in
            let store = try await RecordStore.open(at: folder.appending(path: "r.db").path, limits: RecordLimits())
            try store.close()
            await #expect(throws: (any Error).self) {
                try await store.publish("x", at: "a.test", lifetime: 9, now: self.start)
            }
        }
    }
}
