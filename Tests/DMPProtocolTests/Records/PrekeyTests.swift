import DMPCrypto
import DMPTesting
import Testing

@testable import DMPProtocol

@Suite("Prekeys")
struct PrekeyTests {
    private struct Fields: Decodable, Sendable {
        let prekeyId: Int
        let publicKey: Hex
        let exp: String
        let expired: Bool?

        func prekey() throws -> Prekey {
            try Prekey(
                id: Prekey.ID(UInt32(checked: self.prekeyId)),
                publicKey: X25519.PublicKey(self.publicKey.bytes),
                expires: UnixSeconds(decimal: self.exp)
            )
        }
    }

    @Test("Prekeys are signed and read as in the vectors")
    func prekeyVectors() throws {
        let vectors: RecordVectors<Fields> = try Vectors.load("prekey", convertingSnakeCase: true)
        #expect(vectors.prefix == Prekey.prefix.description)
        try vectors.checkSigning(make: { try $0.prekey() }, sign: { $0.signed(by: $1) })
        vectors.checkParsing { value, now, item in
            let signer = try Ed25519.PublicKey(#require(item.args?.signer).bytes)
            return try Signed<Prekey>(parsing: value, now: now, signer: signer)
        } matches: {
            try $0 == $1.prekey() && $0.isExpired(at: $2) == $1.expired
        }
        vectors.report()
    }

    @Test("The id 0 means none and is no id")
    func zero() {
        #expect(throws: WireError.body(.prekeyID)) { try Prekey.ID(0) }
    }

    @Test("A signed record with the id 0, or of another length, is refused")
    func refusals() throws {
        func read(_ body: [UInt8]) throws {
            let signature = Samples.alice.ed25519.sign(body).bytes
            let value = TXTValue(prefix: Prekey.prefix, encoding: body + signature)
            _ = try Signed<Prekey>(parsing: value, now: Samples.now, signer: Samples.alice.signingKey)
        }
        #expect(throws: WireError.body(.prekeyID)) { try read([UInt8](repeating: 0, count: 44)) }
        #expect(throws: WireError.length(107)) { try read([UInt8](repeating: 1, count: 43)) }
        #expect(throws: WireError.wireTooLong(166)) { try read([UInt8](repeating: 1, count: 45)) }
    }

    @Test("A random id is never 0")
    func random() {
        #expect((0..<1_000).allSatisfy { _ in Prekey.ID.random().rawValue != 0 })
    }
}
