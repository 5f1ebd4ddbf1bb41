private import DMPCrypto

/// What identifies a message: 16 random bytes, chosen by its sender.
public struct MessageID: Hashable, Sendable {
    /// The bytes of an id.
    public static let byteCount = 16

    /// 16 bytes.
    public let bytes: [UInt8]

    /// - Throws: ``WireError/body(_:)`` unless there are 16 bytes.
    public init(_ bytes: some Collection<UInt8>) throws(WireError) {
        guard bytes.count == Self.byteCount else { throw .body(.messageID) }
        self.bytes = Array(bytes)
    }

    private init(random bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// A new id in the form of a version-4 UUID (RFC 9562, section 5.4), as the reference makes them.
    public static func random() -> MessageID {
        var bytes = SecureRandom.bytes(Self.byteCount)
        bytes[6] = bytes[6] & 0x0f | 0x40
        bytes[8] = bytes[8] & 0x3f | 0x80
        return MessageID(random: bytes)
    }

    /// 32 lower-case hexadecimal digits.
    public var hex: String { Hexadecimal.encode(self.bytes) }

    /// Where in the recipient's mailbox the manifest stands.
    public var slot: Slot { Slot(of: self) }
}
