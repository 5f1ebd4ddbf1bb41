import DNSWire
import Testing

@Suite("IP addresses as text")
struct IPAddressTests {
    @Test(
        "An address is read in any form and written in one",
        arguments: [
            ("127.0.0.1", "127.0.0.1"),
            ("255.255.255.255", "255.255.255.255"),
            ("0.0.0.0", "0.0.0.0"),
            ("::", "::"),
            ("::1", "::1"),
            ("2001:DB8::1", "2001:db8::1"),
            ("2001:0db8:0000:0000:0000:0000:0000:0001", "2001:db8::1"),
            ("1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"),
            ("1:0:0:2:0:0:0:3", "1:0:0:2::3"),
            ("1:0:2:0:3:0:4:0", "1:0:2:0:3:0:4:0"),
            ("1:0:0:2:3:0:0:4", "1::2:3:0:0:4"),
            ("1::", "1::"),
            ("::ffff:192.0.2.1", "::ffff:192.0.2.1"),
            ("::FFFF:c000:0201", "::ffff:192.0.2.1"),
            ("1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:102:304"),
            ("64:ff9b::192.0.2.33", "64:ff9b::c000:221"),
            ("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"),
            ("::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"),
        ]
    )
    func canonical(_ text: String, expected: String) {
        #expect(IPAddress(text)?.description == expected)
    }

    @Test(
        "Anything else is refused",
        arguments: [
            "", "1", "1.2.3", "1.2.3.4.5", "1.2.3.256", "08.8.8.8", "00.0.0.0", "1.2.3.4 ", " 1.2.3.4", "1.2.3.-4",
            "1.2.3.+4", "1..2.3", "1.2.3.", "0x1.2.3.4", "1.2.3.1000", "\u{661}.2.3.4", "localhost",
            ":", ":::", "1:2", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1::2::3", "12345::", "g::", "::1%eth0", "[::1]",
            "::1.2.3", "1.2.3.4::", "::1.2.3.4:5", "1:2:3:4:5:6:7:1.2.3.4", "1:2:3:4::5:6:7:8:9", ":1:2:3:4:5:6:7:8",
            "1:2:3:4:5:6:7:8:", "1:2:3:4:5:6:7:8::", String(repeating: "1:", count: 50),
        ]
    )
    func refusal(_ text: String) {
        #expect(IPAddress(text) == nil)
    }

    @Test("Bytes are in network order")
    func bytes() {
        #expect(IPv4Address("1.2.3.4")?.bytes == [1, 2, 3, 4])
        let bytes = Array(1...16 as ClosedRange<UInt8>)
        #expect(IPv6Address(bytes: bytes)?.bytes == bytes)
        #expect(IPv6Address(bytes: bytes)?.description == "102:304:506:708:90a:b0c:d0e:f10")
        #expect(IPv6Address(bytes: bytes.dropLast()) == nil)
    }

    @Test("Loopback addresses are known in either family")
    func loopback() {
        for text in ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"] {
            #expect(IPAddress(text)?.isLoopback == true)
        }
        for text in ["128.0.0.1", "0.0.0.0", "::", "::2", "::ffff:10.0.0.1", "::127.0.0.1"] {
            #expect(IPAddress(text)?.isLoopback == false)
        }
        #expect(IPAddress("::ffff:10.0.0.1")?.unmapped == IPAddress("10.0.0.1"))
        #expect(IPAddress("::1")?.unmapped == .v6(.loopback))
        #expect(IPAddress("127.0.0.1") == .v4(.loopback))
    }
}
