import DMPTesting
import Testing

@testable import DMPProtocol

@Suite("Base64")
struct Base64Tests {
    private struct File: Decodable {
        struct Case: Decodable {
            let id: String
            let text: String
            let lenient: Hex?
            let canonical: Bool
        }

        let cases: [Case]
    }

    @Test("Exactly the canonical texts of the vectors decode")
    func base64Vectors() throws {
        let file: File = try Vectors.load("base64", convertingSnakeCase: true)
        for item in file.cases {
            let decoded = Base64.decode(Array(item.text.utf8)[...])
            #expect(decoded == (item.canonical ? item.lenient?.bytes : nil), "\(item.id)")
        }
        Vectors.report("base64", cases: file.cases.count)
    }

    @Test("What decodes encodes to the same text")
    func canonical() {
        var random = SeededRandom(seed: SeededRandom.fuzzSeed)
        for count in 0..<200 {
            let bytes = random.bytes(count)
            let text = Base64.encode(bytes)
            #expect(text.count == Base64.encodedByteCount(count))
            #expect(Base64.decode(text[...]) == bytes)
            #expect(Base64.decode(([0x41] + text)[1...]) == bytes)
            for _ in 0..<20 {
                let damaged = text.mutated(using: &random)
                guard let decoded = Base64.decode(damaged[...]) else { continue }
                #expect(Base64.encode(decoded) == damaged, "seed \(SeededRandom.fuzzSeed)")
            }
        }
    }

    @Test("Padding stands only at the end, twice at most", arguments: ["====", "=QQQ", "Q===", "QQ=Q", "QUJD===="])
    func padding(text: String) {
        #expect(Base64.decode(Array(text.utf8)[...]) == nil)
    }
}
