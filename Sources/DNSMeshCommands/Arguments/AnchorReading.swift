import DMPCrypto
import DMPProtocol

/// Reading the keys and domains that a user pins, from the command line and from the configuration.
///
/// Source: protocol documents, "Command line", sections 5.11 and 5.12.
enum AnchorReading {
    static func key(_ text: String, named name: String) throws(CommandFailure) -> Ed25519.PublicKey {
        let digits = text.trimmingSpaces
        guard !digits.isEmpty, digits.utf8.count.isMultiple(of: 2), digits.utf8.allSatisfy(Self.isHexDigit) else {
            throw .user("\(name) must be 64 hex chars (an Ed25519 public key); ask its owner for the key")
        }
        guard digits.utf8.count == 2 * Ed25519.PublicKey.byteCount else {
            throw .user("\(name) must be 32 bytes; got \(digits.utf8.count / 2)")
        }
        do {
            return try Ed25519.PublicKey(hex: digits.lowercased())
        } catch {
            throw .user("\(name) is no usable Ed25519 key: \(error)")
        }
    }

    static func domain(_ text: String, named name: String) throws(CommandFailure) -> RecordDomain {
        do {
            return try RecordDomain(text.trimmingSpaces)
        } catch {
            throw .user("invalid \(name): \(error)")
        }
    }

    private static func isHexDigit(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"),
            UInt8(ascii: "A")...UInt8(ascii: "F"):
            true
        default: false
        }
    }
}
