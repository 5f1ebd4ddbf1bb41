import DMPCrypto
import DMPTesting
import Testing

@testable import DMPProtocol

@Suite("Putting a message together")
struct MessageAssemblyTests {
    private let body = [UInt8]((0..<700).map { UInt8(truncatingIfNeeded: $0 &* 7) })

    private func open(_ assembly: MessageAssembly, now: UnixSeconds = Samples.now) throws -> [UInt8] {
        let opened = try assembly.outerMessage().open(for: assembly.manifest, with: Samples.bob.x25519, now: now)
        #expect(opened.sender == Samples.alice.userID)
        #expect(opened.timestamp == Samples.now)
        #expect(opened.claimed == nil)
        return opened.body
    }

    @Test("Any k chunks in any order give the text")
    func anyChunks() throws {
        var random = SeededRandom(seed: SeededRandom.fuzzSeed)
        let message = try Samples.sealed(self.body)
        for _ in 0..<30 {
            var assembly = try MessageAssembly(message.manifest.body)
            var order = Array(message.chunks.indices)
            order.shuffle(using: &random)
            for index in order.prefix(message.manifest.body.dataCount) {
                #expect(!assembly.isComplete)
                #expect(throws: MessageError.self) { try assembly.outerMessage() }
                #expect(assembly.offer(message.chunks[index], at: index) == .accepted)
                #expect(!assembly.missing.contains(index))
            }
            #expect(assembly.isComplete)
            #expect(assembly.missing == order.dropFirst(message.manifest.body.dataCount).sorted())
            #expect(try self.open(assembly) == self.body, "seed \(SeededRandom.fuzzSeed)")
        }
    }

