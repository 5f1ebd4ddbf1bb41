import DMPCrypto
import DMPNetwork
import DMPProtocol
import DMPTesting
import Synchronization

@testable import DNSMesh

/// What somebody writes into the names of others, who may write there as everybody may.
enum Intrusion: String, CaseIterable, Sendable {
    case garbage
    /// A manifest that was there, at its slot or at another one, here or in another zone.
    case replay
    /// Somebody else's message under the own name.
    case foreignSignature
    case damagedSignature
    case tooManyChunks
    case malformedHeader
    /// More values than a slot has otherwise.
    case flood
    /// Beside the chunks of a message.
    case junkChunks
    case junkPrekeys
    /// A prekey that was there, used by now or replaced.
    case replayedPrekey
}

extension ScheduleRun {
    /// Up to this many values lie at a name if a forger has its way: nodes refuse more than 64.
    private static let forgedValueLimit = 40

    /// Does what a forger does. The seed decides what is taken from what is there.
    func intrude(_ intrusion: Intrusion, against victim: SimulatedUser, _ seed: UInt64) async throws {
        self.log.withLock { $0.intrusions += 1 }
        var random = SeededRandom(seed: seed)
        switch intrusion {
        case .garbage: try await self.writeGarbage(Int.random(in: 1...3, using: &random), to: victim, &random)
        case .flood: try await self.writeGarbage(20, to: victim, &random)
        case .replay:
            guard let (value, _) = self.manifest(for: nil, &random) else { return }
            try await self.write(value, toSlotOf: victim, &random)
        case .foreignSignature, .damagedSignature: try await self.resign(intrusion, victim, &random)
        case .tooManyChunks:
            let hashes = [UInt8](repeating: 7, count: 300 * 32)
            let manifest = try self.forgedManifest(to: victim, shares: 300, data: 200, hashes: hashes)
            try await self.write(try manifest.signed(by: try Self.forger.ed25519).value, toSlotOf: victim, &random)
        case .malformedHeader: try await self.writeMalformedHeader(to: victim, &random)
        case .junkChunks: try await self.writeJunkChunks(for: victim, &random)
        case .junkPrekeys:
            let name = try OwnerName.prekeys(of: victim.name, in: victim.zone)
            let forger = try Self.forger
            let prekey = Prekey(id: .random(), publicKey: forger.encryptionKey, expires: self.now.adding(80_000))
            await self.write(prekey.signed(by: forger.ed25519).value, at: name)
            await self.write(TXTValue(random.bytes(Int.random(in: 0...150, using: &random))), at: name)
        case .replayedPrekey:
            let name = try OwnerName.prekeys(of: victim.name, in: victim.zone)
            let old = self.network.publications.filter { $0.name == name }
            if let value = old.randomElement(using: &random)?.value { await self.write(value, at: name) }
        }
    }

    private static var forger: IdentityKeys { get throws { try SimulatedUser.keys(of: 98, 0) } }

    private func write(_ value: TXTValue, at name: OwnerName) async {
        guard await self.network.values(at: name).count < Self.forgedValueLimit else { return }
        await self.network.insert(value, at: name, ttl: 80_000)
    }

    private func write(_ value: TXTValue, toSlotOf user: SimulatedUser, _ random: inout SeededRandom) async throws {
        let zone = Bool.random(using: &random) ? user.zone : self.zones.randomElement(using: &random) ?? user.zone
        let recipient = try user.keys(user.generation).userID
        let slot = Slot.all[Int.random(in: 0..<Slot.all.count, using: &random)]
        await self.write(value, at: try OwnerName.slot(slot, of: recipient, in: zone))
    }

    private func writeGarbage(_ count: Int, to victim: SimulatedUser, _ random: inout SeededRandom) async throws {
        let slot = Slot.all[Int.random(in: 0..<Slot.all.count, using: &random)]
        let name = try OwnerName.slot(slot, of: try victim.keys(victim.generation).userID, in: victim.zone)
        for _ in 0..<count {
            let bytes = random.bytes(Int.random(in: 0...200, using: &random))
            let value =
                Bool.random(using: &random) ? TXTValue(bytes) : TXTValue(prefix: SlotManifest.prefix, encoding: bytes)
            await self.write(value, at: name)
        }
    }

