import DMPTesting
import ErasureCoding
import Testing

@Suite("Erasure code")
struct ErasureCodeTests {
    @Test("A message of 200 bytes becomes the shares that the protocol gives as an example")
    func example() throws {
        let code = try ErasureCode(messageByteCount: 200)
        let shares = try code.encode([UInt8](0..<200)[...])
        #expect(shares.count == 3 * 128)
        #expect(shares[..<16].hex == "000000c8000102030405060708090a0b")
        #expect(shares[128..<144].hex == "7c7d7e7f808182838485868788898a8b")
        #expect(shares[256..<272].hex == "f8fafcbb1d1c1f1e19181b1a15141716")
    }

    @Test("A single data block has copies as parity")
    func copies() throws {
        let shares = try ErasureCode(dataCount: 1, shareCount: 256).encode([UInt8]("hello".utf8)[...])
        let block: [UInt8] = [0, 0, 0, 5] + "hello".utf8 + repeatElement(0, count: 119)
        #expect(shares == Array(repeatElement(block, count: 256).joined()))
    }

    @Test("Any k shares in any order give the message back")
    func anyShares() throws {
        let seed = SeededRandom.fuzzSeed
        var random = SeededRandom(seed: seed)
        for round in 0..<150 {
            let k = Int.random(in: 1...(round % 10 == 0 ? 256 : 30), using: &random)
            let n = Int.random(in: k...min(256, 2 * k + 3), using: &random)
            let code = try ErasureCode(dataCount: k, shareCount: n)
            let message = random.bytes(Int.random(in: 0...code.messageCapacity, using: &random))
            let framed = random.bytes(3) + message
            let shares = try numbered(code.encode(framed[3...]))
            let kept = shares.shuffled(using: &random).prefix(Int.random(in: k...n, using: &random))
            #expect(try code.decode(Array(kept)) == message, "seed \(seed), round \(round), k \(k), n \(n)")
        }
    }

    @Test("Only the k shares with the lowest numbers count")
    func lowestNumbers() throws {
        let code = try ErasureCode(dataCount: 3, shareCount: 6)
        let message = SeededRandom.sample(300)
        var shares = try numbered(code.encode(message[...]))
        shares[4].block = []
        shares[5].block = [UInt8](repeating: 0xff, count: 128)[...]
        #expect(try code.decode(shares.reversed()) == message)
    }

    @Test("Counts outside 1 ≤ k ≤ n ≤ 256 are refused", arguments: [(0, 4), (-1, 4), (4, 3), (1, 257), (257, 257)])
    func invalidCounts(k: Int, n: Int) {
        #expect(throws: ErasureError.invalidCounts(dataCount: k, shareCount: n)) {
            try ErasureCode(dataCount: k, shareCount: n)
        }
    }

    @Test("A message that does not fit is refused with the number of bytes that do")
    func messageTooLong() throws {
        let code = try ErasureCode(dataCount: 2, shareCount: 3)
        #expect(try code.encode(SeededRandom.sample(252)[...]).count == 3 * 128)
        #expect(throws: ErasureError.messageTooLong(byteCount: 253, limit: 252)) {
            try code.encode(SeededRandom.sample(253)[...])
        }
        #expect(ErasureCode.maximumMessageByteCount == 25_084)
        #expect(try ErasureCode(messageByteCount: 25_084) == ErasureCode(dataCount: 196, shareCount: 255))
        #expect(throws: ErasureError.messageTooLong(byteCount: .max, limit: 25_084)) {
            try ErasureCode(messageByteCount: .max)
        }
    }

    @Test("Shares that cannot be decoded are refused with the reason")
    func refusedShares() throws {
        let code = try ErasureCode(dataCount: 2, shareCount: 4)
        let shares = try numbered(code.encode(SeededRandom.sample(200)[...]))
        let cases: [(shares: [(index: Int, block: ArraySlice<UInt8>)], reason: ErasureError)] = [
            ([], .tooFewShares(have: 0, need: 2)),
            ([shares[3]], .tooFewShares(have: 1, need: 2)),
            ([shares[0], shares[1], shares[0]], .duplicateShare(0)),
            ([shares[0], shares[1], (4, shares[2].block)], .shareIndexOutOfRange(4)),
            ([shares[0], shares[1], (-1, shares[2].block)], .shareIndexOutOfRange(-1)),
            ([shares[0], (1, shares[1].block.dropLast())], .blockByteCount(index: 1, actual: 127)),
            ([shares[0], (3, shares[3].block + [0])], .blockByteCount(index: 3, actual: 129)),
            ([shares[1], (2, [])], .blockByteCount(index: 2, actual: 0)),
        ]
        for (shares, reason) in cases {
            #expect(throws: reason) { try code.decode(shares) }
        }
    }

    @Test(
        "A length prefix beyond the blocks is refused",
        arguments: [(0, 0, 0, 125, 125), (0xff, 0xff, 0xff, 0xff, 4_294_967_295)] as [(UInt8, UInt8, UInt8, UInt8, Int)]
    )
    func lengthPrefix(a: UInt8, b: UInt8, c: UInt8, d: UInt8, length: Int) throws {
        let block = [a, b, c, d] + [UInt8](repeating: 7, count: 124)
        let code = try ErasureCode(dataCount: 1, shareCount: 2)
        #expect(throws: ErasureError.lengthPrefixTooLarge(byteCount: length, limit: 124)) {
            try code.decode([(0, block[...])])
        }
    }

    @Test("Garbage never traps")
    func garbage() throws {
        let seed = SeededRandom.fuzzSeed
        var random = SeededRandom(seed: seed)
        for _ in 0..<1_500 {
            let counts = (0..<2).map { _ in Int.random(in: -1...12, using: &random) }
            let shares = (0..<Int.random(in: 0...14, using: &random)).map { _ in
                let byteCount = Int.random(in: 0..<40, using: &random) == 0 ? 127 : 128
                return (index: Int.random(in: -1...14, using: &random), block: random.bytes(byteCount)[...])
            }
            guard let code = try? ErasureCode(dataCount: counts[0], shareCount: counts[1]) else { continue }
            if let message = try? code.decode(shares) {
                #expect(message.count <= code.messageCapacity, "seed \(seed)")
            }
        }
    }
}

/// Shares as they come out of the encoder, each with its number.
private func numbered(_ shares: [UInt8]) -> [(index: Int, block: ArraySlice<UInt8>)] {
    (0..<shares.count / 128).map { ($0, shares[128 * $0..<128 * ($0 + 1)]) }
}

extension SeededRandom {
    fileprivate static func sample(_ count: Int) -> [UInt8] {
        var random = SeededRandom(seed: 1)
        return random.bytes(count)
    }
}
