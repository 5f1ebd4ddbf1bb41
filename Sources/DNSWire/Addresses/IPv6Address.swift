/// An IPv6 address, also the data of an AAAA record (RFC 3596, 2.2).
public struct IPv6Address: Hashable, Sendable {
    /// The first eight bytes as one number, the first byte highest.
    public let high: UInt64
    /// The last eight bytes as one number.
    public let low: UInt64

    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// ::1
    public static let loopback = IPv6Address(high: 0, low: 1)

    init(from reader: inout DNSReader) throws(DNSDecodeError) {
        let words = (try reader.readUInt32(), try reader.readUInt32(), try reader.readUInt32(), try reader.readUInt32())
        self.init(high: UInt64(words.0) << 32 | UInt64(words.1), low: UInt64(words.2) << 32 | UInt64(words.3))
    }

    /// Takes 16 bytes in network order, or returns `nil` for another number of them.
    public init?(bytes: some Collection<UInt8>) {
        guard bytes.count == 16 else { return nil }
        self.init(
            high: bytes.prefix(8).reduce(0) { $0 << 8 | UInt64($1) },
            low: bytes.suffix(8).reduce(0) { $0 << 8 | UInt64($1) }
        )
    }

    /// The 16 bytes in network order.
    public var bytes: [UInt8] {
        let shifts = stride(from: 56, through: 0, by: -8)
        return shifts.map { UInt8(truncatingIfNeeded: self.high >> $0) }
            + shifts.map { UInt8(truncatingIfNeeded: self.low >> $0) }
    }

    /// The IPv4 address within an address of the form `::ffff:1.2.3.4`.
    public var mappedIPv4: IPv4Address? {
        guard self.high == 0, self.low >> 32 == 0xffff else { return nil }
        return IPv4Address(rawValue: UInt32(truncatingIfNeeded: self.low))
    }

    /// Whether the address is `::1` or a mapped IPv4 loopback address.
    public var isLoopback: Bool {
        self == .loopback || self.mappedIPv4?.isLoopback == true
    }
}
