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
    let labels: SenderLabels
    let limiter: WidthLimiter
    let deadline: ErasedClock.Instant
    let now: @Sendable () -> UnixSeconds
    let logger: Logger

    enum Outcome: Sendable {
        case delivered(ReceivedMessage)
        /// It was delivered before, or is being delivered by somebody else.
        case known
        case dropped(DropReason)
    }

    /// - Throws: `CancellationError`, and nothing else.
    func receive(_ candidate: Candidate) async throws -> Outcome {
        do {
            guard try await self.replay.claim(candidate.key) else { return .known }
        } catch {
            return try self.failed(candidate, error)
        }
        do {
            let outcome = try await self.open(candidate)
            if case .delivered = outcome {
                await self.replay.finish(candidate.key)
            } else {
                await self.replay.release(candidate.key)
            }
            return outcome
        } catch let drop as Drop {
            await self.replay.release(candidate.key)
            if !drop.reason.mayRecover { await self.remember(drop.reason, of: candidate) }
            return .dropped(drop.reason)
        } catch {
            await self.replay.release(candidate.key)
            return try self.failed(candidate, error)
        }
    }

    private struct Drop: Error { let reason: DropReason }

    private func failed(_ candidate: Candidate, _ error: any Error) throws -> Outcome {
        if error is CancellationError { throw error }
        self.logger.warning("message \(candidate.manifest.messageID) failed: \(error)")
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

    private func open(_ candidate: Candidate) async throws -> Outcome {
        if let reason = try await self.replay.hopelessReason(candidate.key, in: candidate.zone) {
            return .dropped(DropReason(rawValue: reason) ?? .undecryptable)
        }
        let prekey = try await self.prekeySecret(candidate.manifest)
        let fetch = ChunkFetch(
            reader: self.reader,
            zone: candidate.zone,
            limiter: self.limiter,
            deadline: self.deadline
        )
        let assembly = try await fetch.run(candidate.manifest)
        guard assembly.isComplete else { throw Drop(reason: .chunksMissing) }
        let opened = try self.decrypt(assembly, candidate: candidate, prekey: prekey)
        return try await self.store(opened, candidate: candidate, prekey: prekey)
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
    ) throws -> OpenedMessage {
        do {
            let outer = try assembly.outerMessage()
            // Before the prekey is spent: a contact must not pass off another's words as its own.
            if let encryptionKey = candidate.contact?.encryptionKey, outer.header.sender != UserID(of: encryptionKey) {
                throw Drop(reason: .senderMismatch)
            }
            if let prekey {
                return try outer.open(for: candidate.manifest, with: prekey.key, now: self.now())
            }
            return try outer.open(for: candidate.manifest, with: self.keys.x25519, now: self.now())
        } catch let error as MessageError {
            throw Drop(reason: DropReason(error))
        }
    }

    private func store(
        _ opened: OpenedMessage,
        candidate: Candidate,
        prekey: PrekeyStore.Secret?
    ) async throws -> Outcome {
        let manifest = candidate.manifest
        let address = try await self.labels.verified(
            opened.claimed,
            signer: manifest.sender,
            contact: candidate.contact,
            now: self.now(),
            deadline: self.deadline
        )
        let content = MessageContent(
            contact: candidate.contact?.name,
            address: address?.text,
            body: Data(opened.body),
            sentAt: opened.timestamp.rawValue,
            receivedAt: self.now().rawValue,
            forwardSecret: prekey != nil,
            zone: candidate.zone.text
        )
        let draft = MessageDraft(
            senderKey: manifest.sender,
            messageID: manifest.messageID,
            expires: manifest.expires,
            content: content
        )
        let spent = try self.spent(manifest.prekey, secret: prekey)
        guard let message = try await self.inbox.store(draft, prekey: spent) else { return .known }
        return .delivered(message)
    }

    private func spent(_ id: Prekey.ID?, secret: PrekeyStore.Secret?) throws -> SpentPrekey? {
        guard let id else { return nil }
        guard let value = secret?.published else { return SpentPrekey(id: id, withdrawal: nil) }
        let owner = try OwnerName.prekeys(of: self.configuration.username.text, in: self.configuration.zone)
        let expires = self.now().adding(PrekeyStore.graceSeconds)
        return SpentPrekey(id: id, withdrawal: Withdrawal(owner: owner, value: value, expires: expires))
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
