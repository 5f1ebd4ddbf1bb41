import GRDB
import Synchronization

@testable import DNSMesh

/// A bug that is put into the files of all users, to show that the checks find it.
enum PlantedBug: String, CaseIterable, Sendable {
    /// A message is marked as seen, and the write of its text is lost.
    case marksBeforeItStores
    /// Nothing remembers what was delivered.
    case forgetsWhatWasDelivered
    /// A prekey that was used counts as unused.
    case forgetsDrawnPrekeys
    /// A message leaves the outbox before its manifest is acknowledged.
    case emptiesOutboxEarly

    private var statements: String {
        switch self {
        case .marksBeforeItStores:
            """
            CREATE TRIGGER planted BEFORE INSERT ON inbox WHEN (SELECT COUNT(*) FROM inbox) = 1
            BEGIN SELECT RAISE(IGNORE); END
            """
        case .forgetsWhatWasDelivered:
            """
            CREATE TRIGGER planted1 AFTER INSERT ON seen BEGIN DELETE FROM seen; END;
            CREATE TRIGGER planted2 AFTER UPDATE OF acknowledged ON inbox BEGIN DELETE FROM inbox; END
            """
        case .forgetsDrawnPrekeys:
            "CREATE TRIGGER planted AFTER INSERT ON drawn_prekeys BEGIN DELETE FROM drawn_prekeys; END"
        case .emptiesOutboxEarly:
            """
            CREATE TRIGGER planted AFTER UPDATE OF manifest_tried ON outbox WHEN NEW.manifest_tried = 1
            BEGIN DELETE FROM outbox WHERE message_id = NEW.message_id; END
            """
        }
    }

    func plant(in user: SimulatedUser) async throws {
        let statements = self.statements
        user.state.withLock { $0.isTamperedWith = true }
        try await user.openStores().state.write { try $0.execute(sql: statements) }
    }
}
