import DMPNetwork
import DNSTransport
import DNSWire
import Testing

@Suite("DNS endpoints of a manifest")
struct NodeDNSEndpointTests {
    @Test(
        "An address is read with its port, or 53",
        arguments: [
            ("192.0.2.1", "192.0.2.1:53"), ("192.0.2.1:5353", "192.0.2.1:5353"), ("2001:db8::1", "[2001:db8::1]:53"),
            ("[2001:db8::1]:5353", "[2001:db8::1]:5353"),
        ]
    )
    func addresses(text: String, address: String) throws {
        #expect(try NodeDNSEndpoint(text) == .address(UpstreamAddress(address)))
    }

    @Test(
        "A host name is one to be looked up",
        arguments: [
            ("n1.mesh.test", "n1.mesh.test", 53), ("N1.mesh.test.:5353", "n1.mesh.test", 5353),
            ("localhost:53", "localhost", 53),
        ] as [(String, String, UInt16)]
    )
    func hosts(text: String, name: String, port: UInt16) throws {
        #expect(try NodeDNSEndpoint(text) == .host(DNSName(name), port: port))
    }

    @Test(
        "What is neither is refused",
        arguments: [
            "", " ", "n1.test:", "n1.test:0", "n1.test:65536", "n1.test:x", "n1.test:+5", "n1 .test", "n1.test:5:5",
            "[2001:db8::1", "[2001:db8::1]x", "300.0.0.1", "192.0.2.1:0", "n_1.test", "a..b", "\u{1b}[0m",
            "http://n1.test",
        ]
    )
    func refusals(text: String) {
        #expect { try NodeDNSEndpoint(text) } throws: { ($0 as? NetworkFailure)?.code == .invalidConfiguration }
    }
}
