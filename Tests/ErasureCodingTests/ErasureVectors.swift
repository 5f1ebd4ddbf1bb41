import DMPCrypto
import DMPTesting
import Testing

/// The content of `erasure.json`.
struct ErasureVectors: Decodable {
    let counts: [Count]
    let parityRows: [Rows]
    let parityMatrixHashes: [Hex]
    let encode: [Encode]
    let decode: [Decode]
    let decodeExplicit: [DecodeExplicit]

    enum CodingKeys: String, CodingKey {
        case counts, encode, decode
        case parityRows = "parity_rows"
        case parityMatrixHashes = "parity_matrix_sha256_k1_to_196"
        case decodeExplicit = "decode_explicit"
    }

    struct Count: Decodable {
        let size, k, n: Int
        let encodable: Bool
    }

    struct Rows: Decodable {
        let k, n: Int
        let parityRows: [Hex]

        enum CodingKeys: String, CodingKey {
            case k, n
            case parityRows = "parity_rows"
        }
    }

    struct Encode: Decodable {
        let id: String
        let size: Int
        /// These three are missing where the message is refused.
        let seed: Hex?
        let k, n: Int?
        /// All shares where they are few, else their hashes.
        let shares, shareHashes: [Hex]?

        enum CodingKeys: String, CodingKey {
            case id, size, k, n, shares
            case seed = "expand_seed"
            case shareHashes = "share_sha256"
        }

        /// The hashes of the seed and a counter, one after the other, cut to size.
        func message() throws -> [UInt8] {
            let seed = try #require(self.seed, "\(self.id)")
            var message: [UInt8] = []
            var counter: UInt32 = 0
            while message.count < self.size {
                let tail = [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: counter >> $0) }
                message += SHA256.hash(seed.bytes + tail)
                counter += 1
            }
            return Array(message.prefix(self.size))
        }
    }

    struct Decode: Decodable {
        let id, encode: String
        let k, n: Int
        let keep: [Int]
        let result: String?
    }

    struct DecodeExplicit: Decodable {
        let id: String
        let k, n: Int
        let shares: [String: Hex]
        let result: Hex?
    }
}
