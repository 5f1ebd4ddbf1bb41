import DMPNetwork
import DMPProtocol
import DNSMeshNode
import DNSTransport
import DNSWire
import Foundation
import Synchronization
import Testing

@Suite("Our client against hostile HTTP nodes", .serialized)
struct HostileHTTPTests {
    static let name = "a.mesh.example.org"
    static let secret = "the-token-of-this-node"

    @Test("A redirect is not followed, and the token goes to nobody else", arguments: [301, 302, 303, 307, 308])
    func redirect(status: Int) async throws {
        let heard = Heard()
        let listen: HostileServer.Stream = { request in
            heard.note(request)
            return [.send(Array("HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n".utf8))]
        }
        try await HostileServer.with(stream: listen) { other async throws in
            let location = "http://127.0.0.1:\(other.port)/v1/records/\(Self.name)"
            let redirect = Self.answer("\(status) Moved", "Location: \(location)\r\n")
            try await HostileServer.with(stream: redirect) { server async throws in
                try await Self.withWriter(to: server) { writer async throws in
                    let result = try await Self.publish(with: writer)
                    guard case .unavailable = result else {
                        guard case .refused = result else {
                            Issue.record("taken for a success: \(result)")
                            return
                        }
                        return
                    }
                }
            }
        }
        #expect(heard.requests.isEmpty)
    }

    @Test(
        "What is no success is not taken for one, and is given up at the deadline",
        arguments: [
            ("500 for ever", "HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n"),
            ("503 and no end in sight", "HTTP/1.1 503 Busy\r\nRetry-After: 86400\r\nContent-Length: 0\r\n\r\n"),
            ("a refusal that never ends", "HTTP/1.1 400 No\r\nTransfer-Encoding: chunked\r\n\r\nffff\r\n"),
            ("a head that never ends", "HTTP/1.1 201 Created\r\nX-A: "),
            ("no HTTP", "SSH-2.0-OpenSSH_9.2\r\n"),
            ("a status out of range", "HTTP/1.1 99999 Created\r\nContent-Length: 0\r\n\r\n"),
            ("a negative length", "HTTP/1.1 500 Oops\r\nContent-Length: -1\r\n\r\n"),
            ("a length beyond 64 bits", "HTTP/1.1 500 Oops\r\nContent-Length: 99999999999999999999999\r\n\r\n"),
        ]
    )
    func failures(_ what: String, _ text: String) async throws {
        let endless = what.contains("never ends")
        let bytes = Array(text.utf8)
        let script: HostileServer.Stream = { _ in
            endless ? [.send(bytes), .repeatForEver([UInt8](repeating: 0x61, count: 4_096))] : [.send(bytes)]
        }
        try await HostileServer.with(stream: script) { server async throws in
            try await Self.withWriter(to: server) { writer async throws in
                let result = try await Self.publish(with: writer)
                #expect(result != .accepted, "\(what)")
            }
        }
    }

    @Test("An answer of a thousand headers, or with a secret's name in its words, shows no secret")
    func words() async throws {
        let headers = (0..<1_000).map { "X-\($0): y\r\n" }.joined()
        for script in [
            Self.answer("401 No", headers), Self.answer("401 No", "", body: #"{"error": "bad \u001b[31m token"}"#),
        ] {
            try await HostileServer.with(stream: script) { server async throws in
                try await Self.withWriter(to: server) { writer async throws in
                    let result = try await Self.publish(with: writer)
                    #expect(result != .accepted)
                    #expect(!"\(result)".contains(Self.secret))
                    #expect(!"\(result)".contains("\u{1b}"))
                }
            }
        }
    }

    @Test("Beside a node that claims to store and doesn't, a message's records are found")
    func liar() async throws {
        try await withTemporaryFolder { folder async throws in
            let first = try LiveNode.configuration(in: folder.appending(path: "first"), zone: "mesh.example.org")
            let second = try LiveNode.configuration(in: folder.appending(path: "second"), zone: "mesh.example.org")
            let claim = Self.answer("201 Created", "", body: #"{"ok": true}"#)
            let deny: HostileServer.Datagrams = { request in
                guard let query = try? DNSMessage(decoding: request[...]) else { return [] }
                return [DNSMessage(answering: query, responseCode: .noSuchName).encode()]
            }
            try await withLiveNode(first) { one async throws in
                try await withLiveNode(second) { two async throws in
                    try await HostileServer.with(datagrams: deny, stream: claim) { liar async throws in
                        try await Self.writeAndRead(one, two, liar)
                    }
                }
            }
        }
    }

    private static func writeAndRead(_ one: LiveNode, _ two: LiveNode, _ liar: HostileServer) async throws {
        try await Self.withWriter(to: liar) { lyingWriter async throws in
            try await withUpstreamReader(liar.address) { lyingReader async throws in
                try await withUpstreamReader(one.running.dnsAddress) { firstReader async throws in
                    try await withUpstreamReader(two.running.dnsAddress) { secondReader async throws in
                        let nodes = try ClusterNodes([
                            .init(id: NodeID("liar"), endpoint: "liar", reader: lyingReader, writer: lyingWriter),
                            .init(id: NodeID("one"), endpoint: "one", reader: firstReader, writer: one.writer),
                            .init(id: NodeID("two"), endpoint: "two", reader: secondReader, writer: two.writer),
                        ])
                        try await withFanoutWriter(of: nodes, now: { LiveNode.now() }) { writer async throws in
                            #expect(try await Self.publish(with: writer) == .accepted)
                        }
                        try await withUnionReader(of: nodes) { reader async throws in
                            // On a busy machine an honest node may be too slow to be waited for, once or twice.
                            var result = ReadResult.absent
                            for _ in 0..<10 where result == .absent {
                                result = try await reader.read(OwnerName(Self.name), deadline: LiveNode.deadline)
                            }
                            #expect(result == .records([TXTValue("v=dmp1;x")]))
                        }
                    }
                }
            }
        }
    }

    private static func answer(_ status: String, _ headers: String, body: String = "") -> HostileServer.Stream {
        let head = "HTTP/1.1 \(status)\r\nContent-Length: \(body.utf8.count)\r\n\(headers)\r\n"
        return { _ in [.send(Array((head + body).utf8))] }
    }

    private static func withWriter(
        to server: HostileServer,
        _ body: (HTTPRecordWriter) async throws -> Void
    ) async throws {
        let endpoint = try HTTPEndpoint("http://127.0.0.1:\(server.port)")
        try await withHTTPRecordWriter(to: endpoint, token: BearerToken(Self.secret)) { writer in
            try await body(writer)
        }
    }

    private static func publish(with writer: some RecordWriter) async throws -> WriteResult {
        let deadline = ErasedClock.continuous.now.advanced(by: .milliseconds(1_500))
        return try await writer.publish(TXTValue("v=dmp1;x"), at: OwnerName(Self.name), ttl: 60, deadline: deadline)
    }
}

/// Notes what a server that should hear nothing has heard.
private final class Heard: Sendable {
    private let state = Mutex<[[UInt8]]>([])

    var requests: [[UInt8]] { self.state.withLock(\.self) }

    func note(_ request: [UInt8]) {
        self.state.withLock { $0.append(request) }
    }
}
