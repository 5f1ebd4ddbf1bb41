import DMPProtocol
import DNSTransport
import DNSWire
import Logging
import Testing

@testable import DNSMeshNode

/// A node with a zone and two keys: alice may write all of it, bob what is below `bob`, and add in mailboxes.
struct UpdateFixture {
    let responder: NodeResponder
    let store: RecordStore
    let time: TestTime

    static let zone = "mesh.example.test"

    static func key(_ name: String, secret: UInt8 = 0x73) throws -> TSIGKey {
        let secret = [UInt8](repeating: secret, count: 32)
        return try #require(TSIGKey(name: DNSName(name), algorithm: .hmacSHA256, secret: secret))
    }

    static func run(
        limits: RecordLimits = RecordLimits(),
        _ body: @Sendable (UpdateFixture) async throws -> Void
    ) async throws {
        try await withTemporaryStore(limits: limits) { store in
            let time = TestTime()
            let zone = ServedZone(try DNSName(Self.zone), records: try ResponderFixture.apex, timeToLive: 60)
            let keys = try [
                UpdateKey(key: Self.key("alice"), scope: UpdateScope([zone.name])),
                UpdateKey(
                    key: Self.key("bob"),
                    scope: UpdateScope([DNSName("bob.\(Self.zone)"), DNSName("slot-*.mb-*.\(Self.zone)")])
                ),
            ]
            let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
            let updates = UpdateResponder(
                keys: UpdateKeys(keys),
                rules: UpdateRules(zone: zone, limits: limits),
                store: store,
                replays: UpdateReplays(),
                now: { time.now },
                logger: logger
            )
            let responder = NodeResponder(
                store: store,
                zone: zone,
                refusesForeignNames: true,
                timeToLive: 60,
                udpLimiter: SourceLimiter(.off, clock: .continuous),
                tcpLimiter: SourceLimiter(.off, clock: .continuous),
                metrics: NodeMetrics(),
                now: { time.now },
                logger: logger,
                updates: updates
            )
            try await body(UpdateFixture(responder: responder, store: store, time: time))
        }
    }

    /// What a signed update came to; the signature of the answer is checked.
    @discardableResult
    func update(
        by name: String = "alice",
        _ prerequisites: [DNSUpdate.Prerequisite] = [],
        _ changes: [DNSUpdate.Change],
        zone: String = Self.zone
    ) async throws -> DNSResponseCode {
        let update = DNSUpdate(zone: try DNSName(zone), prerequisites: prerequisites, changes: changes)
        return try await self.send(update.message(id: .random(in: .min ... .max)), by: name)
    }

    func send(_ message: DNSMessage, by name: String = "alice") async throws -> DNSResponseCode {
        let key = try Self.key(name)
        let request = try #require(key.sign(message.encode(), at: self.time.now.rawValue))
        let bytes = try #require(await self.respond(to: request.bytes))
        let answer = try #require(try TSIGMessage(bytes[...]))
        try answer.verify(with: key, answering: request.code, now: self.time.now.rawValue)
        let decoded = try DNSMessage(decoding: bytes[...])
        #expect(decoded.id == message.id && decoded.isResponse && decoded.opcode == message.opcode)
        return decoded.responseCode
    }

    func respond(to bytes: [UInt8]) async throws -> [UInt8]? {
        let address = try #require(IPAddress("127.0.0.1"))
        return await self.responder.respond(
            to: bytes[...],
            from: DNSSource(address: address, port: 9, transport: .tcp)
        )
    }

    func values(_ label: String) async throws -> [String] {
        let name = try #require(RecordName("\(label).\(Self.zone)"))
        return try await self.store.values(at: name, now: self.time.now).map(\.text)
    }

    func count() async throws -> Int { try await self.store.count(now: self.time.now) }
}

extension DNSUpdate.Change {
    static func add(_ text: String, at label: String, ttl: UInt32 = 300) throws -> Self {
        .add(try DNSName("\(label).\(UpdateFixture.zone)"), timeToLive: ttl, .txt(TXTData(Array(text.utf8))))
    }

    static func delete(_ text: String, at label: String) throws -> Self {
        .deleteValue(try DNSName("\(label).\(UpdateFixture.zone)"), .txt(TXTData(Array(text.utf8))))
    }

    static func deleteAll(at label: String) throws -> Self {
        .deleteSet(try DNSName("\(label).\(UpdateFixture.zone)"), .txt)
    }
}