    /// A manifest that a node has taken, of a message to `recipient` if one is named.
    private func manifest(
        for recipient: SimulatedUser?,
        _ random: inout SeededRandom
    ) -> (TXTValue, SlotManifest)? {
        let latest = self.now.adding(100 * 86_400)
        let found = self.network.publications.compactMap { publication -> (TXTValue, SlotManifest)? in
            guard let manifest = try? Signed<SlotManifest>(parsing: publication.value, now: latest).body else {
                return nil
            }
            return (publication.value, manifest)
        }
        guard let recipient else { return found.randomElement(using: &random) }
        let ids = (try? (0...recipient.generation).map { try recipient.keys($0).userID }) ?? []
        return found.filter { ids.contains($0.1.recipient) }.randomElement(using: &random)
    }

    private func resign(_ intrusion: Intrusion, _ victim: SimulatedUser, _ random: inout SeededRandom) async throws {
        guard let (value, manifest) = self.manifest(for: victim, &random) else { return }
        guard intrusion == .foreignSignature else {
            var bytes = value.bytes
            bytes[bytes.count - 1 - Int.random(in: 0..<80, using: &random)] ^= 1
            try await self.write(TXTValue(bytes), toSlotOf: victim, &random)
            return
        }
        let forged = try SlotManifest(
            messageID: manifest.messageID,
            sender: try Self.forger.signingKey,
            recipient: manifest.recipient,
            shareCount: manifest.shareCount,
            dataCount: manifest.dataCount,
            prekey: manifest.prekey,
            issued: manifest.issued,
            expires: manifest.expires,
            chunkHashes: manifest.chunkHashes
        )
        // The chunks of a message lie under a name that follows from its id and its signer.
        for index in 0..<manifest.shareCount {
            for value in await self.network.values(
                at: try OwnerName.chunk(index, of: manifest.chunkKey, in: victim.zone)
            ) {
                await self.write(value, at: try OwnerName.chunk(index, of: forged.chunkKey, in: victim.zone))
            }
        }
        try await self.write(try forged.signed(by: try Self.forger.ed25519).value, toSlotOf: victim, &random)
    }

    private func forgedManifest(to victim: SimulatedUser, shares: Int, data: Int, hashes: [UInt8]) throws
        -> SlotManifest
    {
        try SlotManifest(
            messageID: .random(),
            sender: try Self.forger.signingKey,
            recipient: try victim.keys(victim.generation).userID,
            shareCount: shares,
            dataCount: data,
            prekey: nil,
            issued: self.now,
            expires: self.now.adding(80_000),
            chunkHashes: hashes
        )
    }

    private func writeMalformedHeader(to victim: SimulatedUser, _ random: inout SeededRandom) async throws {
        let chunk = try Self.malformedChunk()
        let manifest = try self.forgedManifest(to: victim, shares: 1, data: 1, hashes: chunk.hash)
        await self.write(chunk.value, at: try OwnerName.chunk(0, of: manifest.chunkKey, in: victim.zone))
        try await self.write(try manifest.signed(by: try Self.forger.ed25519).value, toSlotOf: victim, &random)
    }

    /// The only chunk of a message whose header is a list where an object must be, then a payload of the least length and
    /// the trailer.
    static func malformedChunk() throws -> ChunkWire {
        let outer = [0, 3] + Array("[1]".utf8) + [UInt8](repeating: 0, count: 44 + 32)
        let block = [0, 0, 0, UInt8(outer.count)] + outer
        return try ChunkWire(wrapping: (block + [UInt8](repeating: 0, count: 128 - block.count))[...])
    }

    private func writeJunkChunks(for victim: SimulatedUser, _ random: inout SeededRandom) async throws {
        guard let (_, manifest) = self.manifest(for: victim, &random) else { return }
        for index in 0..<manifest.shareCount where Bool.random(using: &random) {
            let name = try OwnerName.chunk(index, of: manifest.chunkKey, in: victim.zone)
            let junk = Bool.random(using: &random) ? try Self.malformedChunk().value : TXTValue(random.bytes(90))
            await self.write(junk, at: name)
        }
    }
}
