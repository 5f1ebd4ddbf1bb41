import DMPNetwork
import DMPProtocol
import DMPTesting
import DNSMeshNode
import DNSTransport
import DNSWire
import Foundation
import Testing

@Suite("Our node against hostile HTTP clients", .serialized)
struct HostileHTTPClientTests {
    static let name = "a.mesh.example.org"

    @Test("A hundred and fifty requests that never end keep nobody from publishing")
    func slowloris() async throws {
        try await Self.withNode { node async throws in
            try await RawSocket.withConnections(150, to: node.running.httpPort) { sockets async throws in
                for (number, socket) in sockets.enumerated() {
                    switch number % 3 {
                    case 0: socket.push(Array("GET /health HTTP/1.1\r\nX-A: ".utf8))
                    case 1:
                        socket.push(Array("POST /v1/records/\(Self.name) HTTP/1.1\r\nContent-Length: 9\r\n\r\n{".utf8))
                    default: break  // says nothing at all
                    }
                }
                try await node.publish(["polite"], at: Self.name)
                #expect(try await node.running.dnsAddress.texts(at: Self.name) == ["polite"])
            }
        }
    }

    @Test(
        "A request that is no good is refused or cut off, stores nothing, and the node goes on",
        arguments: [
            ("a body of ten gigabytes", "POST %@ HTTP/1.1\r\nHost: a\r\nContent-Length: 10000000000\r\n\r\n", true),
            (
                "chunks without an end", "POST %@ HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nffffff\r\n",
                true
            ),
            ("a negative length", "POST %@ HTTP/1.1\r\nHost: a\r\nContent-Length: -5\r\n\r\n", false),
            ("a length beyond 64 bits", "POST %@ HTTP/1.1\r\nContent-Length: 99999999999999999999999\r\n\r\n", false),
            ("two lengths", "POST %@ HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n{}", false),
            (
                "a length and chunks",
                "POST %@ HTTP/1.1\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", false
            ),
            ("a header without an end", "GET %@ HTTP/1.1\r\nX-A: ", true),
            ("a path without an end", "GET /v1/records/", true),
            ("another protocol", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", false),
            ("no HTTP", "\u{16}\u{3}\u{1}\u{2}\u{0}\r\n\r\n", false),
            ("a tunnel", "CONNECT example.com:443 HTTP/1.1\r\nHost: example.com\r\n\r\n", false),
            ("another host's address", "POST http://example.com%@ HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}", false),
        ]
    )
    func hostileRequests(_ what: String, _ text: String, isEndless: Bool) async throws {
        try await Self.withNode { node async throws in
            let head = Array(text.replacingOccurrences(of: "%@", with: "/v1/records/\(Self.name)").utf8)
            try await RawSocket.withConnection(to: node.running.httpPort) { socket async throws in
                socket.push(head)
                if isEndless {
                    for _ in 0..<40 { socket.push([UInt8](repeating: 0x61, count: 65_536)) }
                }
                if let answer = await socket.next() {
                    let status = String(decoding: answer.prefix(12), as: UTF8.self)
                    #expect(!status.hasPrefix("HTTP/1.1 2"), "\(what): \(status)")
                }
            }
            #expect(try await node.running.dnsAddress.texts(at: Self.name) == nil, "\(what)")
            try await node.publish(["polite"], at: Self.name)
        }
    }

    @Test("A thousand requests sent at once over one connection are all answered, in order")
    func pipeline() async throws {
        try await Self.withNode { node async throws in
            try await RawSocket.withConnection(to: node.running.httpPort) { socket async throws in
                let request = "GET /health HTTP/1.1\r\nHost: a\r\n\r\n"
                let last = "GET /health HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
                socket.push(Array((String(repeating: request, count: 999) + last).utf8))
                let answers = String(decoding: await socket.untilClosed(), as: UTF8.self)
                #expect(answers.components(separatedBy: "HTTP/1.1 200").count == 1_001)
            }
            try await node.publish(["polite"], at: Self.name)
        }
    }

    @Test("Names, values and sets are taken up to their bounds, and not beyond")
    func bounds() async throws {
        try await Self.withNode { node async throws in
            let label = String(repeating: "l", count: 63)
            let longest = "\(label).\(label).\(label).\(String(repeating: "l", count: 61))"
            let rows: [(name: String, value: String, isTaken: Bool)] = [
                ("\(label).example.org", "x", true), ("l\(label).example.org", "x", false),
                (longest, "x", true), ("\(longest)l", "x", false),
                ("v.example.org", String(repeating: "v", count: 2_048), true),
                ("v.example.org", String(repeating: "w", count: 2_049), false),
            ]
            for row in rows {
                let status = try await Self.post(row.value, at: row.name, to: node)
                #expect((status == 201) == row.isTaken, "\(row.name) \(row.value.utf8.count): \(status)")
            }
            // 2,000 bytes 15 times are below 32 KiB on the wire, 17 times are not.
            for number in 0..<17 {
                let value = "\(number) \(String(repeating: "x", count: 1_990))"
                let status = try await Self.post(value, at: "set.example.org", to: node)
                #expect((status == 201) == (number < 16), "\(number): \(status)")
            }
            #expect(try await node.running.dnsAddress.texts(at: "set.example.org")?.count == 16)
        }
    }

    /// Posts without the checks of our own writer.
    private static func post(_ value: String, at name: String, to node: LiveNode) async throws -> Int {
        try await RawSocket.withConnection(to: node.running.httpPort) { socket async throws in
            let body = #"{"value": "\#(value)", "ttl": 60}"#
            let head = "POST /v1/records/\(name) HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
            socket.push(Array("\(head)Content-Length: \(body.utf8.count)\r\n\r\n\(body)".utf8))
            let answer = String(decoding: await socket.untilClosed(), as: UTF8.self)
            return try #require(Int(answer.dropFirst(9).prefix(3)))
        }
    }

    private static func withNode(_ body: @Sendable (LiveNode) async throws -> Void) async throws {
        try await withTemporaryFolder { folder async throws in
            try await withLiveNode(LiveNode.configuration(in: folder)) { node async throws in
                try await body(node)
            }
        }
    }
}
