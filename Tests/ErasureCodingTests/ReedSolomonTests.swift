import DMPTesting
import ErasureCoding
import Testing

@Suite("Reed–Solomon code")
struct ReedSolomonTests {
    private static let seed = SeededRandom.fuzzSeed

    @Test("Up to 16 wrong bytes are repaired wherever they are", arguments: 0...16)
    func repairs(errorCount: Int) throws {
        var random = SeededRandom(seed: Self.seed &+ UInt64(errorCount))
        for round in 0..<40 {
            let block = random.bytes(128)
            var word = try ReedSolomon.encode(block[...])
            for position in (0..<160).shuffled(using: &random).prefix(errorCount) {
                word[position] ^= UInt8.random(in: 1...255, using: &random)
            }
            // A slice that starts elsewhere reads the same.
            let (data, corrected) = try ReedSolomon.decode((random.bytes(5) + word)[5...])
            #expect(data == block, "seed \(Self.seed), round \(round)")
            #expect(corrected == errorCount, "seed \(Self.seed), round \(round)")
        }
    }

    @Test("The parity is the remainder of a division byte by byte, and only with it is a word right")
    func division() throws {
        var random = SeededRandom(seed: Self.seed)
        let generator = Self.generator
        var before: (block: [UInt8], word: [UInt8])?
        for round in 0..<50 {
            let block = round == 0 ? [UInt8](repeating: 0xff, count: 128) : random.bytes(128)
            var rest = block + [UInt8](repeating: 0, count: 32)
            for index in 0..<128 {
                let factor = rest[index]
                for (offset, coefficient) in generator.enumerated() {
                    rest[index + offset] ^= GF256.product(factor, coefficient)
                }
            }
            let word = block + rest.suffix(32)
            #expect(try ReedSolomon.encode(block[...]) == word, "seed \(Self.seed), round \(round)")
            #expect(ReedSolomon.isCodeword(([1, 2, 3] + word)[3...]))
            if let before {
                var (first, second) = (before.block, [7] + block)
                try ReedSolomon.appendParities(of: before.block[...], to: &first, and: second.dropFirst(), to: &second)
                #expect(first == before.word && second == [7] + word, "seed \(Self.seed), round \(round)")
            }
            before = (block, word)
            var wrong = word
            wrong[Int.random(in: 0..<160, using: &random)] ^= UInt8.random(in: 1...255, using: &random)
            #expect(!ReedSolomon.isCodeword(wrong[...]), "seed \(Self.seed), round \(round)")
            #expect(!ReedSolomon.isCodeword(word.dropLast()))
        }
    }

    /// (x + α⁰) · … · (x + α³¹), highest power first.
    private static var generator: [UInt8] {
        (0..<32).reduce([1]) { product, exponent in
            zip(product + [0], [0] + product).map { $0 ^ GF256.product(GF256.power(exponent), $1) }
        }
    }

    @Test("More wrong bytes are refused, or taken for a word that is at most 16 bytes away")
    func tooManyErrors() throws {
        var random = SeededRandom(seed: Self.seed)
        var refused = 0
        for round in 0..<400 {
            var word = try ReedSolomon.encode(random.bytes(128)[...])
            for position in (0..<160).shuffled(using: &random).prefix(Int.random(in: 17...160, using: &random)) {
                word[position] ^= UInt8.random(in: 1...255, using: &random)
            }
            do {
                let (data, corrected) = try ReedSolomon.decode(word[...])
                let distance = try zip(ReedSolomon.encode(data[...]), word).count { $0 != $1 }
                #expect(distance == corrected && corrected <= 16, "seed \(Self.seed), round \(round)")
            } catch {
                #expect(error == .tooManyErrors, "seed \(Self.seed), round \(round)")
                refused += 1
            }
        }
        #expect(refused > 390, "seed \(Self.seed)")
    }

    @Test("17 errors that lead to another word's neighbourhood give that word")
    func anotherWord() throws {
        // The word of a block that ends in 1 has 33 bytes that are not 0. With 17 of them it is nearer than zeros.
        var word = [UInt8](repeating: 0, count: 160)
        let one = [UInt8](repeating: 0, count: 127) + [1]
        word.replaceSubrange(127..<144, with: try ReedSolomon.encode(one[...])[127..<144])
        let (data, corrected) = try ReedSolomon.decode(word[...])
        #expect(data == one)
        #expect(corrected == 16)
    }

    @Test("A word of random bytes never traps")
    func garbage() {
        var random = SeededRandom(seed: Self.seed)
        for _ in 0..<400 {
            let word = random.bytes(160)
            #expect(throws: ReedSolomonError.tooManyErrors, "seed \(Self.seed)") {
                try ReedSolomon.decode(word[...])
            }
        }
    }

    @Test("Blocks and words of another length are refused", arguments: [0, 1, 33, 127, 129, 159, 161, 255, 256, 1000])
    func lengths(count: Int) {
        let bytes = [UInt8](repeating: 0, count: count)
        var output: [UInt8] = [1, 2, 3]
        #expect(throws: ReedSolomonError.blockByteCount(count)) { try ReedSolomon.encode(bytes[...]) }
        #expect(throws: ReedSolomonError.blockByteCount(count)) {
            try ReedSolomon.appendParity(of: bytes[...], to: &output)
        }
        let whole = [UInt8](repeating: 0, count: 128)
        var other = output
        for (first, second) in [(bytes, whole), (whole, bytes)] {
            #expect(throws: ReedSolomonError.blockByteCount(count)) {
                try ReedSolomon.appendParities(of: first[...], to: &output, and: second[...], to: &other)
            }
        }
        #expect(output == [1, 2, 3] && other == output)
        #expect(throws: ReedSolomonError.codewordByteCount(count)) { try ReedSolomon.decode(bytes[...]) }
    }

    @Test("Parity is appended to what is there")
    func append() throws {
        let block = [UInt8](repeating: 0, count: 127) + [1]
        var output: [UInt8] = [9]
        try ReedSolomon.appendParity(of: block[...], to: &output)
        let parity: Hex = "744034ae367e10c2a221219db0c5e10c3b37fde4942fb3b9188afd148e37ac58"
        #expect(output == [9] + parity.bytes)
    }
}
