import DNSTransport
import DNSWire
import Testing

@Suite("Addresses of DNS servers")
struct UpstreamAddressTests {
    @Test(
        "An address literal is read with or without a port",
        arguments: [
            ("8.8.8.8", "8.8.8.8:5353"),
            ("8.8.8.8:53", "8.8.8.8:53"),
            ("2001:db8::1", "[2001:db8::1]:5353"),
            ("2001:DB8:0::8888:53", "[2001:db8::8888:53]:5353"),
            ("[2001:db8::1]:53", "[2001:db8::1]:53"),
            ("[2001:db8::1]", "[2001:db8::1]:5353"),
            ("[8.8.8.8]:53", "8.8.8.8:53"),
            ("fe80::1%eth0", "[fe80::1%eth0]:5353"),
            ("[fe80::1%eth0]:65535", "[fe80::1%eth0]:65535"),
            ("::1", "[::1]:5353"),
            ("127.0.0.1:00053", "127.0.0.1:53"),
        ]
    )
    func accepted(_ text: String, canonical: String) throws {
        let address = try UpstreamAddress(text, defaultPort: 5353)
        #expect(address.description == canonical)
        #expect(try UpstreamAddress(canonical) == address)
    }

    @Test(
        "Anything else is refused for its own reason",
        arguments: [
            ("[::1", .missingBracket),
            ("[::1]53", .textAfterBracket),
            ("[::1] ", .textAfterBracket),
            ("1.2.3.4:", .portNotANumber),
            ("1.2.3.4:+53", .portNotANumber),
            ("1.2.3.4: 53", .portNotANumber),
            ("1.2.3.4:5_3", .portNotANumber),
            ("1.2.3.4:\u{665}\u{663}", .portNotANumber),
            ("[::1]:x", .portNotANumber),
            ("1.2.3.4:0", .portOutOfRange),
            ("1.2.3.4:65536", .portOutOfRange),
            ("1.2.3.4:99999999999999999999", .portOutOfRange),
            ("dns.example", .notAnAddress),
            ("dns.example:53", .notAnAddress),
            ("08.8.8.8", .notAnAddress),
            ("", .notAnAddress),
            (":53", .notAnAddress),
            ("[]", .notAnAddress),
            ("[]:53", .notAnAddress),
            (" 1.2.3.4", .notAnAddress),
            ("1.2.3.4%eth0", .notAnAddress),
            ("fe80::1%", .notAnAddress),
            ("fe80::1%a b", .notAnAddress),
            ("fe80::1%abcdefghijklmnop", .notAnAddress),
            ("1:2", .notAnAddress),
            ("1::2::3", .notAnAddress),
        ] as [(String, UpstreamAddressError)]
    )
    func refused(_ text: String, reason: UpstreamAddressError) {
        #expect(throws: reason) { try UpstreamAddress(text) }
        #expect(!reason.description.isEmpty)
    }

    @Test("A port is 1 to 65,535")
    func ports() {
        #expect(UpstreamAddress(host: .v4(.loopback), port: 0) == nil)
        #expect(UpstreamAddress(host: .v4(.loopback), port: 65_536) == nil)
        #expect(UpstreamAddress(host: .v6(.loopback), port: 1)?.description == "[::1]:1")
        #expect(throws: UpstreamAddressError.portOutOfRange) { try UpstreamAddress("::1", defaultPort: 0) }
    }
}
