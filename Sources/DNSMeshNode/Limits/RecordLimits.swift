/// What may be stored, at most. A number of 0 stands for no limit.
public struct RecordLimits: Hashable, Sendable {
    /// The longest lifetime of a record, in seconds.
    public var lifetime: UInt32 = 86_400
    /// The longest value, in UTF-8 bytes.
    public var valueBytes = 2_048
    /// The most values at one name.
    public var valuesPerName = 64
    /// The most bytes that all values of one name may have in a DNS answer, so that one message holds them all.
    public var setWireBytes = 32_768

    /// 2³¹ − 1 seconds, the longest TTL of DNS (RFC 2181, section 8).
    public static let longestLifetime = UInt32(Int32.max)

    public init() {}

    /// How many bytes a TXT record with this value adds to an answer: compressed name, fixed fields, character-strings.
    static func wireByteCount(valueBytes: Int) -> Int {
        12 + valueBytes + max(1, (valueBytes + 254) / 255)
    }
}
