/// A resource record (RFC 1035, 3.2.1).
public struct DNSRecord: Hashable, Sendable {
    /// The owner.
    public var name: DNSName
    public var recordClass: RRClass
    /// Seconds, as they stand on the wire. RFC 2181 (section 8) reads values above 2³¹−1 as 0.
    public var timeToLive: UInt32
    public var data: RecordData

    public init(name: DNSName, recordClass: RRClass = .in, timeToLive: UInt32, data: RecordData) {
        self.name = name
        self.recordClass = recordClass
        self.timeToLive = timeToLive
        self.data = data
    }

    /// The type that ``data`` is of.
    public var type: RRType { self.data.type }
}
