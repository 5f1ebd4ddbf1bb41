import DMPTesting
import Testing

@testable import ErasureCoding

@Suite("Reed–Solomon code against the vectors")
struct ReedSolomonVectorTests {
    private struct File: Decodable {
        let parameters: Parameters
        let encode: [Encode]
        let decode: [Decode]
    }

    private struct Parameters: Decodable {
        let parity: Int
        let generator: Hex

        enum CodingKeys: String, CodingKey {
            case parity
            case generator = "generator_high_to_low"
        }
    }

    private struct Encode: Decodable {
        let id: String
        let data, codeword: Hex
    }

    private struct Decode: Decodable {
        let id: String
        let errors: Int
        let word: Hex
        let data: Hex?
    }

    private let file: File

    init() throws {
        self.file = try Vectors.load("rs")
    }

    @Test("The generator is that of the reference")
    func parameterVectors() {
        #expect(self.file.parameters.parity == ReedSolomon.parityByteCount)
        #expect(self.file.parameters.generator.bytes == [1] + ParityRegister.generator)
        Vectors.report("rs parameters", cases: 1)
    }

    @Test("Blocks get the parity of the reference")
    func encodeVectors() throws {
        for vector in self.file.encode {
            // Zeros before a block don't change its parity, so that the short ones count too.
            let zeros = [UInt8](repeating: 0, count: 128 - vector.data.bytes.count)
            let block = zeros + vector.data.bytes
            #expect(try ReedSolomon.encode(block[...]) == zeros + vector.codeword.bytes, "\(vector.id)")
            #expect(try ReedSolomon.parity(of: block[...]) == vector.codeword.bytes.suffix(32), "\(vector.id)")
        }
        Vectors.report("rs encode", cases: self.file.encode.count)
    }

    @Test("Words are repaired or refused as by the reference")
    func decodeVectors() {
        for vector in self.file.decode {
            let word = vector.word.bytes
            let decoded = Result { () throws(ReedSolomonError) in try ReedSolomon.decode(word[...]) }
            switch (decoded, vector.data) {
            case (.success(let result), let data):
                #expect(result.data == data?.bytes, "\(vector.id)")
                // Where more bytes were changed than can be repaired, the nearest codeword is another one.
                if (0...16).contains(vector.errors) {
                    #expect(result.correctedByteCount == vector.errors, "\(vector.id)")
                }
            case (.failure(.codewordByteCount(let count)), _):
                // The reference also reads words of other lengths, which no chunk has.
                #expect(count == word.count && count != 160, "\(vector.id)")
            case (.failure, let data):
                #expect(data == nil, "\(vector.id)")
            }
        }
        Vectors.report("rs decode", cases: self.file.decode.count)
    }
}