    @Test("Each value gets the verdict that it deserves")
    func verdicts() throws {
        let message = try Samples.sealed(self.body)
        var assembly = try MessageAssembly(message.manifest.body)
        #expect(assembly.offer(message.chunks[0], at: -1) == .noSuchChunk)
        #expect(assembly.offer(message.chunks[0], at: message.chunks.count) == .noSuchChunk)
        #expect(assembly.offer(TXTValue("v=spf1 -all"), at: 0) == .notAChunk)
        #expect(assembly.offer(TXTValue(message.chunks[0].bytes + [0x20]), at: 0) == .notAChunk)
        #expect(assembly.offer(message.chunks[1], at: 0) == .wrongHash)
        #expect(try assembly.offer(Self.damaged(message.chunks[0], count: 16), at: 0) == .repaired)
        #expect(assembly.offer(message.chunks[0], at: 0) == .duplicate)
        #expect(try assembly.offer(Self.damaged(message.chunks[1], count: 17), at: 1) == .wrongHash)
        #expect(assembly.offer(message.chunks[1], at: 1) == .accepted)
        #expect(ChunkVerdict.accepted.isTaken && ChunkVerdict.repaired.isTaken && !ChunkVerdict.duplicate.isTaken)
        #expect(throws: MessageError.tooFewChunks(have: 2, need: message.manifest.body.dataCount)) {
            try assembly.outerMessage()
        }
    }

    @Test("A chunk that its sender made wrong is undecodable")
    func undecodable() throws {
        let wire = try ChunkWire([UInt8](repeating: 5, count: 168))
        let manifest = try Samples.manifest(hashes: wire.hash + wire.hash)
        var assembly = try MessageAssembly(manifest)
        #expect(assembly.offer(wire.value, at: 0) == .undecodable)
    }

    @Test("Foreign chunks before the good one cost a bounded number of repairs, and nothing else")
    func poison() throws {
        let message = try Samples.sealed(self.body)
        var random = SeededRandom(seed: SeededRandom.fuzzSeed)
        var assembly = try MessageAssembly(message.manifest.body)
        for _ in 0..<10_000 {
            #expect(assembly.offer(try ChunkWire(random.bytes(168)).value, at: 0) == .wrongHash)
        }
        #expect(try assembly.offer(Self.damaged(message.chunks[0], count: 1), at: 0) == .wrongHash)
        #expect(assembly.offer(message.chunks[0], at: 0) == .accepted)
        #expect(try assembly.offer(Self.damaged(message.chunks[1], count: 1), at: 1) == .repaired)
    }

    @Test("Damage in every chunk is repaired; a valid chunk of somebody else never passes")
    func repairs() throws {
        let message = try Samples.sealed(self.body)
        let other = try Samples.sealed(self.body)
        var assembly = try MessageAssembly(message.manifest.body)
        for index in message.chunks.indices where !assembly.isComplete {
            // One chunk holds only parts of the header that both messages share.
            guard other.chunks[index] != message.chunks[index] else { continue }
            #expect(assembly.offer(other.chunks[index], at: index) == .wrongHash)
            #expect(try assembly.offer(Self.damaged(message.chunks[index], count: 9), at: index) == .repaired)
        }
        #expect(try self.open(assembly) == self.body)
    }

    @Test("Chunks with right hashes that join to no message are refused for their own reason")
    func joins() throws {
        func outer(_ block: [UInt8]) throws -> MessageAssembly {
            let wire = try ChunkWire(wrapping: block[...])
            var assembly = try MessageAssembly(Samples.manifest(hashes: wire.hash + wire.hash))
            #expect(assembly.offer(wire.value, at: 0) == .accepted)
            return assembly
        }
        let lengthPastEnd = try outer([0, 0, 0, 125] + [UInt8](repeating: 0, count: 124))
        #expect(throws: MessageError.chunksDoNotJoin) { try lengthPastEnd.outerMessage() }
        let tooShort = try outer([0, 0, 0, 33] + [UInt8](repeating: 0, count: 124))
        #expect(throws: MessageError.truncated) { try tooShort.outerMessage() }
        let noHeader = try outer([0, 0, 0, 34] + [UInt8](repeating: 0, count: 124))
        #expect(throws: MessageError.header(.syntax)) { try noHeader.outerMessage() }
    }

    @Test("A message that does not fit its manifest, its time or its key is refused for its own reason")
    func opening() throws {
        let message = try Samples.sealed(self.body)
        var assembly = try MessageAssembly(message.manifest.body)
        for index in message.chunks.indices { _ = assembly.offer(message.chunks[index], at: index) }
        let outer = try assembly.outerMessage()
        let manifest = message.manifest.body
        func open(_ outer: OuterMessage, _ manifest: SlotManifest, after seconds: UInt64 = 0) throws {
            _ = try outer.open(for: manifest, with: Samples.bob.x25519, now: Samples.now.adding(seconds))
        }
        try open(outer, manifest)
        try open(outer, manifest, after: 300)
        #expect(throws: MessageError.expired) { try open(outer, manifest, after: 301) }
        #expect(throws: MessageError.otherMessageID) { try open(outer, Samples.manifest()) }
        #expect(throws: MessageError.otherRecipient) {
            try open(outer, Self.changed(manifest, recipient: Samples.alice.userID))
        }
        #expect(throws: MessageError.undecipherable) {
            try open(outer, Self.changed(manifest, prekey: Prekey.ID(7)))
        }
        #expect(throws: MessageError.undecipherable) {
            try outer.open(for: manifest, with: Samples.alice.x25519, now: Samples.now)
        }
        #expect(throws: MessageError.payloadTooShort(43)) {
            try open(OuterMessage(header: outer.header, payload: Array(outer.payload.prefix(43))), manifest)
        }
        #expect(throws: MessageError.undecipherable) {
            try open(OuterMessage(header: outer.header, payload: Array(outer.payload.prefix(44))), manifest)
        }
    }

    @Test("A recipient's key of small order is refused before anything is made")
    func smallOrder() throws {
        #expect(throws: MessageError.crypto(.allZeroSharedSecret)) {
            try SealedMessage.seal(
                body: [1],
                from: Samples.alice,
                to: Samples.bob.userID,
                encryptingTo: X25519.PublicKey([UInt8](repeating: 0, count: 32)),
                prekey: nil,
                messageID: .random(),
                timestamp: Samples.now,
                ttl: 300
            )
        }
    }

    /// Changes that many bytes of the block and its parity.
    private static func damaged(_ value: TXTValue, count: Int) throws -> TXTValue {
        var bytes = try ChunkWire(parsing: value).bytes
        for index in 0..<count { bytes[8 + index * 9] ^= 0x55 }
        return try ChunkWire(bytes).value
    }

    private static func changed(
        _ manifest: SlotManifest,
        recipient: UserID? = nil,
        prekey: Prekey.ID? = nil
    ) throws -> SlotManifest {
        try SlotManifest(
            messageID: manifest.messageID,
            sender: manifest.sender,
            recipient: recipient ?? manifest.recipient,
            shareCount: manifest.shareCount,
            dataCount: manifest.dataCount,
            prekey: prekey ?? manifest.prekey,
            issued: manifest.issued,
            expires: manifest.expires,
            chunkHashes: manifest.chunkHashes
        )
    }
}
