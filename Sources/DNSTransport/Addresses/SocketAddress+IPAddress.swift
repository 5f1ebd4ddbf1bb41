import DNSWire
import NIOCore

extension SocketAddress {
    /// The address and port of an IP socket, IPv4 also where it came through an IPv6 socket.
    var source: (address: DNSWire.IPAddress, port: Int)? {
        // Asked for each datagram: an IPv4 address is taken from its bytes, not by way of its text.
        if case .v4(let address) = self {
            let number = InternetAddress.number(of: address.address)
            return (.v4(DNSWire.IPv4Address(rawValue: number)), Int(InternetAddress.port(of: address.address)))
        }
        guard let port = self.port, let text = self.ipAddress,
            let address = DNSWire.IPAddress(text.prefix { $0 != "%" })
        else { return nil }
        return (address.unmapped, port)
    }

    /// - Throws: `SocketAddressError` if the zone is no interface of this machine.
    init(_ upstream: UpstreamAddress) throws {
        let zone = upstream.zone.map { "%\($0)" } ?? ""
        try self.init(ipAddress: "\(upstream.host)\(zone)", port: upstream.port)
    }
}

extension DNSWire.IPAddress {
    /// Whether a datagram can be sent back to this address: one host's, not a group's or nobody's.
    var isUnicast: Bool {
        switch self {
        case .v4(let address): address.rawValue >> 28 < 0xe && address.rawValue >> 24 != 0
        case .v6(let address): address.high >> 56 != 0xff && address != DNSWire.IPv6Address(high: 0, low: 0)
        }
    }
}
