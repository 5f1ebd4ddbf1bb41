public import DMPCrypto
public import DMPProtocol

/// What two people compare to be sure that each has the other's true keys. Both see the same.
///
/// It comes from 64 bytes: SHA-256 of the text `dnsmesh safety code 1`, a byte 1 or 2, and the four public keys: of each
/// party the X25519 key and then the Ed25519 key, the party whose 64 bytes come first in byte order first. Each group of
/// five digits is a number of five of these bytes, big-endian, modulo 100,000; each word stands for two of them.
///
/// Two pairs of keys that an attacker chooses have equal digits once in 2^99 tries.
public struct SafetyCode: Hashable, Sendable {
    /// Twelve groups of five digits.
    public let digits: [String]
    /// Twelve words of five letters, consonants and vowels in turn: another form of the same.
    public let words: [String]

    private static let label = Array("dnsmesh safety code 1".utf8)
    private static let consonants = Array("bdfghjklmnprstvz")
    private static let vowels = Array("aiou")

    /// The code of two parties, in any order.
    public init(_ one: PartyKeys, _ other: PartyKeys) {
        let parties = [one.bytes, other.bytes].sorted { $0.lexicographicallyPrecedes($1) }
        let bytes = [1, 2].flatMap { SHA256.hash(Self.label + [$0] + parties[0] + parties[1]) }
        self.digits = (0..<12).map { group in
            let number = bytes[(5 * group)..<(5 * group + 5)].reduce(UInt64(0)) { $0 << 8 | UInt64($1) } % 100_000
            let text = String(number)
            return String(repeating: "0", count: 5 - text.count) + text
        }
        self.words = (0..<12).map { Self.word(UInt16(bytes[2 * $0]) << 8 | UInt16(bytes[2 * $0 + 1])) }
    }

    /// Consonants stand for four bits, vowels for two.
    private static func word(_ number: UInt16) -> String {
        func letter(_ letters: [Character], _ shift: UInt16) -> Character {
            letters[Int(number >> shift) & (letters.count - 1)]
        }
        return String([
            letter(self.consonants, 12), letter(self.vowels, 10), letter(self.consonants, 6), letter(self.vowels, 4),
            letter(self.consonants, 0),
        ])
    }

    /// The public keys of one person.
    public struct PartyKeys: Hashable, Sendable {
        let encryptionKey: X25519.PublicKey
        let signingKey: Ed25519.PublicKey

        /// Any two keys.
        public init(encryptionKey: X25519.PublicKey, signingKey: Ed25519.PublicKey) {
            (self.encryptionKey, self.signingKey) = (encryptionKey, signingKey)
        }

        /// The own keys.
        public init(_ keys: IdentityKeys) {
            self.init(encryptionKey: keys.encryptionKey, signingKey: keys.signingKey)
        }

        /// A contact's keys; `nil` if one of them isn't known.
        public init?(_ contact: Contact) {
            guard let encryptionKey = contact.encryptionKey, let signingKey = contact.signingKey else { return nil }
            self.init(encryptionKey: encryptionKey, signingKey: signingKey)
        }

        var bytes: [UInt8] { self.encryptionKey.bytes + self.signingKey.bytes }
    }
}
