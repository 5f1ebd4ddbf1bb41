internal import DMPProtocol
internal import DNSWire

/// The zone that the node speaks for, and the records at its apex.
struct ServedZone: Sendable {
    let name: DNSName
    private let records: ApexRecords
    private let timeToLive: UInt32

    /// How long "no such name" may be remembered: short, as clients ask for names that are about to exist.
    private var negativeTimeToLive: UInt32 { min(self.timeToLive, 10) }

    init(_ name: DNSName, records: ApexRecords, timeToLive: UInt32) {
        self.name = name
        self.records = records
        self.timeToLive = timeToLive
    }

    /// The record of a type at the apex.
    func record(_ type: RRType, now: UnixSeconds) -> RecordData? {
        switch type {
        case .a: self.records.ipv4.map(RecordData.a)
        case .aaaa: self.records.ipv6.map(RecordData.aaaa)
        case .ns: self.records.nameServer.map(RecordData.ns)
        case .soa: .soa(self.startOfAuthority(now: now))
        default: nil
        }
    }

    /// What stands in the authority section of an answer without records (RFC 2308, section 3).
    func negativeRecord(now: UnixSeconds) -> DNSRecord {
        DNSRecord(
            name: self.name,
            timeToLive: self.negativeTimeToLive,
            data: .soa(self.startOfAuthority(now: now))
        )
    }

    private func startOfAuthority(now: UnixSeconds) -> SOAData {
        SOAData(
            primaryServer: self.records.nameServer ?? self.name,
            responsible: self.records.responsible ?? self.hostmaster,
            serial: UInt32(truncatingIfNeeded: now.rawValue),
            refresh: 3_600,
            retry: 600,
            expire: 604_800,
            minimum: self.negativeTimeToLive
        )
    }

    private var hostmaster: DNSName {
        do throws(DNSNameError) {
            return try self.name.prepending("hostmaster".utf8)
        } catch {
            return self.name  // no room for one more label
        }
    }
}
