public import DMPNetwork
public import DMPProtocol
public import DNSTransport
public import Logging

/// The client: sends and receives messages, publishes the identity and its prekeys, finds the identities of others.
///
/// It joins the parts that do the work and keeps no state of its own that a suspension could make stale. All of its
/// functions may be called at the same time.
public actor DMPClient {
    /// The own keys; only the public ones can be read.
    public nonisolated let keys: IdentityKeys
    /// Who the client is, and its limits.
    public nonisolated let configuration: MeshConfiguration
    /// The people whose keys are accepted.
    public nonisolated let contacts: ContactBook
    /// What was received.
    public nonisolated let inbox: Inbox
    /// What strangers wrote, until the user accepts or refuses it.
    public nonisolated let intros: IntroQueue
    /// Which contacts' keys the user has compared with their owners.
    public nonisolated let verifications: Verifications

    let reader: any RecordReader
    let writer: (any RecordWriter)?
    let stores: MeshStores
    let clock: ErasedClock
    let now: @Sendable () -> UnixSeconds
    let logger: Logger
    private let envelopeReaders = EnvelopeReaders()
    private let labels: SenderLabels
    private let limiter: WidthLimiter
    private let outbox: Outbox
    private let renewal: ContactRenewal

    /// Joins the parts; nothing is read or sent yet.
    ///
    /// - Parameters:
    ///   - keys: The identity's keys, for example from ``IdentityKeys/derive(passphrase:salt:)``.
    ///   - configuration: Who the client is, and its limits.
    ///   - reader: Answers what is published at a name.
    ///   - writer: Publishes; `nil` for a client that only receives.
    ///   - contacts: Where contacts are kept.
    ///   - stores: The files of this identity.
    ///   - clock: What waiting and deadlines go by.
    ///   - now: The time that goes into records, in Unix seconds.
    ///   - logger: Gets warnings; never keys or texts.
    /// - Throws: `CryptoError` if no memory is left for the keys that seal the inbox.
    public init(
        keys: IdentityKeys,
        configuration: MeshConfiguration,
        reader: any RecordReader,
        writer: (any RecordWriter)?,
        contacts: any ContactStore,
        stores: MeshStores,
        clock: ErasedClock = .continuous,
        now: @escaping @Sendable () -> UnixSeconds = UnixSeconds.systemTime,
        logger: Logger = Logger(label: "dnsmesh")
    ) throws {
        self.keys = keys
        self.configuration = configuration
        self.reader = reader
        self.writer = writer
        self.contacts = ContactBook(store: contacts, ownZone: configuration.zone)
        self.stores = stores
        self.inbox = try Inbox(database: stores.state, keys: keys, logger: logger)
        self.intros = try IntroQueue(stores: stores, inbox: self.inbox, keys: keys, logger: logger)
        self.verifications = try Verifications(stores: stores, keys: keys)
        self.outbox = Outbox(
            database: stores.state,
            seal: try StorageSeal(keys: keys, label: "outbox"),
            presence: stores.sending
        )
        self.labels = SenderLabels(reader: reader)
        self.limiter = WidthLimiter(width: configuration.width)
        self.renewal = ContactRenewal(
            reader: reader,
            contacts: self.contacts,
            follower: RotationFollower(
                reader: reader,
                database: stores.state,
                ownZone: configuration.zone,
                isOnByDefault: configuration.followsRotations,
                now: now
            ),
            ownZone: configuration.zone,
            now: now
        )
        self.clock = clock
        self.now = now
        self.logger = logger
    }

    // MARK: - Messages

    /// Sends a text to a contact.
    ///
    /// - Parameters:
    ///   - text: Sent as UTF-8; 3,732 bytes fit through a node with default limits, 24,700 through other servers by UPDATE.
    ///   - recipient: The contact's name, or its address `user@host`.
    ///   - lifetime: How long it may wait for its reader, in seconds, at most 30 days; shortened to what the node allows.
    ///     If it is left open, the longest messages get one that leaves room for them: see ``SendReceipt/lifetime``.
    /// - Returns: What was published, once the node has the manifest.
    /// - Throws: ``MeshError``. After ``MeshError/Code/unavailable`` the sealed records are kept: sending the same text
    ///   to the same contact again goes on with them, and never makes a second message.
    public func send(_ text: String, to recipient: String, lifetime: UInt64? = nil) async throws -> SendReceipt {
        try await self.send(Array(text.utf8), to: recipient, lifetime: lifetime)
    }

    /// Sends bytes to a contact; see ``send(_:to:lifetime:)-(String,_,_)``.
    public func send(_ body: [UInt8], to recipient: String, lifetime: UInt64? = nil) async throws -> SendReceipt {
        let contact = try await self.contacts.resolve(recipient)
        return try await self.sender.send(
            body,
            to: contact,
            lifetime: MessageLifetime(
                seconds: lifetime ?? self.configuration.messageLifetime,
                mayBeShortened: lifetime == nil
            ),
            deadline: self.deadline
        )
    }

    /// Publishes messages whose sending was interrupted, each with its own records.
    ///
    /// - Returns: How many are on their way now.
    public func resumeSending() async throws -> Int {
        try await self.sender.resumeWaiting(deadline: self.deadline)
    }

    /// Looks through the own mailbox once.
    ///
    /// - Parameter acknowledging: Whether the messages count as handed over. If not, they are returned again until
    ///   ``Inbox/acknowledge(_:)`` is called for them.
    /// - Returns: The messages that nobody was handed yet, and what was left out and why.
    /// - Throws: ``MeshError/Code/unavailable`` if nothing at all could be read. What one record does wrong costs that
    ///   record alone and is counted in the report.
    public func receive(acknowledging: Bool = true) async throws -> ReceiveReport {
        let now = self.now()
        try await self.exchangeSeen(now: now)
        let formers = try await FormerIdentities(database: self.stores.state, keys: self.keys).all(now: now)
        let gate = try await self.makeGate()
        let summary = try await self.makePass(for: self.keys, gate, now: now)
            .run(with: formers.map { self.makePass(for: $0, gate, now: now) })
        try await self.exchangeSeen(now: self.now())
        let messages = acknowledging ? try await self.inbox.takeWaiting() : try await self.inbox.waiting()
        return ReceiveReport(
            messages: messages,
            newIntros: summary.quarantined,
            dropped: summary.dropped,
            failures: summary.failures,
            namesAsked: summary.asked,
            keyChanges: summary.keyChanges
        )
    }

    /// Messages as they come: the mailbox is looked through, and again after each pause.
    ///
    /// A message counts as handed over when the next one is asked for; one whose reader ended before that comes again
    /// with the next sequence. A pass that fails for want of a network is tried again after the pause. The sequence ends
    /// with its task, and may be iterated once at a time.
    public nonisolated func messages(every pause: Duration) -> IncomingMessages {
        IncomingMessages(client: self, clock: self.clock, pause: pause, logger: self.logger)
    }

    // MARK: - Identities

    /// Publishes the own identity record, and withdraws older ones of the same key.
    ///
    /// - Parameters:
    ///   - lifetime: How long the record stays at the node, in seconds.
    ///   - advertisingEnvelope: Says that this client reads envelopes. Clients before 0.7.5 can't read such a record.
    /// - Returns: The record and its name, and how many older ones were withdrawn.
    /// - Throws: ``MeshError`` with ``MeshError/Code/refused`` or ``MeshError/Code/unavailable``.
    public func publishIdentity(lifetime: UInt32 = 86_400, advertisingEnvelope: Bool = false) async throws
        -> PublishReceipt
    {
        try await self.identityPublisher.publish(
            lifetime: lifetime,
            advertisingEnvelope: advertisingEnvelope,
            deadline: self.deadline
        )
    }

    /// Publishes as many prekeys as are missing to the target.
    ///
    /// - Parameters:
    ///   - target: How many unused prekeys there should be; at most 60 are kept.
    ///   - lifetime: How long each of them is offered, in seconds, at most 30 days.
    ///   - replacing: Withdraws all prekeys that are published under the own key first, also those that another copy of
    ///     the identity has made. Private halves that are here stay until they expire.
    /// - Returns: How many were needed, went out, and are there now. That some were refused is no error.
    /// - Throws: ``MeshError`` if there is no writer or an argument is out of range.
    public func refreshPrekeys(target: Int? = nil, lifetime: UInt32 = 86_400, replacing: Bool = false) async throws
        -> PrekeyReport
    {
        try await self.prekeyRefresh.run(
            target: target ?? self.configuration.prekeyTarget,
            lifetime: lifetime,
            replacing: replacing,
            deadline: self.deadline
        )
    }

    /// Finds the identity that is published under an address.
    ///
    /// - Parameters:
    ///   - query: Whose identity it is.
    ///   - accepted: The fingerprint that its owner has given by another way.
    /// - Returns: The newest record of the one identity that is there.
    /// - Throws: ``MeshError`` with ``MeshError/Code/ambiguousIdentity`` if several are there and none was accepted.
    public func fetchIdentity(_ query: IdentityQuery, accepting accepted: Fingerprint? = nil) async throws
        -> FetchedIdentity
    {
        try await Self.fetchIdentity(
            query,
            accepting: accepted,
            reader: self.reader,
            deadline: self.deadline,
            now: self.now()
        )
    }

    /// Finds an identity without being anybody: no keys are needed for it.
    public static func fetchIdentity(
        _ query: IdentityQuery,
        accepting accepted: Fingerprint? = nil,
        reader: any RecordReader,
        deadline: ErasedClock.Instant,
        now: UnixSeconds
    ) async throws -> FetchedIdentity {
        try await IdentityLookup(reader: reader, deadline: deadline, now: now).fetch(query, accepting: accepted)
    }

    // MARK: - Parts

    private var places: PublishingPlaces { PublishingPlaces(database: self.stores.state) }

    /// When an operation that starts now must end.
    var deadline: ErasedClock.Instant {
        self.clock.now.advanced(by: self.configuration.operationTimeout)
    }

    var withdrawals: WithdrawalRunner {
        WithdrawalRunner(store: WithdrawalStore(database: self.stores.state), writer: self.writer, width: 8)
    }

    /// Publishes the own identity record.
    var identityPublisher: IdentityPublisher {
        IdentityPublisher(
            keys: self.keys,
            configuration: self.configuration,
            reader: self.reader,
            writer: self.writer,
            withdrawals: self.withdrawals,
            database: self.stores.state,
            now: self.now
        )
    }

    /// Tops up the prekeys, and knows how many there are.
    var prekeyRefresh: PrekeyRefresh {
        PrekeyRefresh(
            keys: self.keys,
            configuration: self.configuration,
            reader: self.reader,
            writer: self.writer,
            prekeys: self.stores.prekeys,
            ledger: PrekeyLedger(database: self.stores.state),
            withdrawals: self.withdrawals,
            turn: self.stores.refreshTurn,
            database: self.stores.state,
            now: self.now
        )
    }

    /// Does, and says, what keeps the identity alive.
    var identityUpkeep: IdentityUpkeep {
        let refresh = self.prekeyRefresh
        return IdentityUpkeep(
            publisher: self.identityPublisher,
            refresh: refresh,
            survey: PrekeySurvey(
                keys: self.keys,
                configuration: self.configuration,
                reader: self.reader,
                prekeys: self.stores.prekeys,
                ledger: refresh.ledger,
                now: self.now
            ),
            target: self.configuration.prekeyTarget,
            now: self.now
        )
    }

    private var sender: MessageSender {
        let sealer = MessageSealer(
            keys: self.keys,
            configuration: self.configuration,
            valueByteLimit: self.writer?.valueByteLimit ?? self.configuration.valueByteLimit,
            drawn: DrawnPrekeys(database: self.stores.state),
            now: self.now
        )
        let publisher = MessagePublisher(
            writer: self.writer,
            outbox: self.outbox,
            withdrawals: self.withdrawals,
            width: self.configuration.width,
            now: self.now
        )
        return MessageSender(
            sealer: sealer,
            configuration: self.configuration,
            reader: self.reader,
            publisher: publisher,
            outbox: self.outbox,
            envelopeReaders: self.envelopeReaders,
            renewal: self.renewal,
            places: self.places,
            clock: self.clock,
            now: self.now,
            logger: self.logger
        )
    }

    /// One snapshot of everything that decides about trust.
    private func makeGate() async throws -> TrustGate {
        let contacts = try await self.contacts.all()
        let blocked = Set(try await self.intros.blockedSenders().map(\.senderKey))
        return TrustGate(
            contacts: contacts,
            ownZone: self.configuration.zone,
            allowsFirstUse: self.configuration.allowsTrustOnFirstUse,
            verified: try await self.verifications.names(among: contacts),
            blocked: try await RotationMemory(database: self.stores.state).successors(of: blocked),
            knownZones: try await self.places.all().mapValues { places in
                Set(places.filter { $0.kind == .messages }.map(\.zone))
            }
        )
    }

    /// A pass over the mailbox of the own keys, or of some that they have replaced: mail to these may still come.
    private func makePass(for keys: IdentityKeys, _ gate: TrustGate, now: UnixSeconds) -> ReceivePass {
        let receiver = MessageReceiver(
            keys: keys,
            configuration: self.configuration,
            reader: self.reader,
            prekeys: self.stores.prekeys,
            replay: self.stores.replay,
            inbox: self.inbox,
            intros: self.intros,
            labels: self.labels,
            authors: KnownAuthors(gate.contacts),
            limiter: self.limiter,
            clock: self.clock,
            limits: ReceiveLimits(),
            deadline: self.deadline,
            now: self.now,
            logger: self.logger
        )
        return ReceivePass(
            walk: MailboxWalk(
                reader: self.reader,
                recipient: keys.userID,
                valuesPerSlot: self.configuration.valuesPerSlot
            ),
            zones: gate.zones,
            sieve: CandidateSieve(recipient: keys.userID, gate: gate, now: now, width: 2),
            receiver: receiver,
            scan: SignerScan(
                contacts: gate.contacts,
                ownZone: self.configuration.zone,
                renewal: self.renewal,
                knownZones: gate.knownZones
            ),
            withdrawals: self.withdrawals,
            ledger: PrekeyLedger(database: self.stores.state),
            places: self.places
        )
    }

    /// Takes over what the Python client of the same folder has delivered, and tells it what we have.
    private func exchangeSeen(now: UnixSeconds) async throws {
        guard let file = self.stores.replayFile else { return try await self.stores.replay.merge([], now: now) }
        try await self.stores.replay.merge(try await file.entries(now: now, logger: self.logger), now: now)
        try await file.add(try await self.stores.replay.entries(now: now), now: now, logger: self.logger)
    }
}
