import DMPProtocol
import DNSTransport
import DNSWire
import Logging
import NIOCore
import Testing

@testable import DNSMeshNode

/// A responder over an empty store, and what a test wants to do with it.
struct ResponderFixture {
    let responder: NodeResponder
    let store: RecordStore
    let time: TestTime

    /// The zone of most tests, with every apex record but AAAA.
    static let zone = "mesh.example.test"

    static var apex: ApexRecords {
        get throws {
            var apex = ApexRecords()
            apex.ipv4 = IPv4Address("192.0.2.1")
            apex.nameServer = try DNSName("ns.example.test")
            apex.responsible = try DNSName("admin.example.test")
            return apex
        }
    }

    func publish(_ values: String..., at name: RecordName, lifetime: UInt32 = 300) async throws {
        for value in values {
            #expect(
                try await self.store.publish(value, at: name, lifetime: lifetime, now: self.time.now) == .stored
            )
        }
    }

    func ask(_ name: String, _ type: RRType = .txt, change: (inout DNSMessage) -> Void = { _ in }) async throws
        -> DNSMessage
    {
        let query = try Self.query(name, type, change: change)
        return try #require(await self.responder.answer(to: query))
    }

    /// The bytes of the answer, as they go over a transport.
    func askBytes(
        _ name: String,
        over transport: DNSSource.Transport,
        edns: EDNS? = nil,
        from source: String = "127.0.0.1"
    ) async throws -> [UInt8]? {
        let query = try Self.query(name, .txt) { $0.edns = edns }
        return try await self.send(query.encode(), over: transport, from: source)
    }

    func send(
        _ bytes: [UInt8],
        over transport: DNSSource.Transport = .udp,
        from source: String = "127.0.0.1"
    ) async throws -> [UInt8]? {
        guard let address = DNSWire.IPAddress(source) else { throw DNSNameError.nameTooLong }
        let source = DNSSource(address: address, port: 9, transport: transport)
        var answer = ByteBuffer()
        return switch self.responder.reflex(to: ByteBuffer(bytes: bytes), from: source, into: &answer) {
        case .answered: Array(answer.readableBytesView)
        case .silence: nil
        case .takesTime: await self.responder.respond(to: bytes[...], from: source)
        }
    }

    static func query(
        _ name: String,
        _ type: RRType,
        change: (inout DNSMessage) -> Void = { _ in }
    ) throws -> DNSMessage {
        var query = DNSMessage(id: 0x1234, asking: DNSQuestion(name: try DNSName(name), type: type), edns: nil)
        change(&query)
        return query
    }
}

/// Lends a responder over an empty store; `zone` nil is a node that serves whatever is stored.
func withResponder<Value>(
    zone: String? = ResponderFixture.zone,
    refusesForeignNames: Bool = true,
    apex: ApexRecords? = nil,
    limit: RateLimit = .off,
    limits: RecordLimits = RecordLimits(),
    _ body: (ResponderFixture) async throws -> Value
) async throws -> Value {
    try await withTemporaryStore(limits: limits) { store in
        let time = TestTime()
        let clock = ErasedClock.continuous
        let records = try apex ?? ResponderFixture.apex
        let responder = NodeResponder(
            store: store,
            zone: try zone.map { ServedZone(try DNSName($0), records: records, timeToLive: 60) },
            refusesForeignNames: refusesForeignNames,
            timeToLive: 60,
            udpLimiter: SourceLimiter(limit, clock: clock),
            tcpLimiter: SourceLimiter(limit, clock: clock),
            metrics: NodeMetrics(),
            now: { time.now },
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
        return try await body(ResponderFixture(responder: responder, store: store, time: time))
    }
}

extension DNSMessage {
    /// The TXT values, each with its strings joined.
    var texts: [String] {
        self.answers.compactMap { record in
            guard case .txt(let data) = record.data else { return nil }
            return String(decoding: data.joined, as: UTF8.self)
        }
    }

    /// The SOA of a negative answer.
    var startOfAuthority: SOAData? {
        guard case .soa(let data)? = self.authorities.first?.data else { return nil }
        return data
    }
}
