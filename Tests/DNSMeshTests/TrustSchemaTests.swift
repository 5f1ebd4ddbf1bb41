import DMPProtocol
import Foundation
import GRDB
import Testing

@testable import DNSMesh

@Suite("The tables of trust in older files")
struct TrustSchemaTests {
    @Test("A file from before them keeps its rows and gets the tables")
    func migration() async throws {
        try await withTemporaryFolder { folder in
            let file = folder.appending(path: "state.db")
            try await DatabaseQueue(path: file.path).write { database in
                try StateStep.messagesAndPublications.apply(database)
                try database.execute(
                    sql: """
                        INSERT INTO seen VALUES (zeroblob(32), zeroblob(16), 1900000000);
                        INSERT INTO inbox (sender_key, message_id, sealed)
                            VALUES (zeroblob(32), zeroblob(16), x'00');
                        PRAGMA user_version = 1;
                        """
                )
            }
            let stores = try MeshStores.directory(folder, now: UnixSeconds(rawValue: 1_800_000_000))
            let rows = try await stores.state.read { database in
                try ["seen", "inbox", "intros", "verifications", "publishing_places"].map {
                    try Int.fetchOne(database, sql: "SELECT COUNT(*) FROM \($0)")
                }
            }
            #expect(rows == [1, 1, 0, 0, 0])
        }
    }
}
