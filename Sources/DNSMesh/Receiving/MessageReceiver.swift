import DMPCrypto
import DMPNetwork
import DMPProtocol
import DNSTransport
import Foundation
import Logging

/// Opens one message: claim, fetch, decrypt, store. Whatever goes wrong costs this message alone.
struct MessageReceiver: Sendable {
    let keys: IdentityKeys
    let configuration: MeshConfiguration
    let reader: any RecordReader
    let prekeys: PrekeyStore
    let replay: ReplayCache
    let inbox: Inbox
    let intros: IntroQueue
    let labels: SenderLabels
    let authors: KnownAuthors
    let limiter: WidthLimiter
    let clock: ErasedClock
    let limits: ReceiveLimits
    var deadline: ErasedClock.Instant
    let now: @Sendable () -> UnixSeconds
    let logger: Logger

    enum Outcome: Sendable {
        case delivered(ReceivedMessage)
        /// It was put into the queue of intros.
        case quarantined
        /// It was delivered before.
        case known
        /// Somebody else is delivering it right now.
        case inFlight
        case dropped(DropReason)
    }

    /// - Parameters:
    ///   - candidate: The message.
    ///   - refusal: Why it must not be opened after all. Found out while the chunks are fetched.
    /// - Returns: What became of it.
    /// - Throws: `CancellationError`, and nothing else.
    func receive(
        _ candidate: Candidate,
        refusal: @escaping @Sendable () async throws -> DropReason? = { nil }
    ) async throws -> Outcome {
        do {
            switch try await self.replay.claim(candidate.key) {
            case .granted: break
            case .seen: return .known
            case .underWay:
                // It may be tried again from here, without being asked about any more.
                return try await refusal().map(Outcome.dropped) ?? .inFlight
            }
        } catch {
            return try self.failed(candidate, error)
        }
        do {
            let outcome = try await self.open(candidate, refusal: refusal)
            await self.replay.release(candidate.key)
            return outcome
        } catch let drop as Drop {
            await self.replay.release(candidate.key)
            if drop.reason.isHopeless, !drop.isRemembered { await self.remember(drop.reason, of: candidate) }
            return .dropped(drop.reason)
        } catch {
            await self.replay.release(candidate.key)
            return try self.failed(candidate, error)
        }
    }

    private struct Drop: Error {
        let reason: DropReason
        var isRemembered = false
    }

    /// A message that was decrypted, with what tells copies from originals.
    private struct Letter {
        let opened: OpenedMessage
        let author: UserID
        let digest: Data
    }

    private func failed(_ candidate: Candidate, _ error: any Error) throws -> Outcome {
        if error is CancellationError { throw error }
        self.logger.warning("message \(candidate.manifest.messageID.hex) failed: \(error)")
        return .dropped(.internalFailure)
    }

    private func remember(_ reason: DropReason, of candidate: Candidate) async {
        do {
            try await self.replay.markHopeless(
                candidate.key,
                in: candidate.zone,
                reason: reason.rawValue,
                expires: candidate.manifest.expires
            )
        } catch {
            self.logger.warning("can't note why a message was dropped: \(error)")
        }
    }

