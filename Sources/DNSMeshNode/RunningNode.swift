package import DNSTransport
package import DNSWire

/// Where a node that is up can be reached.
package struct RunningNode: Hashable, Sendable {
    /// For UDP and TCP.
    package let dnsAddress: UpstreamAddress
    package let httpHost: IPAddress
    package let httpPort: Int

    /// The base of all URLs, without a final slash: `http://127.0.0.1:8053`.
    package var httpEndpoint: String { "http://\(self.httpAuthority)" }

    /// Address and port: `127.0.0.1:8053`.
    var httpAuthority: String {
        switch self.httpHost {
        case .v4(let address): "\(address):\(self.httpPort)"
        case .v6(let address): "[\(address)]:\(self.httpPort)"
        }
    }
}
