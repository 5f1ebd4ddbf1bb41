private import DMPCrypto

/// The owner names of all records as plain text, in the case and with the trailing dots that the reference gives them.
///
/// ``OwnerName`` makes the same names of zones in normal form, for which case and dots play no part. Source: protocol
/// documents, "DNS owner names", section 1.
enum OwnerNameText {
    // MARK: Mailboxes: dots of the zone kept

    static func slot(_ slot: Slot, of recipient: UserID, zone: String) -> String {
        "slot-\(slot).mb-\(Self.hash(recipient.bytes, digits: 12)).\(zone)"
    }

    static func chunk(_ index: Int, of key: ChunkKey, zone: String) -> String {
        // A message has hundreds of these names: put together as bytes, each costs a tenth.
        var text: [UInt8] = []
        text.reserveCapacity(32 + zone.utf8.count)
        text.append(contentsOf: "chunk-".utf8)
        var divisor = 1000
        while index / 10 >= divisor { divisor *= 10 }
        while divisor > 0 {
            text.append(UInt8(ascii: "0") + UInt8(index / divisor % 10))
            divisor /= 10
        }
        text.append(UInt8(ascii: "-"))
        text.append(contentsOf: key.label.utf8)
        text.append(UInt8(ascii: "."))
        text.append(contentsOf: zone.utf8)
        return String(decoding: text, as: UTF8.self)
    }

    static func claim(_ slot: Slot, of recipient: UserID, zone: String) throws(NameError) -> String {
        guard !zone.isEmpty else { throw .empty }
        return "claim-\(slot).mb-\(Self.hash(recipient.bytes, digits: 12)).\(zone)"
    }

    // MARK: Users: all trailing dots of the zone removed

    static func hashedIdentity(of username: String, zone: String) -> String {
        "id-\(Self.hash(Array(username.utf8), digits: 16)).\(zone.droppingTrailingDots)"
    }

    static func anchoredIdentity(zone: String) -> String {
        "dmp.\(zone.droppingTrailingDots)"
    }

    static func prekeys(of username: String, zone: String) -> String {
        "prekeys.id-\(Self.hash(Array(username.utf8), digits: 12)).\(zone.droppingTrailingDots)"
    }

    static func hashedRotation(of username: String, zone: String) -> String {
        "rotate.\(Self.hashedIdentity(of: username, zone: zone))"
    }

    static func anchoredRotation(zone: String) -> String {
        "rotate.\(Self.anchoredIdentity(zone: zone))"
    }

    // MARK: Clusters and domains: one trailing dot removed, held to the rule for names in records

    static func cluster(_ name: String) throws(NameError) -> String {
        "cluster.\(try DomainText.recordName(name))"
    }

    static func clusterRotation(_ name: String) throws(NameError) -> String {
        "rotate.\(try Self.cluster(name))"
    }

    static func bootstrap(_ domain: String) throws(NameError) -> String {
        "_dmp.\(try DomainText.recordName(domain))"
    }

    static func bootstrapRotation(_ domain: String) throws(NameError) -> String {
        "rotate.\(try Self.bootstrap(domain))"
    }

    // MARK: Nodes: dots of the zone kept

    static func heartbeat(zone: String) throws(NameError) -> String {
        guard !zone.isEmpty else { throw .empty }
        return "_dnsmesh-heartbeat.\(zone)"
    }

    static func seen(zone: String) throws(NameError) -> String {
        guard !zone.isEmpty else { throw .empty }
        return "_dnsmesh-seen.\(zone)"
    }

    private static func hash(_ bytes: [UInt8], digits: Int) -> String {
        Hexadecimal.encode(SHA256.hash(bytes).prefix(digits / 2))
    }
}
