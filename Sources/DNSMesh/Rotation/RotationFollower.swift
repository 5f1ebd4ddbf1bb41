import DMPCrypto
import DMPNetwork
import DMPProtocol
import DNSTransport

/// What is known of a contact's pinned key.
struct KeyCheck: Hashable, Sendable {
    let standing: KeyStanding
    /// Why the answer rests on what is remembered: the names could not be read.
    var failure: NetworkFailure?
    /// Whether the contact was seen to use the key that took the place of the pinned one.
    var isAbandoned = false

    /// Nothing is known, and nobody was asked.
    static let unasked = KeyCheck(standing: .current)
}

/// Finds out whether the keys of contacts are still theirs, and remembers what it saw.
///
/// Invariant: one look-up per contact is under way at a time, and what one of them has seen none forgets.
actor RotationFollower {
    /// How long an answer is good, in seconds.
    static let freshness: UInt64 = 300

    /// How many answers are kept.
    private static let mostKept = 1_000

    private struct Key: Hashable {
        let subject: KeySubject
        let pinned: Ed25519.PublicKey
    }

    private struct Answer {
        let records: SuccessionRecords
        let read: UnixSeconds
    }

    private let reader: any RecordReader
    private let memory: RotationMemory
    private let switches: RotationSwitches
    private let ownZone: ZoneName
    private let isOnByDefault: Bool
    private let now: @Sendable () -> UnixSeconds
    private var answers: [Key: Answer] = [:]
    private var lines: [Key: WidthLimiter] = [:]

    init(
        reader: any RecordReader,
        database: StoreDatabase,
        ownZone: ZoneName,
        isOnByDefault: Bool,
        now: @escaping @Sendable () -> UnixSeconds
    ) {
        self.reader = reader
        self.memory = RotationMemory(database: database)
        self.switches = RotationSwitches(database: database)
        self.ownZone = ownZone
        self.isOnByDefault = isOnByDefault
        self.now = now
    }

    /// Checks the pinned key of a contact.
    ///
    /// - Parameters:
    ///   - contact: Whose key it is. One without a pinned key or a user name has nothing to check.
    ///   - freshness: How old an answer may be, in seconds.
    ///   - deadline: When the look-up ends; the answer then rests on what is remembered.
    /// - Returns: The verdict, and why it may be incomplete.
    /// - Throws: ``MeshError`` if the file can't be used, and `CancellationError`.
    func check(
        _ contact: Contact,
        freshness: UInt64 = freshness,
        deadline: ErasedClock.Instant
    ) async throws -> KeyCheck {
        guard let pinned = contact.signingKey, let subject = contact.keySubject(ownZone: self.ownZone),
            try await self.switches.isOn(for: contact.name, standard: self.isOnByDefault)
        else { return .unasked }
        let key = Key(subject: subject, pinned: pinned)
        let line = self.line(for: key)
        return try await line.withPermit {
            let (records, failure) = try await self.records(for: key, freshness: freshness, deadline: deadline)
            return KeyCheck(
                standing: ChainWalk(records: records, now: self.now()).standing(of: pinned),
                failure: failure,
                isAbandoned: try await self.memory.isAbandoned(pinned, by: subject)
            )
        }
    }

    /// Notes that a contact uses the key that took the place of the pinned one, which counts no more from now on.
    func noteUse(of newKey: Ed25519.PublicKey, by contact: Contact) async throws {
        guard let pinned = contact.signingKey, let subject = contact.keySubject(ownZone: self.ownZone) else { return }
        try await self.memory.noteUse(of: newKey, replacing: pinned, by: subject)
    }

    /// Until when a replaced key of a contact may have signed what counts; `nil` if it was replaced so long ago that
    /// nothing of that can be on its way.
    ///
    /// A rotation that was interrupted bears the day on which it was begun, and its owner writes with the old key until
    /// it is complete.
    func endOfUse(of key: Ed25519.PublicKey, by contact: Contact) async throws -> UnixSeconds? {
        guard let subject = contact.keySubject(ownZone: self.ownZone) else { return nil }
        let now = self.now()
        let rotations = try await self.memory.records(of: subject, now: now).rotations(of: key)
        guard let replaced = rotations.map(\.issued).max(), replaced.adding(FormerIdentities.graceSeconds) >= now else {
            return nil
        }
        return replaced.adding(Self.completionSeconds)
    }

    /// How long a rotation may take that was interrupted, in seconds.
    static let completionSeconds: UInt64 = 7 * 86_400

    /// The keys among `signers` that the pinned key of a contact has taken the place of, by what is remembered. Each is a
    /// contact of its own: what it signed names another encryption key.
    func predecessors(of contact: Contact, among signers: Set<Ed25519.PublicKey>) async throws -> [Contact] {
        guard let subject = contact.keySubject(ownZone: self.ownZone), !signers.isEmpty else { return [] }
        let rotations = try await self.memory.records(of: subject, now: self.now()).rotations.map(\.body.oldKey)
        return Set(rotations).intersection(signers).map { key in
            var former = contact
            former.signingKey = key
            former.encryptionKey = nil
            return former
        }
    }

    // MARK: - Steps

    private func line(for key: Key) -> WidthLimiter {
        if let line = self.lines[key] { return line }
        if self.lines.count >= Self.mostKept { self.lines = self.lines.filter { $0.value.load.running > 0 } }
        let line = WidthLimiter(width: 1)
        self.lines[key] = line
        return line
    }

    /// What is remembered and what both names hold, read at the same time unless an answer is at hand. The caller holds
    /// the contact's line.
    ///
    /// - Returns: The records, and why a name could not be read. Such an answer isn't kept.
    private func records(
        for key: Key,
        freshness: UInt64,
        deadline: ErasedClock.Instant
    ) async throws -> (SuccessionRecords, NetworkFailure?) {
        let now = self.now()
        if let answer = self.answers[key], answer.read <= now, answer.read.seconds(until: now) < freshness {
            return (answer.records, nil)
        }
        let names = RotationNames(of: key.subject).all
        let results = try await names.concurrentMap(width: 2) {
            try await self.reader.read($0, absence: .decisive, deadline: deadline)
        }
        var found = try await self.memory.records(of: key.subject, now: now).relevant(to: key.pinned)
        var failure: NetworkFailure?
        for result in results {
            switch result {
            case .records(let values): found.merge(SuccessionRecords(values, of: key.subject, now: now))
            case .absent: break
            case .unavailable(let reason): failure = failure ?? reason
            }
        }
        let relevant = found.relevant(to: key.pinned)
        try await self.memory.remember(relevant, of: key.subject)
        if self.answers.count >= Self.mostKept { self.answers.removeAll() }
        self.answers[key] = failure == nil ? Answer(records: relevant, read: now) : nil
        return (relevant, failure)
    }
}

/// The names at which a user's rotations and revocations may stand. One that would be too long holds nothing.
struct RotationNames {
    let all: [OwnerName]

    init(of subject: KeySubject) {
        guard let (user, host) = UserAddress.split(subject.text), let zone = try? ZoneName(host) else {
            self.all = []
            return
        }
        let names = [try? OwnerName.anchoredRotation(in: zone), try? OwnerName.hashedRotation(of: user, in: zone)]
        self.all = names.compactMap(\.self)
    }
}

extension Contact {
    /// What the records of this contact's keys are about: its user name at its zone. `nil` if no record can be.
    func keySubject(ownZone: ZoneName) -> KeySubject? {
        let username = self.protocolUsername
        guard !username.isEmpty else { return nil }
        return try? KeySubject(.user, "\(username)@\((self.zone ?? ownZone).text)")
    }
}
