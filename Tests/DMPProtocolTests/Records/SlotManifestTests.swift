import DMPCrypto
import DMPTesting
import Testing

@testable import DMPProtocol

@Suite("Slot manifests")
struct SlotManifestTests {
    private struct Fields: Decodable, Sendable {
        let msgId: Hex
        let senderSpk: Hex
        let recipientId: Hex
        let totalChunks: Int
        let dataChunks: Int
        let prekeyId: Int
        let ts: String
        let exp: String
        let chunkHashes: [Hex]
        let expired: Bool?

        func manifest() throws -> SlotManifest {
            let prekey = try UInt32(checked: self.prekeyId)
            return try SlotManifest(
                messageID: MessageID(self.msgId.bytes),
                sender: Ed25519.PublicKey(self.senderSpk.bytes),
                recipient: UserID(self.recipientId.bytes),
                shareCount: self.totalChunks,
                dataCount: self.dataChunks,
                prekey: prekey == 0 ? nil : Prekey.ID(prekey),
                issued: UnixSeconds(decimal: self.ts),
                expires: UnixSeconds(decimal: self.exp),
                chunkHashes: self.chunkHashes.flatMap(\.bytes)
            )
        }
    }

    @Test("Manifests are signed and read as in the vectors")
    func manifestVectors() throws {
        let vectors: RecordVectors<Fields> = try Vectors.load("manifest", convertingSnakeCase: true)
        #expect(vectors.prefix == SlotManifest.prefix.description)
        try vectors.checkSigning(make: { try $0.manifest() }, sign: { try $0.signed(by: $1) })
        vectors.checkParsing(read: { value, now, _ in try Signed<SlotManifest>(parsing: value, now: now) }) {
            try $0 == $1.manifest() && $0.isExpired(at: $2) == $1.expired
        }
        vectors.report()
    }

    @Test(
        "Counts that contradict each other are refused",
        arguments: [
            (0, 0, 0, .shareCount), (1025, 1, 0, .shareCount), (-1, 1, 0, .shareCount),
            (3, 0, 0, .dataCount), (3, 4, 0, .dataCount), (3, -1, 96, .dataCount),
            (3, 2, 95, .chunkHashes), (3, 2, 64, .chunkHashes), (3, 2, 128, .chunkHashes),
        ] as [(Int, Int, Int, WireError.Field)]
    )
    func inconsistentCounts(n: Int, k: Int, hashByteCount: Int, field: WireError.Field) {
        #expect(throws: WireError.body(field)) {
            try Samples.manifest(shareCount: n, dataCount: k, hashes: Array(repeating: 7, count: hashByteCount))
        }
    }

    @Test("Another key than the sender's signs nothing")
    func foreignSigner() throws {
        let manifest = try Samples.manifest()
        #expect(throws: WireError.signerMismatch) { try manifest.signed(by: Ed25519.SecretKey.random()) }
    }

    @Test("Each wrong text is refused for its own reason")
    func refusals() throws {
        let now = Samples.now
        let signed = try Samples.manifest().signed(by: Samples.alice.ed25519)
        func parse(_ bytes: [UInt8]) throws { _ = try Signed<SlotManifest>(parsing: TXTValue(bytes), now: now) }
        func record(_ blob: [UInt8]) -> [UInt8] { TXTValue(prefix: SlotManifest.prefix, encoding: blob).bytes }
        let blob = try signed.value.decode(after: SlotManifest.prefix, maximumByteCount: 2000)

        #expect(throws: WireError.notThisKind) { try parse(Array("v=spf1 -all".utf8)) }
        #expect(throws: WireError.notThisKind) { try parse([]) }
        #expect(throws: WireError.base64) { try parse(signed.value.bytes + [0x20]) }
        #expect(throws: WireError.length(171)) { try parse(record(Array(blob.prefix(171)))) }
        #expect(throws: WireError.length(blob.count - 64 - 32)) { try parse(record(Array(blob.dropLast(32)))) }
        let long = record([UInt8](repeating: 0, count: 108 + 1024 * 32 + 64 + 3))
        #expect(throws: WireError.wireTooLong(long.count)) { try parse(long) }
        #expect(throws: WireError.signature) { try parse(record(blob.dropLast() + [blob[blob.count - 1] ^ 1])) }
        let early = UnixSeconds(rawValue: signed.body.expires.rawValue - 2_592_001)
        #expect(throws: WireError.tooFarAhead) { try Signed<SlotManifest>(parsing: signed.value, now: early) }
        #expect(try Signed<SlotManifest>(parsing: signed.value, now: early.adding(1)) == signed)
    }

    @Test("A manifest without hashes has none, and one with hashes has n")
    func chunkHashes() throws {
        let manifest = try Samples.manifest(shareCount: 2, dataCount: 1, hashes: Array(0..<64))
        #expect(manifest.chunkHash(at: 0)?.elementsEqual(0..<32) == true)
        #expect(manifest.chunkHash(at: 1)?.elementsEqual(32..<64) == true)
        #expect(manifest.chunkHash(at: 2) == nil)
        #expect(manifest.chunkHash(at: -1) == nil)
        #expect(try Samples.manifest(hashes: []).chunkHash(at: 0) == nil)
    }

    @Test("A receiver refuses each unfit manifest for its own reason")
    func receivability() throws {
        let now = Samples.now
        let bob = Samples.bob.userID
        let good = try Samples.manifest()
        try good.checkReceivable(by: bob, at: now)
        try good.checkReceivable(by: bob, at: good.expires)
        #expect(throws: ManifestRefusal.expired) { try good.checkReceivable(by: bob, at: good.expires.adding(1)) }
        #expect(throws: ManifestRefusal.otherRecipient) { try good.checkReceivable(by: Samples.alice.userID, at: now) }
        #expect(throws: ManifestRefusal.noChunkHashes) {
            try Samples.manifest(hashes: []).checkReceivable(by: bob, at: now)
        }
        let wide = try Samples.manifest(
            shareCount: 257,
            dataCount: 1,
            hashes: Array(repeating: 1, count: 257 * 32)
        )
        #expect(throws: ManifestRefusal.tooManyShares(257)) { try wide.checkReceivable(by: bob, at: now) }
        #expect(throws: ManifestRefusal.tooManyShares(257)) { try MessageAssembly(wide) }
    }

    @Test("The text of a manifest is as long as the plan says", arguments: [(2, 336), (4, 420), (255, 11_132)])
    func textByteCount(n: Int, bytes: Int) throws {
        #expect(SlotManifest.textByteCount(shareCount: n) == bytes)
        let manifest = try Samples.manifest(
            shareCount: n,
            dataCount: 1,
            hashes: Array(repeating: 1, count: n * 32)
        )
        #expect(try manifest.signed(by: Samples.alice.ed25519).value.byteCount == bytes)
    }
}
