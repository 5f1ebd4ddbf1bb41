import DMPTesting
import Foundation

/// A message as its recipient got it.
struct Delivery: Equatable, Sendable {
    /// The sender's Ed25519 key, in hexadecimal digits.
    let signer: String
    let body: [UInt8]
    /// The address that the message claims and the recipient has verified, or empty.
    let label: String

    static func parse(reference text: String) throws -> [Delivery] {
        struct Message: Decodable {
            let signer: String
            let label: String
            let body: Hex
        }
        return try JSONDecoder().decode([Message].self, from: Data(text.utf8)).map {
            Delivery(signer: $0.signer, body: $0.body.bytes, label: $0.label)
        }
    }
}

extension Delivery {
    static func parse(ours text: String) throws -> [Delivery] {
        try JSONDecoder().decode([ShownMessage].self, from: Data(text.utf8)).map { message in
            let bytes =
                message.text.map { Array($0.utf8) }
                ?? message.base64.flatMap { Data(base64Encoded: $0) }.map(Array.init)
            guard let bytes else { throw Program.Failure(what: "a message without a body: \(text)") }
            return Delivery(signer: message.signer, body: bytes, label: message.label ?? "")
        }
    }

    /// One element of what `recv --json` prints.
    private struct ShownMessage: Decodable {
        let signer: String
        let label: String?
        let text: String?
        let base64: String?

        private enum CodingKeys: String, CodingKey {
            case signer = "sender_spk"
            case label = "sender_label"
            case text
            case base64 = "data_b64"
        }
    }
}
