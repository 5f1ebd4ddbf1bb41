import DMPCrypto
import DMPProtocol
import DNSMesh
import Foundation

/// An intro, as people and programs see it.
struct IntroView: CommandResult {
    let intro: Intro
    let now: UnixSeconds
    /// Lists cut long texts.
    var isShort = false

    private static let longestPreview = 120

    private var isExpired: Bool { self.intro.expires < self.now }

    /// The text, or how many bytes of something else there are.
    static func body(_ intro: Intro) -> String { intro.text ?? "(binary, \(intro.body.count) bytes)" }

    var text: String {
        let secrecy = self.intro.isForwardSecret ? "; forward secret" : ""
        return """
            #\(self.intro.id)  \(TerminalText.line(self.intro.senderName))  [\(self.isExpired ? "EXPIRED" : "fresh")\(secrecy)]
              sender_spk: \(self.intro.senderKey.hex)
              from zone:  \(TerminalText.line(self.intro.zone))
              received:   \(self.intro.receivedAt.rawValue)
            \(self.message)

            """
    }

    private var message: String {
        let body = Self.body(self.intro)
        guard self.isShort else { return TerminalText.block(body, indent: "  ") }
        let preview = String(body.prefix(Self.longestPreview))
        return "  message:    " + TerminalText.line(preview) + (preview.count < body.count ? "…" : "")
    }

    var json: JSONValue {
        let content: JSONValue.Member =
            if let text = self.intro.text {
                .init(key: "text", value: .text(text))
            } else {
                .init(key: "data_b64", value: .text(Data(self.intro.body).base64EncodedString()))
            }
        return .object([
            .init(key: "id", value: .number(self.intro.id)),
            .init(key: "sender_spk", value: .text(self.intro.senderKey.hex)),
            .init(key: "sender_label", value: .optional(self.intro.verifiedAddress)),
            .init(key: "zone", value: .text(self.intro.zone)),
            .init(key: "ts", value: .number(Int64(clamping: self.intro.sentAt.rawValue))),
            .init(key: "received_at", value: .number(Int64(clamping: self.intro.receivedAt.rawValue))),
            .init(key: "expired", value: .bool(self.isExpired)),
            .init(key: "msg_id", value: .text(self.intro.messageID.hex)),
            .init(key: "forward_secret", value: .bool(self.intro.isForwardSecret)), content,
        ])
    }
}
