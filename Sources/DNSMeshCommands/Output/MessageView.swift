import DMPCrypto
import DMPProtocol
import DNSMesh
import Foundation

/// A received message, as people and programs see it.
struct MessageView: CommandResult {
    let message: ReceivedMessage

    private static let keyDigits = 16

    /// Who sent it: the contact's name, else the verified address, else the key alone.
    var sender: String {
        let key = "\(self.message.senderKey.hex.prefix(Self.keyDigits))..."
        guard let name = self.message.contact ?? self.message.verifiedAddress else { return key }
        return "\(TerminalText.line(name)) (\(key))"
    }

    /// The text, or how many bytes of something else there are.
    var body: String {
        self.message.text ?? "(binary, \(self.message.body.count) bytes)"
    }

    /// Why it was delivered, and how it was sealed. Stands in the first column, where no text of others can stand.
    private var assurance: String {
        let secrecy = self.message.isForwardSecret ? "forward secret" : "no forward secrecy"
        return "[\(self.message.trust.explanation); \(secrecy)]"
    }

    var text: String {
        """
        from \(self.sender) \(self.assurance)
          ts=\(self.message.sentAt.rawValue)
        \(TerminalText.block(self.body, indent: "  "))

        """
    }

    var json: JSONValue {
        let content: JSONValue.Member =
            if let text = self.message.text {
                .init(key: "text", value: .text(text))
            } else {
                .init(key: "data_b64", value: .text(Data(self.message.body).base64EncodedString()))
            }
        return .object([
            .init(key: "id", value: .number(self.message.id)),
            .init(key: "sender_spk", value: .text(self.message.senderKey.hex)),
            .init(key: "sender_label", value: .optional(self.message.verifiedAddress)),
            .init(key: "contact", value: .optional(self.message.contact)),
            .init(key: "ts", value: .number(Int64(clamping: self.message.sentAt.rawValue))),
            .init(key: "received_at", value: .number(Int64(clamping: self.message.receivedAt.rawValue))),
            .init(key: "msg_id", value: .text(self.message.messageID.hex)),
            .init(key: "forward_secret", value: .bool(self.message.isForwardSecret)),
            .init(key: "trust", value: .text(self.message.trust.rawValue)), content,
        ])
    }
}