    private func open(
        _ candidate: Candidate,
        refusal: @escaping @Sendable () async throws -> DropReason?
    ) async throws -> Outcome {
        let content = try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { if let reason = try await refusal() { throw Drop(reason: reason) } }
            do {
                let content = try await self.content(of: candidate)
                try await group.waitForAll()
                return content
            } catch let drop as Drop {
                try await group.waitForAll()  // a refusal is the better reason
                throw drop
            }
        }
        let letter = try await self.decrypt(content.assembly, candidate: candidate, prekey: content.prekey)
        return try await self.store(letter, candidate: candidate, prekey: content.prekey)
    }

    /// The chunks of a message, and the private half for which it was sealed.
    private func content(
        of candidate: Candidate
    ) async throws -> (assembly: MessageAssembly, prekey: PrekeyStore.Secret?) {
        if let reason = try await self.replay.hopelessReason(candidate.key, in: candidate.zone) {
            throw Drop(reason: DropReason(rawValue: reason) ?? .undecryptable, isRemembered: true)
        }
        let prekey = try await self.prekeySecret(candidate.manifest)
        let fetch = ChunkFetch(
            reader: self.reader,
            zone: candidate.zone,
            limiter: self.limiter,
            clock: self.clock,
            limits: self.limits,
            deadline: self.deadline(in: self.limits.messageTimeout)
        )
        let assembly = try await fetch.run(candidate.manifest)
        guard assembly.isComplete else { throw Drop(reason: .chunksMissing) }
        return (assembly, prekey)
    }

    func deadline(in duration: Duration) -> ErasedClock.Instant {
        min(self.deadline, self.clock.now.advanced(by: duration))
    }

    /// The private half that the manifest names, or `nil` for the long-term key.
    private func prekeySecret(_ manifest: SlotManifest) async throws -> PrekeyStore.Secret? {
        guard let id = manifest.prekey else { return nil }
        guard let secret = try await self.prekeys.secret(id, now: self.now()) else { throw Drop(reason: .prekeyGone) }
        return secret
    }

    private func decrypt(
        _ assembly: MessageAssembly,
        candidate: Candidate,
        prekey: PrekeyStore.Secret?
    ) async throws -> Letter {
        do {
            let outer = try assembly.outerMessage()
            let (author, digest) = (outer.header.sender, Data(SHA256.hash(outer.payload)))
            // Before the prekey is spent: nobody must pass off another's words as their own.
            guard try await self.isAuthor(author, of: candidate, digest: digest) else {
                throw Drop(reason: .senderMismatch)
            }
            let opened =
                if let prekey {
                    try outer.open(for: candidate.manifest, with: prekey.key, now: self.now())
                } else {
                    try outer.open(for: candidate.manifest, with: self.keys.x25519, now: self.now())
                }
            return Letter(opened: opened, author: author, digest: digest)
        } catch let error as MessageError {
            throw Drop(reason: DropReason(error))
        }
    }

    /// Whether the signer of the manifest may have written what names `sender` as its author.
    private func isAuthor(_ sender: UserID, of candidate: Candidate, digest: Data) async throws -> Bool {
        let signer = candidate.manifest.sender
        guard self.authors.mayWrite(sender, as: signer, candidate.contact) else { return false }
        if candidate.contact?.encryptionKey != nil { return true }
        return try await !self.inbox.holdsCopy(of: candidate.manifest.messageID, digest: digest, notFrom: signer)
    }

    private func store(
        _ letter: Letter,
        candidate: Candidate,
        prekey: PrekeyStore.Secret?
    ) async throws -> Outcome {
        let opened = letter.opened
        let manifest = candidate.manifest
        let address = try await self.labels.verified(
            opened.claimed,
            signer: manifest.sender,
            contact: candidate.contact,
            now: self.now(),
            deadline: self.deadline(in: self.limits.labelTimeout)
        )
        let content = MessageContent(
            contact: candidate.contact?.name,
            address: address?.text,
            body: Data(opened.body),
            sentAt: opened.timestamp.rawValue,
            receivedAt: self.now().rawValue,
            forwardSecret: prekey != nil,
            zone: candidate.zone.text,
            trust: candidate.trust?.rawValue,
            digest: letter.digest
        )
        let draft = MessageDraft(
            senderKey: manifest.sender,
            messageID: manifest.messageID,
            expires: manifest.expires,
            content: content
        )
        let spent = try self.spent(prekey, for: candidate)
        if candidate.trust == nil {
            switch try await self.intros.keep(draft, author: letter.author, prekey: spent) {
            case .kept: return .quarantined
            case .known: return .known
            case .full: throw Drop(reason: .introQueueFull)
            }
        }
        guard let message = try await self.inbox.store(draft, prekey: spent) else { return .known }
        return .delivered(message)
    }

    private func spent(_ secret: PrekeyStore.Secret?, for candidate: Candidate) throws -> SpentPrekey? {
        guard let id = candidate.manifest.prekey, let secret else { return nil }
        let owner = try OwnerName.prekeys(of: self.configuration.username.text, in: self.configuration.zone)
        // Whose encryption key isn't known may have copied the message: the original still needs the private half.
        let isCertain = candidate.contact?.encryptionKey != nil
        // It is out there, although no node may have answered when it was published.
        let prekey = Prekey(id: id, publicKey: secret.key.publicKey, expires: secret.expires)
        let value = secret.published ?? prekey.signed(by: self.keys.ed25519).value
        return SpentPrekey(
            id: id,
            withdrawal: Withdrawal(owner: owner, value: value, expires: secret.expires),
            spent: self.now(),
            keepUntil: isCertain ? UnixSeconds(rawValue: 0) : candidate.manifest.expires
        )
    }
}

/// Who is known to write under which user id.
struct KnownAuthors: Sendable {
    private let signers: [UserID: Set<Ed25519.PublicKey?>]

    init(_ contacts: [Contact]) {
        var signers: [UserID: Set<Ed25519.PublicKey?>] = [:]
        for contact in contacts {
            guard let key = contact.encryptionKey else { continue }
            signers[UserID(of: key), default: []].insert(contact.signingKey)
        }
        self.signers = signers
    }

    /// Whether a signer may have written what names `author`: the contact whose key it is, or nobody else known.
    func mayWrite(_ author: UserID, as signer: Ed25519.PublicKey, _ contact: Contact?) -> Bool {
        if let key = contact?.encryptionKey { return author == UserID(of: key) }
        return self.signers[author].map { $0.contains(signer) } ?? true
    }
}

extension DropReason {
    init(_ error: MessageError) {
        switch error {
        case .expired: self = .expired
        case .otherMessageID, .otherRecipient: self = .headerMismatch
        case .undecipherable: self = .undecryptable
        default: self = .malformedMessage
        }
    }
}
