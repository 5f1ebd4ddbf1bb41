import DMPNetwork
import DMPTesting
import DNSTransport
import Foundation
import Testing

@Suite("The DNS servers of this machine")
struct SystemUpstreamsTests {
    private func withFile<Value>(_ content: [UInt8], _ body: (String) throws -> Value) throws -> Value {
        let url = FileManager.default.temporaryDirectory.appending(path: "resolv-\(UUID().uuidString).conf")
        try Data(content).write(to: url)
        defer { #expect(throws: Never.self) { try FileManager.default.removeItem(at: url) } }
        return try body(url.path)
    }

    @Test("Only nameserver lines with an address count")
    func junk() throws {
        let content = """
            # nameserver 192.0.2.9
            search mesh.test
            nameserver 192.0.2.1
              nameserver\t2001:db8::53   # the second
            nameserver
            nameserver dns.example
            nameservers 192.0.2.8
            options timeout:1
            nameserver fe80::1%eth0\r
            nameserver 999.1.1.1
            nameserver 192.0.2.1
            """
        let upstreams = try self.withFile(Array(content.utf8) + [0x0a, 0xff, 0x0a, 0x00]) {
            try UpstreamAddress.system(configuredIn: $0)
        }
        let expected = ["192.0.2.1:53", "[2001:db8::53]:53", "[fe80::1%eth0]:53", "192.0.2.1:53"]
        #expect(upstreams.map(\.description) == expected)
    }

    @Test("A file without servers, and no file, are errors that say so")
    func nothing() throws {
        for content in ["", "search mesh.test\n"] {
            let error = try self.withFile(Array(content.utf8)) { path in
                #expect(throws: NetworkFailure.self) { try UpstreamAddress.system(configuredIn: path) }
            }
            #expect(error?.code == .invalidConfiguration)
        }
        let error = #expect(throws: NetworkFailure.self) {
            try UpstreamAddress.system(configuredIn: "/nonexistent/resolv.conf")
        }
        #expect(error?.code == .invalidConfiguration)
        #expect(error?.message.contains("/nonexistent/resolv.conf") == true)
    }
}
