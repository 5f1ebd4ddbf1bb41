import DMPCrypto
import Testing

@testable import DNSMeshCommands

@Suite("QR codes")
struct QRCodeTests {
    private static let text = "DNSMESH1:006781302325368377135005862403747488709399438117832412836473"

    /// The rows of version 4-M under mask 4 for ``text``, each as 33 bits in hexadecimal digits, as segno 1.6 (Python) makes them.
    private static let rows: [UInt64] = [
        0x1fd1_0fd7f, 0x104b_1b041, 0x1743_9065d, 0x1752_4da5d, 0x175d_c755d, 0x105a_16841, 0x1fd5_5557f,
        0x001a_f8e00, 0x1173_d69f9, 0x1f18_e57c3, 0x03fe_18e3d, 0x1e2c_7ea88, 0x0fe5_c7c75, 0x0402_1afe3,
        0x186d_d6e10, 0x1a1c_c3b39, 0x0668_b5135, 0x1338_bb1df, 0x08db_f7208, 0x128d_23edc, 0x1f45_922c0,
        0x1ab5_87c76, 0x0070_21c85, 0x02a4_f84b9, 0x1ff2_8f9fb, 0x0012_45f1c, 0x1fdc_a8f59, 0x1047_6ff1e,
        0x1754_251fd, 0x174a_521f6, 0x1744_9ad0c, 0x1046_0b709, 0x1fd4_ad163,
    ]

    private static func modules(_ rows: [UInt64]) -> [Bool] {
        rows.flatMap { row in (0..<33).reversed().map { row >> UInt64($0) & 1 == 1 } }
    }

    /// The first bytes of SHA-256 over all modules as digits 0 and 1, for each mask, from the same encoder.
    private static let digests = [
        "d05f82153413a1c4", "fd712e071f81e282", "3bbcf0dcea3cde93", "36c27b33cc1960b3", "825590a11e3df0ec",
        "e6086a6ff97cee8a", "a85c100c7b56af20", "7ba38c03c5864cd3",
    ]

    @Test("A code is that of another encoder, under each mask")
    func known() throws {
        let code = try #require(QRCode(Self.text, mask: 4))
        #expect(code.modules == Self.modules(Self.rows))
        let masked = try (0..<8).map { try #require(QRCode(Self.text, mask: $0)) }
        let digests = masked.map { code in
            SHA256.hash(code.modules.map { UInt8(ascii: $0 ? "1" : "0") }).prefix(8)
        }
        #expect(digests.map { Hexadecimal.encode($0) } == Self.digests)
        let chosen = try #require(QRCode(Self.text))
        #expect(masked.contains(chosen))
        #expect(masked.allSatisfy { QRPenalty.score($0.modules) >= QRPenalty.score(chosen.modules) })
    }

    @Test("The parity of a block is what makes the whole divisible by the generator")
    func parity() {
        let data = (0..<32).map { UInt8($0 * 7) }
        // Appending the remainder leaves none.
        #expect(
            QRErrorCorrection.parity(of: data + QRErrorCorrection.parity(of: data)) == [UInt8](repeating: 0, count: 18)
        )
    }

    @Test("A text that is too long or holds other characters has no code")
    func refusal() {
        #expect(QRCode(String(repeating: "A", count: 90)) != nil)
        #expect(QRCode(String(repeating: "A", count: 91)) == nil)
        #expect(QRCode("lower case") == nil)
        #expect(QRCode("Ä") == nil)
        #expect(QRCode("") != nil)
    }

    @Test("On the terminal light is drawn, two rows to a line, with a margin of four modules")
    func terminal() throws {
        let lines = try #require(QRCode(Self.text)).blocks.split(separator: "\n")
        #expect(lines.count == 21 && lines.allSatisfy { $0.count == 41 })
        #expect(lines[0] == Substring(String(repeating: "█", count: 41)))
        // The first finder: its upper edge is dark, and so are its sides below.
        #expect(lines[2].hasPrefix("████ ▄▄▄▄▄ █"))
        #expect(lines[20] == Substring(String(repeating: "█", count: 41)))
    }
}
