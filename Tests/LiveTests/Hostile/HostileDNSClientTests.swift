import DMPTesting
import DNSMeshNode
import DNSTransport
import DNSWire
import Foundation
import Testing

@Suite("Our node against hostile DNS clients", .serialized)
struct HostileDNSClientTests {
    static let zone = "mesh.example.org"
    static let small = "small.mesh.example.org"
    static let large = "large.mesh.example.org"

    @Test("An answer over UDP has at most what the client takes, and never more than 1,232 bytes")
    func amplification() async throws {
        try await Self.withNode { node async throws in
            try await RawSocket.withDatagrams { attacker async throws in
                var probes = 0
                for name in [Self.small, Self.large, Self.zone, "nx.\(Self.zone)", "example.com", "."] {
                    for type in [1, 2, 5, 6, 15, 16, 28, 43, 46, 48, 99, 250, 251, 252, 255, 256, 65_535] as [UInt16] {
                        for size in [nil, 0, 511, 512, 600, 1_232, 1_233, 4_096, 65_535] as [UInt16?] {
                            let query = try Self.query(name, RRType(rawValue: type), size: size)
                            try await attacker.send(query, to: node.running.dnsAddress)
                            let answer = try #require(await attacker.next())
                            let limit = min(max(512, Int(size ?? 0)), 1_232)
                            #expect(answer.count <= limit, "\(name) type \(type), EDNS \(size ?? 0)")
                            probes += 1
                        }
                    }
                }
                #expect(probes == 918)
            }
        }
    }

