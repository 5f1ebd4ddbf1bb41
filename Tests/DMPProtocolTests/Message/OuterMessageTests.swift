import DMPTesting
import Testing

@testable import DMPProtocol

@Suite("Outer messages")
struct OuterMessageTests {
    private struct File: Decodable {
        struct Case: Decodable {
            let id: String
            let bytes: Hex
            let result: String
            let rewrittenHeader: String?
            let payload: Hex?
        }

        let cases: [Case]
    }

    @Test("Outer messages are read as in the vectors")
    func messageVectors() throws {
        let file: File = try Vectors.load("message", convertingSnakeCase: true)
        for item in file.cases {
            let accepts = item.result == "accept" && !LenientForms.refuses("message.cases", item.id)
            do {
                let outer = try OuterMessage(decoding: ([0] + item.bytes.bytes)[1...])
                #expect(accepts, "\(item.id) must be refused")
                #expect(outer.header.json == item.rewrittenHeader.map { Array($0.utf8) }, "\(item.id)")
                #expect(outer.payload == item.payload?.bytes, "\(item.id)")
            } catch {
                #expect(!accepts, "\(item.id): \(error)")
            }
        }
        Vectors.report("message", cases: file.cases.count)
    }

    @Test("A message is read back as it was written")
    func roundTrip() throws {
        let outer = OuterMessage(header: try Samples.header(), payload: [1, 2, 3])
        #expect(outer.encoded.count == 2 + 266 + 3 + 32)
        #expect(try OuterMessage(decoding: outer.encoded[...]) == outer)
    }

    @Test("Bytes that end early are refused", arguments: [0, 1, 33, 34, 100, 299])
    func truncation(count: Int) throws {
        let outer = OuterMessage(header: try Samples.header(), payload: [])
        #expect(outer.encoded.count == 300)
        #expect(throws: MessageError.truncated) { try OuterMessage(decoding: outer.encoded.prefix(count)) }
    }

    @Test("What damaged bytes decode to is written in a form that reads the same")
    func damage() throws {
        var random = SeededRandom(seed: SeededRandom.fuzzSeed)
        let bytes = OuterMessage(header: try Samples.header(), payload: [1, 2, 3]).encoded
        for _ in 0..<5_000 {
            guard let outer = try? OuterMessage(decoding: bytes.mutated(using: &random)[...]) else { continue }
            #expect(try OuterMessage(decoding: outer.encoded[...]) == outer, "seed \(SeededRandom.fuzzSeed)")
        }
    }
}
