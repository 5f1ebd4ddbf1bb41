public import DNSWire

/// Where a DNS server listens: an address literal and a port. Never a host name, which would need another server first.
public struct UpstreamAddress: Hashable, Sendable {
    /// The address of the machine.
    public let host: IPAddress
    /// The zone of a link-local IPv6 address, such as `eth0`.
    public let zone: String?
    /// 1...65,535
    public let port: Int

    /// - Returns: `nil` if `port` is not in 1...65,535.
    public init?(host: IPAddress, zone: String? = nil, port: Int) {
        guard (1...65_535).contains(port) else { return nil }
        self.host = host
        self.zone = zone
        self.port = port
    }
}

extension UpstreamAddress: CustomStringConvertible {
    /// The canonical text, always with the port: `192.0.2.1:53`, `[2001:db8::1]:53`, `[fe80::1%eth0]:53`.
    public var description: String {
        switch self.host {
        case .v4(let address): "\(address):\(self.port)"
        case .v6(let address): "[\(address)\(self.zone.map { "%\($0)" } ?? "")]:\(self.port)"
        }
    }
}
