/// What stands before the sealed payload of a message: JSON, which is also authenticated with the payload.
///
/// Written with all nine members in a fixed order and without white space; a sent header has 253 bytes and the digits
/// of its two times. Read in any spelling: what was read is written anew before it is authenticated.
///
/// Source: protocol documents, "From plaintext to TXT strings and back", section 1.1; "Cryptography", section 5.
package struct MessageHeader: Hashable, Sendable {
    /// What a message is for. Only ``data`` is sent.
    package enum Kind: String, Hashable, Sendable, CaseIterable {
        case data = "DATA"
        case acknowledgement = "ACK"
        case discovery = "DISCOVERY"
        case identity = "IDENTITY"
        case mailbox = "MAILBOX"
    }

    /// 1 in a sent message. Not checked on reading, but authenticated.
    package let version: Int64
    package let kind: Kind
    package let messageID: MessageID
    /// Chosen by the sender and unproven: never shown.
    package let sender: UserID
    package let recipient: UserID
    /// 1 and 0 in a sent message; neither checked nor authenticated.
    package let total: Int64
    package let chunk: Int64
    /// The time of sending in Unix seconds. A hostile one may be negative, as may the life.
    package let sentAt: Int64
    /// Seconds.
    package let ttl: Int64

    /// The time of sending; 0 for one before 1970.
    package var timestamp: UnixSeconds { UnixSeconds(rawValue: UInt64(max(0, self.sentAt))) }

    /// Whether the time of sending plus the life has passed. A sum that fits no 64 bits lies in the far future, or past.
    package func isExpired(at now: UnixSeconds) -> Bool {
        let (sum, overflow) = self.sentAt.addingReportingOverflow(self.ttl)
        if overflow { return self.sentAt < 0 }
        return sum < 0 || now.rawValue > UInt64(sum)
    }
}

extension MessageHeader {
    /// The header of a message to be sent, which counts for `ttl` seconds.
    ///
    /// - Throws: ``MessageError/timeOutOfRange``.
    package init(
        messageID: MessageID,
        sender: UserID,
        recipient: UserID,
        timestamp: UnixSeconds,
        ttl: UInt64
    ) throws(MessageError) {
        guard let sentAt = Int64(exactly: timestamp.rawValue), let ttl = Int64(exactly: ttl),
            !sentAt.addingReportingOverflow(ttl).overflow
        else { throw .timeOutOfRange }
        self.init(
            version: 1,
            kind: .data,
            messageID: messageID,
            sender: sender,
            recipient: recipient,
            total: 1,
            chunk: 0,
            sentAt: sentAt,
            ttl: ttl
        )
    }

    /// The header as it stands in the outer message.
    package var json: [UInt8] { self.json(total: self.total, chunk: self.chunk) }

    /// What the payload is sealed and opened with: the header with `total` and `chunk` 0, then the id of the prekey as
    /// four bytes, big-endian, 0 for none. The same for both directions.
    package func associatedData(prekey: Prekey.ID?) -> [UInt8] {
        var writer = ByteWriter(capacity: 300)
        writer.write(self.json(total: 0, chunk: 0))
        writer.writeInteger(prekey?.rawValue ?? 0)
        return writer.bytes
    }

    /// Nothing here needs an escape.
    private func json(total: Int64, chunk: Int64) -> [UInt8] {
        let text = """
            {"v":\(self.version),"type":"\(self.kind.rawValue)","msg_id":"\(self.messageID.hex)",\
            "sender":"\(self.sender.hex)","recipient":"\(self.recipient.hex)",\
            "total":\(total),"chunk":\(chunk),"ts":\(self.sentAt),"ttl":\(self.ttl)}
            """
        return Array(text.utf8)
    }

    /// How many bytes ``json`` has in a sent message.
    package static func byteCount(timestamp: UnixSeconds, ttl: UInt64) -> Int {
        253 + String(timestamp.rawValue).utf8.count + String(ttl).utf8.count
    }
}
