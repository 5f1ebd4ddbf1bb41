import DMPCrypto
import DMPTesting
import Testing

@testable import DNSMesh

@Suite("Safety codes")
struct SafetyCodeTests {
    private let alice: SafetyCode.PartyKeys
    private let bob: SafetyCode.PartyKeys

    init() throws {
        self.alice = SafetyCode.PartyKeys(
            encryptionKey: try X25519.PublicKey(hex: String(repeating: "01", count: 32)),
            signingKey: try Ed25519.PublicKey(
                hex: "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
            )
        )
        self.bob = SafetyCode.PartyKeys(
            encryptionKey: try X25519.PublicKey(hex: String(repeating: "03", count: 32)),
            signingKey: try Ed25519.PublicKey(
                hex: "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"
            )
        )
    }

    @Test("The code of known keys is the one that was computed by other means")
    func known() {
        let code = SafetyCode(self.alice, self.bob)
        #expect(
            code.digits == [
                "57181", "71231", "40459", "38216", "50386", "85504", "89204", "25449", "75888", "84468", "86681",
                "66070",
            ]
        )
        #expect(
            code.words == [
                "ruhob", "zokuv", "tuhag", "fubat", "hukiz", "ribob", "dulin", "povol", "tofan", "piram", "rigod",
                "jojum",
            ]
        )
    }

    @Test("Both parties see the same, and any other key gives another code")
    func symmetry() throws {
        let code = SafetyCode(self.alice, self.bob)
        #expect(SafetyCode(self.bob, self.alice) == code)
        let changed = [
            SafetyCode.PartyKeys(encryptionKey: self.bob.encryptionKey, signingKey: self.alice.signingKey),
            SafetyCode.PartyKeys(encryptionKey: self.alice.encryptionKey, signingKey: self.bob.signingKey),
        ]
        for keys in changed {
            let other = SafetyCode(keys, self.bob)
            #expect(other.digits != code.digits && other.words != code.words)
        }
    }
}
