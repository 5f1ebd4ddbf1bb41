import DMPCrypto
import DMPTesting
import Testing

@testable import DMPProtocol

@Suite("Damaged records of operators and key owners")
struct OperatorRecordFuzzTests {
    private let rounds = 4_000

    /// Damages a body many times: what still decodes must encode to the bytes it came from, and a reader takes nothing
    /// else, whoever signed it.
    private func check<Body: RecordBody>(
        _ body: Body,
        signatures: ([UInt8]) -> [UInt8] = { Samples.alice.ed25519.sign($0).bytes },
        read: (TXTValue) throws -> Signed<Body>,
        tolerating isTolerated: (Body, [UInt8]) -> Bool = { _, _ in false }
    ) {
        let seed = SeededRandom.fuzzSeed
        var random = SeededRandom(seed: seed)
        var (decodedCount, readCount) = (0, 0)
        for _ in 0..<self.rounds {
            let bytes = body.encoded.mutated(using: &random)
            let decoded = try? Body(signedBody: bytes[...])
            if let decoded {
                decodedCount += 1
                #expect(decoded.encoded == bytes || isTolerated(decoded, bytes), "seed \(seed)")
            }
            do {
                let signed = try read(TXTValue(prefix: Body.prefix, encoding: bytes + signatures(bytes)))
                readCount += 1
                #expect(signed.body == decoded, "seed \(seed)")
            } catch {
                #expect(error is WireError, "seed \(seed)")
            }
        }
        #expect(decodedCount > 100 && readCount > 20, "seed \(seed): \(decodedCount) decoded, \(readCount) read")
        #expect(Body.bodyByteCounts.contains(body.encoded.count))
    }

    @Test("A body that is read encodes to the same bytes")
    func bodies() throws {
        let (now, alice) = (Samples.now, Samples.alice.signingKey)
        try self.check(Samples.cluster()) {
            try Signed<ClusterManifest>(parsing: $0, now: now, signer: alice)
        } tolerating: { manifest, bytes in
            // A dot at the end of the name is not written again.
            bytes.count == manifest.encoded.count + 1 && bytes[55 + Int(bytes[55])] == UInt8(ascii: ".")
        }
        try self.check(Samples.bootstrap()) {
            try Signed<BootstrapRecord>(parsing: $0, now: now, signer: alice)
        } tolerating: { record, bytes in
            // Entries are written in order, and names without a dot at their end.
            bytes.count > record.encoded.count || bytes.sorted() == record.encoded.sorted()
        }
        try self.check(Samples.revocation()) { try Signed<RevocationRecord>(parsing: $0, now: now) }
        try self.check(
            Samples.rotation(),
            signatures: { Samples.alice.ed25519.sign($0).bytes + Samples.bob.ed25519.sign($0).bytes },
            read: { try Signed<RotationRecord>(parsing: $0, now: now) }
        )
    }

    @Test("A body is read alike from a slice that starts at another index")
    func slices() throws {
        func check<Body: RecordBody>(_ body: Body) throws {
            let shifted = [1, 2, 3] + body.encoded
            #expect(try Body(signedBody: shifted[3...]) == body)
        }
        try check(Samples.cluster())
        try check(Samples.bootstrap())
        try check(Samples.rotation())
        try check(Samples.revocation())
    }

    @Test("No damaged text is taken for a record")
    func texts() throws {
        var random = SeededRandom(seed: SeededRandom.fuzzSeed)
        let (now, alice) = (Samples.now, Samples.alice)
        let values = [
            try Samples.cluster().signed(by: alice.ed25519).value,
            try Samples.bootstrap().signed(by: alice.ed25519).value,
            try Samples.rotation().signed(by: alice.ed25519, and: Samples.bob.ed25519).value,
            try Samples.revocation().signed(by: alice.ed25519).value,
        ]
        let readers: [(TXTValue) throws -> Void] = [
            { _ = try Signed<ClusterManifest>(parsing: $0, now: now, signer: alice.signingKey) },
            { _ = try Signed<BootstrapRecord>(parsing: $0, now: now, signer: alice.signingKey) },
            { _ = try Signed<RotationRecord>(parsing: $0, now: now) },
            { _ = try Signed<RevocationRecord>(parsing: $0, now: now) },
        ]
        for value in values {
            for _ in 0..<1_000 {
                let damaged = TXTValue(value.bytes.mutated(using: &random))
                guard damaged != value else { continue }
                for read in readers {
                    #expect(throws: WireError.self, "seed \(SeededRandom.fuzzSeed)") { try read(damaged) }
                }
            }
        }
    }

    @Test("A record is read as its own kind only")
    func kinds() throws {
        let cluster = try Samples.cluster()
        let asBootstrap = Samples.signed(cluster.encoded, as: BootstrapRecord.self)
        #expect(throws: WireError.body(.magic)) {
            try Signed<BootstrapRecord>(parsing: asBootstrap, now: Samples.now, signer: Samples.alice.signingKey)
        }
        let value = try cluster.signed(by: Samples.alice.ed25519).value
        #expect(throws: WireError.notThisKind) { try Signed<RevocationRecord>(parsing: value, now: Samples.now) }
    }
}
