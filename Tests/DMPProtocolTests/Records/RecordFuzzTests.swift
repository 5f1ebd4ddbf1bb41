import DMPCrypto
import DMPTesting
import Testing

@testable import DMPProtocol

@Suite("Damaged records")
struct RecordFuzzTests {
    private let rounds = 3_000

    /// Damages a body many times: what still decodes must encode to the bytes it came from.
    private func checkBody<Body: RecordBody>(_ body: Body, tolerating isTolerated: (Body) -> Bool = { _ in false }) {
        var random = SeededRandom(seed: SeededRandom.fuzzSeed)
        for _ in 0..<self.rounds {
            let bytes = body.encoded.mutated(using: &random)
            guard let decoded = try? Body(signedBody: bytes[...]), !isTolerated(decoded) else { continue }
            #expect(decoded.encoded == bytes, "seed \(SeededRandom.fuzzSeed)")
        }
        #expect(Body.bodyByteCounts.contains(body.encoded.count))
    }

    @Test("A body that decodes encodes to the same bytes")
    func bodies() throws {
        try self.checkBody(Samples.manifest())
        try self.checkBody(Samples.manifest(hashes: []))
        self.checkBody(self.prekey())
        // An explicit suffix that says just version 1 is read, and written without suffix.
        try self.checkBody(self.identity(versions: [1, 2])) { $0.versions == [1] }
        try self.checkBody(self.identity(versions: [1])) { $0.versions == [1] }
    }

    @Test("A body is read alike from a slice that starts at another index")
    func slices() throws {
        func check<Body: RecordBody>(_ body: Body) throws {
            let shifted = [1, 2, 3] + body.encoded
            #expect(try Body(signedBody: shifted[3...]) == body)
        }
        try check(Samples.manifest())
        try check(self.identity(versions: [1, 2]))
        try check(self.prekey())
    }

    @Test("No damaged text is taken for a record")
    func texts() throws {
        var random = SeededRandom(seed: SeededRandom.fuzzSeed)
        let manifest = try Samples.manifest().signed(by: Samples.alice.ed25519).value
        let identity = try self.identity(versions: [1, 2]).signed(by: Samples.alice.ed25519).value
        let prekey = self.prekey().signed(by: Samples.alice.ed25519).value
        for _ in 0..<1_000 {
            for value in [manifest, identity, prekey] {
                let damaged = TXTValue(value.bytes.mutated(using: &random))
                guard damaged != value else { continue }
                #expect(throws: WireError.self, "seed \(SeededRandom.fuzzSeed)") {
                    try Signed<SlotManifest>(parsing: damaged, now: Samples.now)
                }
                #expect(throws: WireError.self, "seed \(SeededRandom.fuzzSeed)") {
                    try Signed<IdentityRecord>(parsing: damaged, now: Samples.now)
                }
                #expect(throws: WireError.self, "seed \(SeededRandom.fuzzSeed)") {
                    try Signed<Prekey>(parsing: damaged, now: Samples.now, signer: Samples.alice.signingKey)
                }
            }
        }
    }

    private func identity(versions: [UInt8]) throws -> IdentityRecord {
        try IdentityRecord(
            username: "jürgen",
            encryptionKey: Samples.alice.encryptionKey,
            signingKey: Samples.alice.signingKey,
            issued: Samples.now,
            versions: versions
        )
    }

    private func prekey() -> Prekey {
        Prekey(id: .random(), publicKey: Samples.alice.encryptionKey, expires: Samples.now.adding(86_400))
    }
}
