public import DMPProtocol
public import Foundation
import GRDB
public import Logging

/// The files of one client: `prekeys.db`, `intros.db` and `replay_cache.json`, which it shares with the Python client,
/// and `state.db` of its own. All of them are readable by their owner alone.
public struct MeshStores: Sendable {
    let prekeys: PrekeyStore
    let replay: ReplayCache
    let replayFile: ReplayFile?
    let state: StoreDatabase
    let refreshTurn: RefreshTurn
    let intros: StoreDatabase
    var sending: any SendingPresence

    /// Opens the files in a folder, which is made with mode 0700 if it is missing.
    ///
    /// - Parameters:
    ///   - folder: Where the files are, or will be.
    ///   - now: The time, for the names of files that are kept aside.
    ///   - logger: Is told of damaged files.
    /// - Returns: The open stores.
    /// - Throws: ``MeshError`` with ``MeshError/Code/storeUnusable`` or ``MeshError/Code/storeTooNew``, naming the file.
    public static func directory(
        _ folder: URL,
        now: UnixSeconds = .systemTime(),
        logger: Logger = Logger(label: "dnsmesh")
    ) throws(MeshError) -> MeshStores {
        do {
            try PrivateFile.createFolder(folder)
        } catch {
            throw MeshError(
                .storeUnusable,
                "can't make the folder \(folder.path): \(PrivateFile.reason(error))",
                underlying: error
            )
        }
        let prekeys = SQLiteFile(
            url: folder.appending(path: "prekeys.db"),
            schema: .prekeys,
            now: now,
            logger: logger
        )
        let state = SQLiteFile(url: folder.appending(path: "state.db"), schema: .state, now: now, logger: logger)
        let intros = SQLiteFile(url: folder.appending(path: "intros.db"), schema: .introFile, now: now, logger: logger)
        return try MeshStores(
            prekeys: prekeys.open(),
            state: state.open(),
            intros: intros.open(),
            folder: folder
        )
    }

    /// Stores that end with the process. Every outstanding prekey ends with them, so this is for tests and examples.
    public static func memory() throws(MeshError) -> MeshStores {
        try MeshStores(
            prekeys: SQLiteFile.openInMemory(.prekeys),
            state: SQLiteFile.openInMemory(.state),
            intros: SQLiteFile.openInMemory(.introFile),
            folder: nil
        )
    }

    /// Where a contact was last seen publishing, the latest first.
    public func publishingPlaces(of contact: Contact) async throws -> [PublishingPlace] {
        try await PublishingPlaces(database: self.state).places(of: contact)
    }

    init(prekeys: StoreDatabase, state: StoreDatabase, intros: StoreDatabase, folder: URL?) {
        self.prekeys = PrekeyStore(database: prekeys)
        self.replay = ReplayCache(database: state)
        self.replayFile = folder.map(ReplayFile.init(folder:))
        self.refreshTurn = RefreshTurn(folder: folder)
        self.state = state
        self.intros = intros
        self.sending = folder.map(FolderPresence.init(folder:)) ?? SolePresence()
    }
}
