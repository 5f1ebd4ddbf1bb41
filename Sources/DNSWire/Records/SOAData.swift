/// The start of a zone of authority (RFC 1035, 3.3.13). Times are seconds.
public struct SOAData: Hashable, Sendable {
    /// The primary server (MNAME).
    public var primaryServer: DNSName
    /// The mailbox of who is responsible, its first label being the local part (RNAME).
    public var responsible: DNSName
    /// The version of the zone.
    public var serial: UInt32
    /// After how long a secondary server looks for a new version.
    public var refresh: UInt32
    /// After how long it tries again when it could not.
    public var retry: UInt32
    /// After how long it stops answering if it never could.
    public var expire: UInt32
    /// How long "no such name" may be remembered, together with the TTL of the SOA itself (RFC 2308, section 4).
    public var minimum: UInt32

    public init(
        primaryServer: DNSName,
        responsible: DNSName,
        serial: UInt32,
        refresh: UInt32,
        retry: UInt32,
        expire: UInt32,
        minimum: UInt32
    ) {
        self.primaryServer = primaryServer
        self.responsible = responsible
        self.serial = serial
        self.refresh = refresh
        self.retry = retry
        self.expire = expire
        self.minimum = minimum
    }

    init(from reader: inout DNSReader) throws(DNSDecodeError) {
        self.primaryServer = try reader.readName()
        self.responsible = try reader.readName()
        self.serial = try reader.readUInt32()
        self.refresh = try reader.readUInt32()
        self.retry = try reader.readUInt32()
        self.expire = try reader.readUInt32()
        self.minimum = try reader.readUInt32()
    }

    func encode(into writer: inout DNSWriter) {
        writer.write(self.primaryServer)
        writer.write(self.responsible)
        for number in [self.serial, self.refresh, self.retry, self.expire, self.minimum] { writer.write(number) }
    }
}
