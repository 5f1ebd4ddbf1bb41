import DMPCrypto

/// A passphrase in guarded memory, which is wiped once nobody holds it any more.
final class SecretText: Sendable {
    /// Exactly as given: neither trimmed nor normalised.
    let bytes: SecretBytes

    init(_ bytes: consuming SecretBytes) { self.bytes = bytes }

    /// Copies a text out of the environment, where it stays.
    convenience init(copying text: String) {
        self.init(
            SecretBytes(count: text.utf8.count) { bytes in
                for (index, byte) in text.utf8.enumerated() { bytes[index] = byte }
            }
        )
    }

    var isEmpty: Bool { self.bytes.count == 0 }

    func isSame(as other: SecretText) -> Bool {
        self.bytes.withBytes { own in
            other.bytes.withBytes { others in
                own.count == others.count && own.indices.allSatisfy { own[$0] == others[$0] }
            }
        }
    }
}
