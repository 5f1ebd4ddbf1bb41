import DMPCrypto
import DMPProtocol
import Testing

@testable import DNSMeshCommands

@Suite("Secrets that are printed by mistake")
struct SecretTextTests {
    /// Neither as text, nor in hexadecimal or decimal digits.
    private func requireNothing(of secret: String, in value: Any) {
        var dumped = ""
        dump(value, to: &dumped)
        dump([value], to: &dumped)
        let numbers = "\(secret.utf8.prefix(4).map(\.self))".dropFirst().dropLast()
        let lines = secret.utf8.prefix(4).map { "- \($0)\n" }
        for text in ["\(value)", String(reflecting: value), String(describing: value), dumped] {
            #expect(!text.contains(secret.prefix(8)))
            #expect(!text.lowercased().contains(Hexadecimal.encode(Array(secret.utf8.prefix(8)))))
            #expect(!text.contains(numbers))
            #expect(!lines.allSatisfy { text.contains($0) })
        }
    }

    @Test("A passphrase shows nothing of itself")
    func passphrase() {
        let text = "correct horse battery staple"
        self.requireNothing(of: text, in: SecretText(copying: text))
    }

    @Test("The keys of an identity show nothing of their private halves")
    func identity() throws {
        let secret = "0123456789abcdefghijklmnopqrstuv"
        self.requireNothing(of: secret, in: try IdentityKeys(privateKey: SecretBytes(copying: Array(secret.utf8))))
    }

    @Test("Two passphrases are the same if all bytes are")
    func comparison() {
        let text = SecretText(copying: "abc")
        #expect(text.isSame(as: SecretText(copying: "abc")))
        for other in ["", "ab", "abd", "abcd"] { #expect(!text.isSame(as: SecretText(copying: other))) }
        #expect(SecretText(copying: "").isEmpty && !text.isEmpty)
    }
}
