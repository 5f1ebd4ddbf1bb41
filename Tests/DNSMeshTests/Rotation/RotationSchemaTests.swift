import DMPProtocol
import Foundation
import GRDB
import Logging
import Testing

@testable import DNSMesh

@Suite("The tables of rotations")
struct RotationSchemaTests {
    @Test("A file from before rotations keeps its rows and can be used for them")
    func migration() async throws {
        let now = UnixSeconds(rawValue: 1_800_000_000)
        try await withTemporaryFolder { folder in
            let file = folder.appending(path: "state.db")
            try await DatabaseQueue(path: file.path).write { database in
                try StateStep.messagesAndPublications.apply(database)
                try database.execute(sql: "INSERT INTO seen VALUES (zeroblob(32), zeroblob(16), 1800000100)")
                try database.execute(sql: "INSERT INTO publications VALUES ('dmp.mesh.test', x'41', 1800000100)")
                try database.execute(sql: "PRAGMA user_version = 1")
            }
            let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
            let stores = try MeshStores.directory(folder, now: now, logger: logger)
            #expect(try await stores.replay.entries(now: now).count == 1)
            try await stores.setFollowsRotations(false, of: "bob")
            #expect(try await stores.followsRotations(of: "bob") == false)
            let published = try await stores.state.read { database in
                try String.fetchAll(database, sql: "SELECT owner FROM publications")
            }
            #expect(published == ["dmp.mesh.test"])
        }
    }
}
