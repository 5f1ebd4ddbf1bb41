/// An address of either family.
public enum IPAddress: Hashable, Sendable {
    case v4(IPv4Address)
    case v6(IPv6Address)

    /// Reads an address literal, without brackets or zone. Host names, leading zeros and anything else give `nil`.
    public init?(_ text: some StringProtocol) {
        if let address = IPv4Address(text) {
            self = .v4(address)
        } else if let address = IPv6Address(text) {
            self = .v6(address)
        } else {
            return nil
        }
    }

    /// Whether only this machine can be reached by the address.
    public var isLoopback: Bool {
        switch self {
        case .v4(let address): address.isLoopback
        case .v6(let address): address.isLoopback
        }
    }

    /// The same address, an IPv4 address if it was one in the clothes of IPv6 (`::ffff:1.2.3.4`).
    public var unmapped: IPAddress {
        if case .v6(let address) = self, let mapped = address.mappedIPv4 { .v4(mapped) } else { self }
    }
}

extension IPAddress: CustomStringConvertible {
    /// The canonical text, without brackets.
    public var description: String {
        switch self {
        case .v4(let address): address.description
        case .v6(let address): address.description
        }
    }
}
