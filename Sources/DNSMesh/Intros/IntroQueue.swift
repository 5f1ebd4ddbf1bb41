public import DMPCrypto
public import DMPProtocol
import Foundation
import GRDB
import Logging

/// The messages of strangers, each sealed under a key of the identity, until the user accepts or refuses them.
///
/// Invariant: a message is here or in the inbox, never in both, and leaves only by the user's word or as its sender
/// becomes a contact. What the Python client of the same folder has quarantined shows here too.
public actor IntroQueue {
    private let database: StoreDatabase
    private let shared: SharedIntros
    private let inbox: Inbox
    private let seal: StorageSeal
    private let logger: Logger
    nonisolated let limits: IntroLimits

    init(
        stores: MeshStores,
        inbox: Inbox,
        keys: IdentityKeys,
        limits: IntroLimits = IntroLimits(),
        logger: Logger
    ) throws {
        self.database = stores.state
        self.shared = SharedIntros(database: stores.intros)
        self.inbox = inbox
        self.seal = try StorageSeal(keys: keys, label: SealedMessages.intros.label)
        self.limits = limits
        self.logger = logger
    }

    // MARK: - For people

    /// All intros, the newest first.
    ///
    /// Entries that were sealed under another identity, or are damaged, are left out, and a warning counts them.
    ///
    /// - Throws: ``MeshError`` with ``MeshError/Code/storeUnusable``.
    public func list() async throws -> [Intro] {
        try await self.mirror()
        return try await self.entries().sorted { ($0.receivedAt, $0.id) > ($1.receivedAt, $1.id) }
    }

    /// The intro of that number, or `nil`.
    public func intro(_ id: Int64) async throws -> Intro? {
        try await self.list().first { $0.id == id }
    }

    /// Moves an intro into the inbox. Nobody is pinned by it.
    ///
    /// - Parameters:
    ///   - id: The intro's number.
    ///   - contact: The contact that its sender has become, if the user has just decided that.
    /// - Returns: The message, which counts as handed over once it is acknowledged; `nil` if there is no such intro.
    /// - Throws: ``MeshError`` with ``MeshError/Code/storeUnusable``.
    public func accept(_ id: Int64, from contact: Contact? = nil) async throws -> ReceivedMessage? {
        guard let intro = try await self.intro(id) else { return nil }
        return try await self.deliver(intro, to: contact, trust: contact == nil ? .acceptedIntro : .pinned)
    }

    /// Removes all intros of a sender, and refuses what the sender writes from now on, also to the Python client.
    public func block(_ sender: Ed25519.PublicKey, note: String = "", now: UnixSeconds) async throws {
        try await self.shared.block(sender, note: note, now: now)
        try await self.database.write { database in
            try database.execute(cached: "DELETE FROM intros WHERE sender_key = ?", arguments: [Data(sender.bytes)])
        }
    }

    /// Who is blocked, the first one first.
    public func blockedSenders() async throws -> [BlockedSender] {
        try await self.shared.blocked()
    }

    /// Accepts messages of a sender again; what was left out meanwhile comes as long as it hasn't expired.
    ///
    /// A contact that was blocked under a key, and has replaced it since, is free again by either.
    ///
    /// - Returns: `false` if the sender wasn't blocked.
    public func unblock(_ sender: Ed25519.PublicKey) async throws -> Bool {
        var wasBlocked = false
        for key in try await RotationMemory(database: self.database).predecessors(of: sender) {
            if try await self.shared.unblock(key) { wasBlocked = true }
        }
        return wasBlocked
    }

    /// Removes intros for good: those whose message has expired, or all.
    ///
    /// - Returns: How many went.
    public func purge(all: Bool = false, now: UnixSeconds) async throws -> Int {
        let doomed = try await self.list().filter { all || $0.expires < now }
        for intro in doomed {
            try await self.remove(intro.id)
            try await self.shared.remove(intro.senderKey, intro.messageID)
        }
        return doomed.count
    }

    // MARK: - For the receiving pass

    /// What came of the wish to keep a message.
    enum Keeping: Hashable, Sendable {
        case kept
        /// It was kept or delivered before.
        case known
        case full
    }

    /// Keeps a message, marks it as seen, and notes that its prekey is spent, in one transaction.
    func keep(_ draft: MessageDraft, author: UserID, prekey: SpentPrekey?) async throws -> Keeping {
        let content = IntroContent(message: draft.content, author: Data(author.bytes))
        let sealed = try self.sealed(content, for: draft.context)
        let limits = self.limits
        return try await self.database.write { database in
            let occupancy = try IntroOccupancy(counting: database)
            guard occupancy.hasRoom(for: draft.senderKey, limits) else { return .full }
            let isNew = try Self.insert(draft, sealed: sealed, mirrored: false, into: database)
            let key = ReplayCache.Key(sender: draft.senderKey, message: draft.messageID)
            try ReplayCache.insert(key, expires: draft.expires, into: database)
            if let prekey { try prekey.insert(into: database) }
            return isNew ? .kept : .known
        }
    }

    func occupancy() async throws -> IntroOccupancy {
        try await self.database.read { try IntroOccupancy(counting: $0) }
    }

    /// Whose messages were kept.
    func senders() async throws -> Set<Ed25519.PublicKey> {
        Set(try await self.occupancy().perSender.keys)
    }

    /// Delivers what was kept of senders who are contacts by now.
    func promote(by gate: TrustGate, authors: KnownAuthors) async throws {
        for intro in try await self.entries() {
            guard let author = intro.content.author, let zone = try? ZoneName(intro.zone),
                let (contact, trust) = gate.accepted(intro.senderKey, in: zone, issued: intro.sentAt),
                let writer = try? UserID([UInt8](author)), authors.mayWrite(writer, as: intro.senderKey, contact)
            else { continue }
            _ = try await self.deliver(intro, to: contact, trust: trust)
        }
    }

    // MARK: - Parts

    private func deliver(_ intro: Intro, to contact: Contact?, trust: TrustReason) async throws -> ReceivedMessage? {
        let message = try await self.inbox.store(
            intro.draft(contact: contact, trust: trust),
            prekey: nil,
            clearing: intro.id
        )
        try await self.shared.remove(intro.senderKey, intro.messageID)
        return message
    }

    /// Takes over what the Python client has quarantined, and drops what was handled there.
    private func mirror() async throws {
        let rows = try await self.shared.pending(limit: self.limits.total)
        let entries = try rows.map { row in
            let draft = MessageDraft(
                senderKey: row.sender,
                messageID: row.messageID,
                expires: row.expires,
                content: row.content.message
            )
            return (draft, try self.sealed(row.content, for: draft.context))
        }
        let delivered = try await self.database.write { database in
            let keys = Set(entries.map { ReplayCache.Key(sender: $0.0.senderKey, message: $0.0.messageID) })
            for entry in try SealedIntro.fetch(from: database, where: "mirrored = 1") where !keys.contains(entry.key) {
                try database.execute(cached: "DELETE FROM intros WHERE id = ?", arguments: [entry.id])
            }
            var delivered: [MessageDraft] = []
            for (draft, sealed) in entries {
                if try Inbox.holds(draft, in: database) {
                    delivered.append(draft)
                } else {
                    _ = try Self.insert(draft, sealed: sealed, mirrored: true, into: database)
                }
            }
            return delivered
        }
        for draft in delivered { try await self.shared.remove(draft.senderKey, draft.messageID) }
    }

    private func sealed(_ content: IntroContent, for context: [UInt8]) throws -> Data {
        Data(try self.seal.seal(try JSONEncoder().encode(content), for: context))
    }

    private func remove(_ id: Int64) async throws {
        try await self.database.write { try $0.execute(cached: "DELETE FROM intros WHERE id = ?", arguments: [id]) }
    }

    /// - Returns: `false` if the message is there already.
    private static func insert(
        _ draft: MessageDraft,
        sealed: Data,
        mirrored: Bool,
        into database: Database
    ) throws -> Bool {
        try database.execute(
            cached: """
                INSERT OR IGNORE INTO intros (sender_key, message_id, sealed, expires, mirrored) VALUES (?, ?, ?, ?, ?)
                """,
            arguments: [
                Data(draft.senderKey.bytes), Data(draft.messageID.bytes), sealed, draft.expires.stored, mirrored,
            ]
        )
        return database.changesCount > 0
    }

    private func entries() async throws -> [Intro] {
        let (sealed, rows) = try await self.database.read { database in
            (try SealedIntro.fetch(from: database), try IntroOccupancy.rows(in: database))
        }
        let intros = sealed.compactMap { try? $0.opened(by: self.seal) }
        if intros.count < rows {
            self.logger.warning("\(rows - intros.count) intros can't be opened: damaged, or of another identity")
        }
        return intros
    }
}

