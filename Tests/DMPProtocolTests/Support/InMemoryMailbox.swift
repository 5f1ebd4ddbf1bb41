import DMPCrypto
import DMPTesting

@testable import DMPProtocol

/// The records of one message, and a recipient who has its sender pinned for the sender's zone.
struct InMemoryMailbox {
    private var records: [String: [TXTValue]] = [:]
    private let zone: ZoneName
    private let pinned: Ed25519.PublicKey
    private let recipient: IdentityKeys
    private let prekey: (id: Prekey.ID, secret: Hex)?
    /// Why the last manifest was not read.
    private(set) var failure: MessageError?

    init(_ sent: WholeSend, changedBy change: WholeReceive?) throws {
        let sender = try IdentityKeys(privateKey: SecretBytes(copying: sent.senderPrivate.bytes))
        self.pinned = sender.signingKey
        self.recipient = try IdentityKeys(privateKey: SecretBytes(copying: sent.recipientPrivate.bytes))
        self.zone = try ZoneName(sent.senderZone)
        self.prekey = try sent.prekeyPrivate.map { (try Prekey.ID(sent.prekeyId), $0) }
        let key = ChunkKey(
            message: try MessageID(sent.msgId.bytes),
            recipient: self.recipient.userID,
            sender: sender.signingKey
        )
        for (index, chunk) in (sent.chunks ?? []).enumerated() {
            self.records[try OwnerName.chunk(index, of: key, in: self.zone).text] = [TXTValue(chunk)]
        }
        self.records[sent.slotName ?? ""] = sent.manifest.map { [TXTValue($0)] }
        for name in change?.removed ?? [] { self.records[name] = nil }
        for (name, values) in change?.set ?? [:] { self.records[name] = values.map { TXTValue($0) } }
    }

    /// Walks all slots and reads the first message that can be read.
    mutating func receive(at now: UnixSeconds) throws -> [UInt8]? {
        for slot in Slot.all {
            let name = try OwnerName.slot(slot, of: self.recipient.userID, in: self.zone)
            for value in self.records[name.text] ?? [] {
                guard let manifest = self.manifest(value, at: now) else { continue }
                do throws(MessageError) {
                    if let body = try self.read(manifest, at: now) { return body }
                } catch {
                    self.failure = error
                }
            }
        }
        return nil
    }

    private func manifest(_ value: TXTValue, at now: UnixSeconds) -> SlotManifest? {
        do {
            let manifest = try Signed<SlotManifest>(parsing: value, now: now).body
            try manifest.checkReceivable(by: self.recipient.userID, at: now)
            return manifest.sender == self.pinned ? manifest : nil
        } catch {
            return nil
        }
    }

    private func read(_ manifest: SlotManifest, at now: UnixSeconds) throws(MessageError) -> [UInt8]? {
        guard var assembly = try? MessageAssembly(manifest) else { return nil }
        for index in 0..<manifest.shareCount where !assembly.isComplete {
            guard let name = try? OwnerName.chunk(index, of: manifest.chunkKey, in: self.zone) else { return nil }
            for value in self.records[name.text] ?? [] where assembly.offer(value, at: index).isTaken { break }
        }
        let outer = try assembly.outerMessage()
        guard let id = manifest.prekey else {
            return try outer.open(for: manifest, with: self.recipient.x25519, now: now).body
        }
        guard let prekey = self.prekey, prekey.id == id,
            let secret = try? X25519.SecretKey(SecretBytes(copying: prekey.secret.bytes))
        else { return nil }
        return try outer.open(for: manifest, with: secret, now: now).body
    }
}
