import DMPTesting
import Testing

@testable import DMPProtocol

@Suite("Envelopes")
struct EnvelopeTests {
    private struct File: Decodable {
        struct Canonical: Decodable {
            let id: String
            let address: String
            let canonical: String?
        }

        struct Encoding: Decodable {
            let id: String
            let from: String?
            let body: Hex
            let plaintext: Hex
        }

        struct Decoding: Decodable {
            let id: String
            let plaintext: Hex
            let body: Hex
            let from: String?
        }

        let canonicalize: [Canonical]
        let encode: [Encoding]
        let decode: [Decoding]
    }

    @Test("Addresses and envelopes are as in the vectors")
    func envelopeVectors() throws {
        let file: File = try Vectors.load("envelope", convertingSnakeCase: true)
        for item in file.canonicalize {
            let address = try? UserAddress(canonicalizing: item.address)
            let refused = LenientForms.refuses("envelope.canonicalize", item.id)
            #expect(address?.text == (refused ? nil : item.canonical), "\(item.id)")
        }
        for item in file.encode {
            let address = try? UserAddress(canonicalizing: item.from ?? "")
            let plaintext = address.flatMap { Envelope.wrap(item.body.bytes, from: $0) } ?? item.body.bytes
            #expect(plaintext == item.plaintext.bytes, "\(item.id)")
        }
        for item in file.decode {
            let (body, claimed) = Envelope.unwrap(item.plaintext.bytes)
            let refused = LenientForms.refuses("envelope.decode", item.id)
            #expect(body == item.body.bytes, "\(item.id)")
            #expect(claimed?.text == (refused ? nil : item.from), "\(item.id)")
            #expect(Envelope.looksLikeEnvelope(item.plaintext.bytes) == (body != item.plaintext.bytes), "\(item.id)")
        }
        Vectors.report("envelope", cases: file.canonicalize.count + file.encode.count + file.decode.count)
    }

    @Test("What was wrapped is unwrapped, and a damaged line never costs the body")
    func roundTrip() throws {
        let address = try UserAddress(canonicalizing: "alice@example.com")
        let body = Array("hi\nthere".utf8)
        let wrapped = try #require(Envelope.wrap(body, from: address))
        let unwrapped = Envelope.unwrap(wrapped)
        #expect(unwrapped.body == body)
        #expect(unwrapped.claimed == address)

        var random = SeededRandom(seed: SeededRandom.fuzzSeed)
        for _ in 0..<5_000 {
            let damaged = wrapped.mutated(using: &random)
            let (body, claimed) = Envelope.unwrap(damaged)
            #expect(damaged.suffix(body.count) == body[...], "seed \(SeededRandom.fuzzSeed)")
            #expect(claimed == nil || body.count < damaged.count, "seed \(SeededRandom.fuzzSeed)")
        }
    }
}