/// A row of the queue.
private struct SealedIntro: Sendable {
    let id: Int64
    let key: ReplayCache.Key
    let sealed: [UInt8]
    let expires: UnixSeconds

    /// The rows whose fields can be read. A damaged one must not hide the others.
    static func fetch(from database: Database, where condition: String = "1") throws -> [SealedIntro] {
        try Row.fetchAll(database, cached: "SELECT * FROM intros WHERE \(condition) ORDER BY id")
            .compactMap { try? SealedIntro(row: $0) }
    }

    private init(row: Row) throws {
        self.id = try row.decode(Int64.self, forColumn: "id")
        self.key = ReplayCache.Key(
            sender: try Ed25519.PublicKey(try row.bytes("sender_key")),
            message: try MessageID(try row.bytes("message_id"))
        )
        self.sealed = try row.bytes("sealed")
        self.expires = try row.seconds("expires")
    }

    func opened(by seal: StorageSeal) throws -> Intro {
        let bytes = try seal.open(self.sealed, for: self.key.sender.bytes + self.key.message.bytes)
        let content = try JSONDecoder().decode(IntroContent.self, from: Data(bytes))
        return Intro(
            id: self.id,
            senderKey: self.key.sender,
            messageID: self.key.message,
            expires: self.expires,
            content: content
        )
    }
}

extension IntroOccupancy {
    fileprivate init(counting database: Database) throws {
        let rows = try Row.fetchAll(
            database,
            cached: "SELECT sender_key, COUNT(*) AS count FROM intros GROUP BY sender_key"
        )
        self.init(total: 0, perSender: [:])
        for row in rows {
            let count = try row.decode(Int.self, forColumn: "count")
            self.total += count
            guard let sender = try? Ed25519.PublicKey(try row.bytes("sender_key")) else { continue }
            self.perSender[sender] = count
        }
    }

    fileprivate static func rows(in database: Database) throws -> Int {
        try Int.fetchOne(database, cached: "SELECT COUNT(*) FROM intros") ?? 0
    }
}
