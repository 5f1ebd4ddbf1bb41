import DMPTesting

@testable import DMPProtocol

/// One message of the vectors with everything that went into it, and everything that came out.
struct WholeSend: Decodable {
    let id: String
    let now: UInt64
    let ttl: UInt64
    let senderPrivate: Hex
    let senderUsername: String
    let senderZone: String
    let senderIdentityHost: String?
    let recipientPrivate: Hex
    let recipientPublic: Hex
    let recipientVersions: [UInt8]
    let prekeyId: UInt32
    let prekeyPrivate: Hex?
    let ephemeralPrivate: Hex
    let nonce: Hex
    let msgId: Hex
    let text: VectorText
    let result: String
    let received: String?
    let bodySha256: Hex?
    let aad: Hex?
    let outerHeader: String?
    let payloadSha256: Hex?
    let outerLength: Int?
    let outerSha256: Hex?
    let k: Int?
    let n: Int?
    let slotName: String?
    let manifest: String?
    let chunkNames: [String]?
    let chunks: [String]?

    /// The text, with the sender's address before it where recipient and address allow it.
    var bodyWithEnvelope: [UInt8] {
        let host = self.senderIdentityHost ?? self.senderZone
        guard self.recipientVersions.contains(IdentityRecord.envelopeVersion),
            let address = try? UserAddress(canonicalizing: "\(self.senderUsername)@\(host)")
        else { return self.text.bytes }
        return Envelope.wrap(self.text.bytes, from: address) ?? self.text.bytes
    }
}

/// A change to the records of a message, and what its recipient reads then.
struct WholeReceive: Decodable {
    let id: String
    let of: String
    let now: UInt64
    let set: [String: [String]]
    let removed: [String]
    let text: String?
}

/// A text, written out or as the repetition of a character.
struct VectorText: Decodable {
    private struct Repetition: Decodable {
        let `repeat`: String
        let count: Int
    }

    let bytes: [UInt8]

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        do {
            self.bytes = Array(try container.decode(String.self).utf8)
        } catch {
            let text = try container.decode(Repetition.self)
            self.bytes = Array(String(repeating: text.repeat, count: text.count).utf8)
        }
    }
}
