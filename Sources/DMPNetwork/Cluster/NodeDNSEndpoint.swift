package import DNSTransport
package import DNSWire

/// Where a node of a cluster answers DNS: the free text of a manifest, read.
///
/// `192.0.2.1`, `192.0.2.1:53`, `2001:db8::1`, `[2001:db8::1]:53`, `node.example`, `node.example:53`. Source: protocol
/// documents, "The network layer", section 3.2.
package enum NodeDNSEndpoint: Hashable, Sendable {
    case address(UpstreamAddress)
    case host(DNSName, port: UInt16)

    /// - Throws: ``NetworkFailure`` with the code `invalidConfiguration` for what is neither an address nor a host name.
    package init(_ text: String) throws(NetworkFailure) {
        if let address = try? UpstreamAddress(text) {
            self = .address(address)
            return
        }
        let shown = text.displayable(limit: 64)
        let refusal = NetworkFailure(
            .invalidConfiguration,
            "the DNS endpoint \(shown) must be an IP address or a host name, with a port or without"
        )
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard (1...2).contains(parts.count), Self.isHostName(parts[0]), let name = try? DNSName(String(parts[0])) else {
            throw refusal
        }
        guard parts.count == 2 else {
            self = .host(name, port: 53)
            return
        }
        guard parts[1].utf8.allSatisfy({ (0x30...0x39).contains($0) }), let port = UInt16(parts[1]), port > 0 else {
            throw refusal
        }
        self = .host(name, port: port)
    }

    /// Letters, digits, hyphens and dots, and not an address that failed to be one.
    private static func isHostName(_ text: Substring) -> Bool {
        let isPlain = text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."):
                true
            default: false
            }
        }
        guard isPlain, let last = text.split(separator: ".").last else { return false }
        return !last.utf8.allSatisfy { (0x30...0x39).contains($0) }
    }
}
