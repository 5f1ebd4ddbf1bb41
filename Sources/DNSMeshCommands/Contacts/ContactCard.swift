import DMPCrypto
import DMPProtocol
import DNSMesh
import Foundation

/// A contact's public keys and address, to be handed on: as lines of text, or as JSON.
struct ContactCard: Hashable, CommandResult {
    /// The form of the card; others are refused.
    static let version = "1"
    /// More than any card holds.
    static let byteLimit = 16_384

    let name: String
    let username: String
    let domain: String
    let encryptionKey: X25519.PublicKey
    let signingKey: Ed25519.PublicKey

    var fingerprint: Fingerprint {
        Fingerprint(encryptionKey: self.encryptionKey, signingKey: self.signingKey)
    }

    private var fields: [(name: String, value: String)] {
        [
            ("dnsmesh_contact", Self.version), ("name", self.name), ("username", self.username),
            ("domain", self.domain), ("public_key", self.encryptionKey.hex),
            ("signing_public_key", self.signingKey.hex),
            ("fingerprint", self.fingerprint.text),
        ]
    }

    var text: String { self.fields.map { "\($0.name): \(TerminalText.line($0.value))" }.joined(separator: "\n") }

    var json: JSONValue { .object(self.fields.map { .init(key: $0.name, value: .text($0.value)) }) }
}

extension ContactCard {
    /// - Throws: ``CommandFailure`` if one of the keys isn't known.
    init(_ contact: Contact) throws(CommandFailure) {
        guard let encryptionKey = contact.encryptionKey, let signingKey = contact.signingKey else {
            throw .user("contact `\(contact.name)` lacks a key; run `dnsmesh identity fetch USER@HOST --add` first")
        }
        self.init(
            name: contact.name,
            username: contact.username,
            domain: contact.zone?.text ?? "",
            encryptionKey: encryptionKey,
            signingKey: signingKey
        )
    }

    /// Reads a card in either form. The fingerprint must be that of the keys.
    init(reading bytes: [UInt8]) throws(CommandFailure) {
        guard bytes.count <= Self.byteLimit, let text = String(validating: bytes, as: UTF8.self) else {
            throw .notACard("it is too long, or not UTF-8")
        }
        let fields = text.trimmingSpaces.hasPrefix("{") ? try Self.jsonFields(bytes) : Self.lines(text)
        guard fields["dnsmesh_contact"] == Self.version else { throw .notACard("it has no line `dnsmesh_contact: 1`") }
        do {
            self.init(
                name: try ArgumentReading.contactName(fields["name"] ?? ""),
                username: try Self.username(fields["username"] ?? ""),
                domain: try fields["domain"].flatMap { $0.isEmpty ? nil : try ZoneName($0).text } ?? "",
                encryptionKey: try X25519.PublicKey(hex: fields["public_key"] ?? ""),
                signingKey: try Ed25519.PublicKey(hex: fields["signing_public_key"] ?? "")
            )
        } catch {
            throw .notACard("its name, user name, domain or keys can't be used")
        }
        guard fields["fingerprint"].flatMap(Fingerprint.init) == self.fingerprint else {
            throw .notACard("its fingerprint isn't that of its keys")
        }
    }

    /// A user name may be missing; one that stands there must be one. Older configurations keep an address in its place.
    private static func username(_ text: String) throws(NameError) -> String {
        text.isEmpty ? "" : try Username(String(text.prefix { $0 != "@" })).text
    }

    private static func jsonFields(_ bytes: [UInt8]) throws(CommandFailure) -> [String: String] {
        do {
            return try JSONDecoder().decode([String: String].self, from: Data(bytes))
        } catch {
            throw .notACard("it is no JSON object of texts")
        }
    }

    /// The first of equal names counts.
    private static func lines(_ text: String) -> [String: String] {
        let pairs = text.split(whereSeparator: \.isNewline).compactMap { line -> (String, String)? in
            let parts = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            return parts.count == 2 ? (String(parts[0]).trimmingSpaces, String(parts[1]).trimmingSpaces) : nil
        }
        return Dictionary(pairs) { first, _ in first }
    }
}

extension CommandFailure {
    fileprivate static func notACard(_ reason: String) -> CommandFailure {
        .user("this is no contact card: \(reason); make one with `dnsmesh contacts export NAME`")
    }
}
