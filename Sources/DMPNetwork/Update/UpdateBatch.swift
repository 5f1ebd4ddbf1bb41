internal import DMPProtocol
internal import DNSWire

/// The changes of one update message.
struct UpdateBatch: Sendable {
    /// Named if the update fails.
    let first: RecordPublication
    private(set) var changes: [DNSUpdate.Change]

    /// What one message has room for, with some to spare: DNS ends at 65,535 bytes.
    static let messageByteLimit = 65_000
    /// The longest value that fits into a message with any name, key and zone.
    static let valueByteLimit = 63_000
    /// Type, class, TTL and length of a record.
    private static let fixedByteCount = 10

    /// Spreads records over as few messages as possible, in their order.
    static func split(
        _ records: [(record: RecordPublication, change: DNSUpdate.Change)],
        keyByteCount: Int
    ) -> [UpdateBatch] {
        var batches: [UpdateBatch] = []
        // The zone stands in front, and each name ends in a pointer to it.
        let empty = DNSHeader.byteCount + DNSName.maximumByteCount + 4 + keyByteCount
        var size = Self.messageByteLimit
        for (record, change) in records {
            let valueBytes = record.value.byteCount
            let added = change.name.wireForm.count + Self.fixedByteCount + valueBytes + max(1, (valueBytes + 254) / 255)
            if size + added > Self.messageByteLimit {
                batches.append(UpdateBatch(first: record, changes: []))
                size = empty
            }
            batches[batches.count - 1].changes.append(change)
            size += added
        }
        return batches
    }
}

extension UpdateTarget {
    /// - Throws: ``NetworkFailure`` for a name outside the zone: no server would take it.
    func owner(_ name: OwnerName) throws(NetworkFailure) -> DNSName {
        let owner: DNSName
        do throws(DNSNameError) { owner = try DNSName(name.text) } catch {
            throw NetworkFailure(.unsupportedValue, "\(name) is no DNS name: \(error)")
        }
        guard owner.isSubdomain(of: self.zone) else {
            throw NetworkFailure(
                .invalidConfiguration,
                "\(name) is outside the zone \(self.zone), which the TSIG key is for; set tsig_zone to the zone of your domain"
            )
        }
        return owner
    }
}
