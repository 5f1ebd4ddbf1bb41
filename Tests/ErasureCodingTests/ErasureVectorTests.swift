import DMPCrypto
import DMPTesting
import Testing

@testable import ErasureCoding

@Suite("Erasure code against the vectors")
struct ErasureVectorTests {
    private let file: ErasureVectors

    init() throws {
        self.file = try Vectors.load("erasure")
    }

    @Test("The size rule gives the counts of the reference")
    func countVectors() {
        for vector in self.file.counts {
            let k = ErasureCode.dataCount(forByteCount: vector.size)
            #expect(k == vector.k, "size \(vector.size)")
            #expect(ErasureCode.shareCount(forDataCount: k) == vector.n, "size \(vector.size)")
            let code = try? ErasureCode(messageByteCount: vector.size)
            #expect((code != nil) == vector.encodable, "size \(vector.size)")
            #expect(code == (try? ErasureCode(dataCount: vector.k, shareCount: vector.n)), "size \(vector.size)")
        }
        Vectors.report("erasure counts", cases: self.file.counts.count)
    }

    @Test("The parity rows are those of the reference")
    func parityRowVectors() {
        for vector in self.file.parityRows {
            #expect(parityRows(k: vector.k, n: vector.n) == vector.parityRows.map(\.bytes), "k \(vector.k)")
        }
        for (index, hash) in self.file.parityMatrixHashes.enumerated() {
            let k = index + 1
            let rows = parityRows(k: k, n: ErasureCode.shareCount(forDataCount: k))
            #expect(SHA256.hash(Array(rows.joined())) == hash.bytes, "k \(k)")
        }
        Vectors.report("erasure rows", cases: self.file.parityRows.count + self.file.parityMatrixHashes.count)
    }

    @Test("Messages are encoded as the reference does, or refused for their size")
    func encodeVectors() throws {
        for vector in self.file.encode {
            guard let k = vector.k, let n = vector.n else {
                #expect(throws: ErasureError.messageTooLong(byteCount: vector.size, limit: 25_084), "\(vector.id)") {
                    try ErasureCode(messageByteCount: vector.size)
                }
                continue
            }
            let code = try ErasureCode(messageByteCount: vector.size)
            #expect(code == (try ErasureCode(dataCount: k, shareCount: n)), "\(vector.id)")
            let shares = try blocks(of: code.encode(vector.message()[...]))
            #expect(shares.count == n, "\(vector.id)")
            if let expected = vector.shares {
                #expect(shares == expected.map(\.bytes), "\(vector.id)")
            } else {
                #expect(shares.map(SHA256.hash) == vector.shareHashes?.map(\.bytes), "\(vector.id)")
            }
        }
        Vectors.report("erasure encode", cases: self.file.encode.count)
    }

    @Test("Any k shares give the message back, fewer are refused")
    func decodeVectors() throws {
        var encoded: [String: (message: [UInt8], shares: [[UInt8]])] = [:]
        for vector in self.file.encode where vector.k != nil {
            let code = try ErasureCode(messageByteCount: vector.size)
            encoded[vector.id] = try (vector.message(), blocks(of: code.encode(vector.message()[...])))
        }
        for vector in self.file.decode {
            let (message, shares) = try #require(encoded[vector.encode], "\(vector.id)")
            let code = try ErasureCode(dataCount: vector.k, shareCount: vector.n)
            let kept = vector.keep.map { (index: $0, block: shares[$0][...]) }
            if vector.result == "same" {
                #expect(try code.decode(kept) == message, "\(vector.id)")
            } else {
                #expect(throws: ErasureError.tooFewShares(have: kept.count, need: vector.k), "\(vector.id)") {
                    try code.decode(kept)
                }
            }
        }
        Vectors.report("erasure decode", cases: self.file.decode.count)
    }

    @Test("Odd shares and counts are read or refused as by the reference")
    func decodeExplicitVectors() {
        for vector in self.file.decodeExplicit {
            let shares = vector.shares.compactMap { name, block in
                Int(name).map { (index: $0, block: block.bytes[...]) }
            }
            #expect(shares.count == vector.shares.count, "\(vector.id)")
            let decoded = Result { () throws(ErasureError) in
                try ErasureCode(dataCount: vector.k, shareCount: vector.n).decode(shares)
            }
            #expect((try? decoded.get()) == vector.result?.bytes, "\(vector.id): \(decoded)")
        }
        Vectors.report("erasure decode explicit", cases: self.file.decodeExplicit.count)
    }
}

/// The factor of every data block in each parity share: what becomes of the byte 1 in that block alone.
private func parityRows(k: Int, n: Int) -> [[UInt8]] {
    var rows = [[UInt8]](repeating: [], count: n - k)
    for first in stride(from: 0, to: k, by: 128) {
        var interpolation = BlockInterpolation(from: Array(0..<k), to: Array(k..<n))
        for column in 0..<k {
            var block = [UInt8](repeating: 0, count: 128)
            if (first..<first + 128).contains(column) { block[column - first] = 1 }
            interpolation.add(block.span)
        }
        var parity = [UInt8](repeating: 0, count: 128 * (n - k))
        interpolation.store(asBlocks: Array(0..<n - k), of: &parity)
        for row in rows.indices { rows[row] += parity[128 * row..<128 * row + min(128, k - first)] }
    }
    return rows
}

private func blocks(of shares: [UInt8]) -> [[UInt8]] {
    stride(from: 0, to: shares.count, by: 128).map { Array(shares[$0..<$0 + 128]) }
}
