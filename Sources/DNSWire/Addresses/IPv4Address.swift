/// An IPv4 address, also the data of an A record (RFC 1035, 3.4.1).
public struct IPv4Address: RawRepresentable, Hashable, Sendable {
    /// The four bytes as one number, the first byte highest.
    public let rawValue: UInt32

    public init(rawValue: UInt32) {
        self.rawValue = rawValue
    }

    /// 127.0.0.1
    public static let loopback = IPv4Address(rawValue: 0x7f00_0001)

    /// Reads four decimal numbers of 0...255 with dots between them: ASCII digits only, no leading zeros, no spaces.
    public init?(_ text: some StringProtocol) {
        self.init(text.utf8[...])
    }

    init?(_ text: some Collection<UInt8>) {
        var value: UInt32 = 0
        let parts = text.split(separator: UInt8(ascii: "."), maxSplits: 4, omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        for part in parts {
            guard (1...3).contains(part.count), part.count == 1 || part.first != UInt8(ascii: "0") else { return nil }
            var number: UInt32 = 0
            for byte in part {
                guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
                number = number * 10 + UInt32(byte - UInt8(ascii: "0"))
            }
            guard number <= 255 else { return nil }
            value = value << 8 | number
        }
        self.rawValue = value
    }

    /// The four bytes in network order.
    public var bytes: [UInt8] {
        [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: self.rawValue >> $0) }
    }

    /// Whether the address is in 127.0.0.0/8.
    public var isLoopback: Bool { self.rawValue >> 24 == 127 }
}

extension IPv4Address: CustomStringConvertible {
    public var description: String {
        self.bytes.map(String.init).joined(separator: ".")
    }
}
