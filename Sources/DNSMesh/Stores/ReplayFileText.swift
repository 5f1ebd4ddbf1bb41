import DMPCrypto
import DMPProtocol
import Foundation

/// The text of a replay file: a JSON array of `["<signing key, hex>", "<message id, hex>", <expiry, Unix seconds>]`.
///
/// Source: protocol documents, "Files on disk", section `replay_cache.json`.
enum ReplayFileText {
    struct Line: Hashable, Sendable {
        let sender: Ed25519.PublicKey
        let message: MessageID
        let expires: UnixSeconds
    }

    /// Entries that can't be read are skipped.
    ///
    /// - Returns: `nil` for what is no JSON array.
    static func parse(_ data: Data) -> [Line]? {
        guard let triples = try? JSONSerialization.jsonObject(with: data) as? [Any] else { return nil }
        return triples.compactMap { triple in
            guard let triple = triple as? [Any], triple.count == 3, let sender = triple[0] as? String,
                let message = triple[1] as? String, let number = triple[2] as? NSNumber, number.int64Value > 0,
                let senderKey = try? Ed25519.PublicKey(hex: sender), let bytes = Hexadecimal.decode(message),
                let messageID = try? MessageID(bytes)
            else { return nil }
            return Line(
                sender: senderKey,
                message: messageID,
                expires: UnixSeconds(rawValue: UInt64(number.int64Value))
            )
        }
    }

    static func text(_ lines: some Sequence<Line>) -> [UInt8] {
        let triples = lines.map { "[\"\($0.sender.hex)\", \"\($0.message.hex)\", \($0.expires.rawValue)]" }
        return Array("[\(triples.sorted().joined(separator: ", "))]".utf8)
    }
}
