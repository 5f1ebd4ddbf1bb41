public import DNSTransport
public import DNSWire

/// A zone that takes signed updates, the server that has it, and the key to sign with.
public struct UpdateTarget: Sendable, CustomStringConvertible {
    /// The primary server of the zone, or a node.
    public let server: UpstreamAddress
    /// The apex of the zone.
    public let zone: DNSName
    public let key: TSIGKey

    public init(server: UpstreamAddress, zone: DNSName, key: TSIGKey) {
        (self.server, self.zone, self.key) = (server, zone.lowercased(), key)
    }

    /// Server and zone, for messages.
    public var description: String { "\(self.server) (zone \(self.zone))" }
}