    @Test("Of a set that no message holds the newest part comes over TCP, and over UDP the word to ask there")
    func hugeSet() async throws {
        try await withTemporaryFolder { folder async throws in
            var configuration = try LiveNode.configuration(in: folder, zone: Self.zone)
            configuration.recordLimits.setWireBytes = .max
            configuration.dnsLimit = .off
            try await withLiveNode(configuration) { node async throws in
                let values = (0..<40).map { "\(10 + $0) \(String(repeating: "x", count: 2_000))" }
                try await node.publish(values, at: Self.large)
                for _ in 0..<3 {
                    #expect(try await node.running.dnsAddress.texts(at: Self.large) == Array(values.suffix(32)))
                    try await RawSocket.withDatagrams { client async throws in
                        try await client.send(Self.query(Self.large, .txt, size: 65_535), to: node.running.dnsAddress)
                        let answer = try DNSMessage(decoding: try #require(await client.next())[...])
                        #expect(answer.isTruncated && answer.answers.isEmpty)
                    }
                }
            }
        }
    }

    @Test("A flood from one address, or from many, takes nothing from another", arguments: [1, 200])
    func flood(addresses: Int) async throws {
        // At this rate nobody gets a second helping while the test runs.
        try await Self.withNode(limit: RateLimit(perSecond: 0.000_1, burst: 20)) { node async throws in
            let query = try Self.query(Self.small, .txt)
            for number in 0..<addresses {
                let host = "127.0.\(1 + number / 200).\(2 + number % 200)"
                try await RawSocket.withDatagrams(from: host) { attacker async throws in
                    for _ in 0..<(2_000 / addresses + 30) {
                        try await attacker.send(query, to: node.running.dnsAddress)
                    }
                    #expect(await attacker.next() != nil)
                }
            }
            for _ in 0..<5 { #expect(try await node.running.dnsAddress.texts(at: Self.small) == ["small"]) }
        }
    }

    @Test("Whoever floods gets what the limit allows, and silence after that")
    func silence() async throws {
        try await Self.withNode(limit: RateLimit(perSecond: 0.000_1, burst: 20)) { node async throws in
            try await RawSocket.withDatagrams { attacker async throws in
                for number in 0..<500 {
                    let query = try Self.query(Self.small, .txt, id: UInt16(number))
                    try await attacker.send(query, to: node.running.dnsAddress)
                }
                for _ in 0..<20 { #expect(await attacker.next() != nil) }
                #expect(try await node.running.dnsAddress.texts(at: Self.small) == ["small"])
                // Another address has been served since: what comes now can only be a 21st answer.
                try await RawSocket.withDatagrams(from: "127.0.0.3") { other async throws in
                    try await other.send(try Self.query(Self.small, .txt), to: node.running.dnsAddress)
                    #expect(await other.next() != nil)
                }
            }
        }
    }

    @Test("Three hundred idle connections keep nobody from asking over TCP")
    func idle() async throws {
        try await Self.withNode { node async throws in
            try await RawSocket.withConnections(300, to: node.running.dnsAddress.port) { _ async throws in
                #expect(try await node.running.dnsAddress.texts(at: Self.large)?.count == 15)
            }
        }
    }

    @Test("Connections that send a part of a message keep nobody from asking over TCP")
    func halfMessages() async throws {
        try await Self.withNode { node async throws in
            try await RawSocket.withConnections(200, to: node.running.dnsAddress.port) { sockets async throws in
                for socket in sockets { socket.push([0xff, 0xff, 1, 2, 3]) }
                #expect(try await node.running.dnsAddress.texts(at: Self.large)?.count == 15)
            }
        }
    }

    @Test("Who asks for a large set again and again and never reads keeps nobody from it")
    func neverReads() async throws {
        try await Self.withNode { node async throws in
            let query = try Self.query(Self.large, .txt)
            let framed = [UInt8(query.count >> 8), UInt8(query.count & 0xff)] + query
            let port = node.running.dnsAddress.port
            try await RawSocket.withConnection(to: port, reads: false) { one async throws in
                try await RawSocket.withConnection(to: port, reads: false) { two async throws in
                    for socket in [one, two] {
                        for _ in 0..<40 { socket.push(Array(repeatElement(framed, count: 50).joined())) }
                    }
                    for _ in 0..<5 {
                        #expect(try await node.running.dnsAddress.texts(at: Self.large)?.count == 15)
                    }
                }
            }
        }
    }

    @Test("Damaged queries and updates get one answer or none, and the node goes on", arguments: [0, 1] as [UInt64])
    func noise(offset: UInt64) async throws {
        let seed = SeededRandom.fuzzSeed &* 1_000 &+ offset
        try await Self.withNode { node async throws in
            var random = SeededRandom(seed: seed)
            let samples = try [
                Self.query(Self.large, .txt, size: 4_096), Self.query(Self.zone, .any), Self.update(Self.zone),
            ]
            let damaged = (0..<1_000).map { samples[$0 % samples.count].mutated(using: &random) }
            try await RawSocket.withDatagrams { attacker async throws in
                for bytes in damaged { try await attacker.send(bytes, to: node.running.dnsAddress) }
            }
            for bytes in damaged.prefix(30) {
                try await RawSocket.withConnection(to: node.running.dnsAddress.port) { attacker async throws in
                    attacker.push([UInt8(bytes.count >> 8), UInt8(bytes.count & 0xff)] + bytes + [0, 0])
                    #expect(await attacker.untilClosed().count <= 65_537, "seed \(seed)")
                }
            }
            #expect(try await node.running.dnsAddress.texts(at: Self.small) == ["small"], "seed \(seed)")
        }
    }

    // MARK: The node and what is sent to it

    private static func withNode(
        limit: RateLimit = .off,
        _ body: @Sendable (LiveNode) async throws -> Void
    ) async throws {
        try await withTemporaryFolder { folder async throws in
            var configuration = try LiveNode.configuration(in: folder, zone: Self.zone)
            configuration.dnsLimit = limit
            try await withLiveNode(configuration) { node async throws in
                try await node.publish(["small"], at: Self.small)
                try await node.publish((0..<15).map { "\($0) \(String(repeating: "x", count: 1_900))" }, at: Self.large)
                try await body(node)
            }
        }
    }

    private static func query(_ name: String, _ type: RRType, id: UInt16 = 7, size: UInt16? = nil) throws -> [UInt8] {
        let question = DNSQuestion(name: try DNSName(name), type: type)
        let edns = size.map { EDNS(udpPayloadSize: $0, dnssecOK: true) }
        return DNSMessage(id: id, asking: question, edns: edns).encode()
    }

    private static func update(_ zone: String) throws -> [UInt8] {
        let zone = try DNSName(zone)
        var message = DNSMessage(id: 7)
        message.opcode = .update
        message.questions = [DNSQuestion(name: zone, type: .soa)]
        message.authorities = [
            DNSRecord(name: try zone.prepending(Array("a".utf8)), timeToLive: 60, data: .txt(TXTData(Array("x".utf8))))
        ]
        return message.encode()
    }
}
