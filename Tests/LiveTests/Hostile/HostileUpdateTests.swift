import DMPTesting
import DNSMeshNode
import DNSTransport
import DNSWire
import Foundation
import Testing

@Suite("Our node against hostile updates", .serialized)
struct HostileUpdateTests {
    private static let zone = "mesh.example.org"
    private static let small = "small.mesh.example.org"

    /// A message, and the code of its answer; `nil` for none.
    private struct Attack {
        let label: String
        let bytes: [UInt8]
        let code: DNSResponseCode?

        init(_ label: String, _ bytes: [UInt8], _ code: DNSResponseCode?) {
            (self.label, self.bytes, self.code) = (label, bytes, code)
        }
    }

    @Test("Every malformed kind of update gets its code or none, stores nothing, and others are answered")
    func malformed() async throws {
        try await Self.withNode { node async throws in
            let attacks = try Self.plainAttacks() + Self.recordAttacks() + Self.signatureAttacks()
            for attack in attacks {
                let framed = [UInt8(attack.bytes.count >> 8), UInt8(attack.bytes.count & 0xff)] + attack.bytes
                try await RawSocket.withConnection(to: node.running.dnsAddress.port) { socket async throws in
                    socket.push(framed)
                    let answer = await socket.next()
                    let code = answer.flatMap { $0.count >= 14 ? DNSResponseCode(rawValue: UInt16($0[5] & 0xf)) : nil }
                    #expect(code == attack.code, "\(attack.label) over TCP")
                }
                if attack.bytes.count < 1_400 {
                    try await RawSocket.withDatagrams { socket async throws in
                        try await socket.send(attack.bytes, to: node.running.dnsAddress)
                        guard let code = attack.code else { return }
                        let answer = try #require(await socket.next())
                        #expect(UInt16(answer[3] & 0xf) == code.rawValue, "\(attack.label) over UDP")
                        #expect(answer.count <= 512, "\(attack.label)")
                    }
                }
                #expect(try await node.running.dnsAddress.texts(at: Self.small) == ["small"], "\(attack.label)")
                #expect(try await node.running.dnsAddress.texts(at: "a.\(Self.zone)") == nil, "\(attack.label)")
            }
            #expect(attacks.count == 42)
        }
    }

    @Test("Damaged signed updates store nothing, and the node goes on", arguments: [0, 1] as [UInt64])
    func noise(offset: UInt64) async throws {
        let seed = SeededRandom.fuzzSeed &* 1_000 &+ offset
        try await Self.withNode { node async throws in
            var random = SeededRandom(seed: seed)
            let sample = try Self.signed(Self.message([Self.record()]))
            try await RawSocket.withDatagrams { attacker async throws in
                for _ in 0..<1_000 {
                    let damaged = sample.mutated(using: &random)
                    // Letters of the key's name in another case, or another id, change nothing that is signed.
                    guard damaged.dropFirst(2) != sample.dropFirst(2), !Self.verifies(damaged) else { continue }
                    try await attacker.send(damaged, to: node.running.dnsAddress)
                }
            }
            #expect(try await node.running.dnsAddress.texts(at: Self.small) == ["small"], "seed \(seed)")
            #expect(try await node.running.dnsAddress.texts(at: "a.\(Self.zone)") == nil, "seed \(seed)")
        }
    }

    // MARK: What is sent

    /// Messages that are no updates of one zone.
    private static func plainAttacks() throws -> [Attack] {
        let good = try self.message([self.record()])
        func changed(_ change: (inout DNSMessage) -> Void) throws -> [UInt8] {
            var message = good
            change(&message)
            return try self.signed(message)
        }
        func counted(_ offset: Int, _ count: UInt16) throws -> [UInt8] {
            var bytes = try self.signed(good)
            bytes[offset] = UInt8(count >> 8)
            bytes[offset + 1] = UInt8(count & 0xff)
            return bytes
        }
        let header: [UInt8] = [0, 7, 0x28, 0, 0, 1, 0, 0, 0, 0, 0, 0]
        let other = DNSQuestion(name: try DNSName("example.org"), type: .soa)
        return [
            Attack("unsigned", good.encode(), .refused),
            Attack("unsigned, another zone", try changed { $0.questions = [other] }.unsigned, .notAuthorized),
            Attack("no zone", try changed { $0.questions = [] }, .formatError),
            Attack("two zones", try changed { $0.questions += $0.questions }, .formatError),
            Attack("zone of type TXT", try changed { $0.questions[0].type = .txt }, .formatError),
            Attack("zone of class ANY", try changed { $0.questions[0].questionClass = .any }, .formatError),
            Attack("zone of class CH", try changed { $0.questions[0].questionClass = .ch }, .formatError),
            Attack("another zone", try changed { $0.questions = [other] }, .notAuthorized),
            Attack("zone count 2", try counted(4, 2), nil),
            Attack("zone count 65535", try counted(4, .max), nil),
            Attack("prerequisite count 1", try counted(6, 1), nil),
            Attack("prerequisite count 65535", try counted(6, .max), nil),
            Attack("update count 0", try counted(8, 0), nil),
            Attack("update count 65535", try counted(8, .max), nil),
            Attack("additional count 0", try counted(10, 0), nil),
            Attack("additional count 65535", try counted(10, .max), nil),
            Attack("an answer", try changed { $0.isResponse = true }, nil),
            Attack("a name that points at itself", header + [0xc0, 12, 0, 6, 0, 1], nil),
            Attack("names that point at each other", header + [0xc0, 14, 0xc0, 12, 0, 6, 0, 1], nil),
            Attack("only a header", Array(header.prefix(12)), nil),
        ]
    }

    /// Records that mean nothing, or that are not allowed.
    private static func recordAttacks() throws -> [Attack] {
        let outside = try DNSName("a.example.org")
        let noText = RecordData.txt(try #require(TXTData(strings: [])))
        let many = try (0..<5_000).map { try self.record(.txt(TXTData(Array("evil \($0)".utf8)))) }
        let large = try (0..<30).map {
            try self.record(.txt(TXTData([UInt8](repeating: 97, count: 2_000) + Array("\($0)".utf8))))
        }
        var outsider = try self.record()
        outsider.name = outside
        func update(_ records: DNSRecord...) throws -> [UInt8] {
            try self.signed(self.message([self.record()] + records))
        }
        func condition(_ record: DNSRecord) throws -> [UInt8] {
            var message = try self.message([self.record()])
            message.answers = [record]
            return try self.signed(message)
        }
        return [
            Attack("outside the zone", try update(outsider), .notInZone),
            Attack("a prerequisite outside", try condition(self.changed(outsider, .in, 0)), .notInZone),
            Attack("class CH", try update(self.record(recordClass: .ch)), .formatError),
            Attack("an address", try update(self.record(.a(.loopback))), .refused),
            Attack("a meta type", try update(self.record(.unknown(.axfr, [1]))), .formatError),
            Attack("no data", try update(self.record(noText)), .formatError),
            Attack("class ANY with data", try update(self.record(recordClass: .any, ttl: 0)), .formatError),
            Attack("class NONE with a TTL", try update(self.record(recordClass: .none, ttl: 1)), .formatError),
            Attack("a prerequisite with a TTL", try condition(self.record(ttl: 1)), .formatError),
            Attack("a prerequisite of class CH", try condition(self.record(recordClass: .ch, ttl: 0)), .formatError),
            Attack("a prerequisite that fails", try condition(self.record(ttl: 0)), .noSuchSet),
            Attack("thousands of values", try self.signed(self.message(Array(many.prefix(2_500)))), .refused),
            Attack("64 KiB of values", try self.signed(self.message(large)), .refused),
        ]
    }

    /// Signatures that don't hold.
    private static func signatureAttacks() throws -> [Attack] {
        let plain = try self.message([self.record()]).encode()
        let good = try #require(try TSIGMessage(self.signed(self.message([self.record()]))[...]))
        func with(_ change: (inout TSIGData) -> Void) throws -> [UInt8] {
            var data = good.data
            change(&data)
            return try #require(data.appended(to: plain, keyName: good.keyName))
        }
        let now = UInt64(Date().timeIntervalSince1970)
        let key = try self.key()
        let other = try #require(try TSIGMessage(self.signed(self.message([]))[...]))
        let swapped = try #require(other.data.appended(to: plain, keyName: other.keyName))
        let twice = try #require(key.sign(self.signed(self.message([self.record()])), at: now)).bytes
        var after = try DNSMessage(decoding: self.signed(self.message([self.record()]))[...])
        let record = after.additionals[0]
        after.additionals.append(try self.record())
        var inside = try self.message([self.record(), record])
        inside.answers = [record]
        return [
            Attack("a wrong code", try with { $0.code[0] ^= 1 }, .notAuthorized),
            Attack("a short code", try with { $0.code.removeLast(16) }, .notAuthorized),
            Attack("a very short code", try with { $0.code.removeLast(27) }, .formatError),
            Attack("another algorithm", try with { $0.algorithm = TSIGAlgorithm.hmacSHA512.name }, .notAuthorized),
            Attack("the signature of another message", swapped, .notAuthorized),
            Attack(
                "an old signature",
                try #require(key.sign(plain, at: now - 4_000, fudge: .max)).bytes,
                .notAuthorized
            ),
            Attack("two signatures", twice, .formatError),
            Attack("a record after the signature", after.encode(), .formatError),
            Attack("a signature among the changes and prerequisites", inside.encode(), .formatError),
        ]
    }

    // MARK: The parts of a message

    private static func message(_ changes: [DNSRecord]) throws -> DNSMessage {
        var message = DNSUpdate(zone: try DNSName(self.zone)).message(id: 7)
        message.authorities = changes
        return message
    }

    private static func record(
        _ data: RecordData = .txt(TXTData("evil".utf8)),
        recordClass: RRClass = .in,
        ttl: UInt32 = 60
    ) throws -> DNSRecord {
        DNSRecord(name: try DNSName("a.\(self.zone)"), recordClass: recordClass, timeToLive: ttl, data: data)
    }

    private static func changed(_ record: DNSRecord, _ recordClass: RRClass, _ ttl: UInt32) -> DNSRecord {
        DNSRecord(name: record.name, recordClass: recordClass, timeToLive: ttl, data: record.data)
    }

    private static func key() throws -> TSIGKey {
        let secret = [UInt8](repeating: 0x73, count: 32)
        return try #require(TSIGKey(name: DNSName("alice-key"), algorithm: .hmacSHA256, secret: secret))
    }

    private static func signed(_ message: DNSMessage) throws -> [UInt8] {
        try #require(self.key().sign(message.encode(), at: UInt64(Date().timeIntervalSince1970))).bytes
    }

    private static func verifies(_ bytes: [UInt8]) -> Bool {
        guard let message = try? TSIGMessage(bytes[...]), let key = try? self.key() else { return false }
        return (try? message.verify(with: key, now: UInt64(Date().timeIntervalSince1970))) != nil
    }

    private static func withNode(_ body: @Sendable (LiveNode) async throws -> Void) async throws {
        try await withTemporaryFolder { folder async throws in
            var configuration = try LiveNode.configuration(in: folder, zone: Self.zone)
            let file = folder.appending(path: "keys").path
            let line = "alice-key hmac-sha256 c3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3M=\n"
            #expect(
                FileManager.default.createFile(
                    atPath: file,
                    contents: Data(line.utf8),
                    attributes: [.posixPermissions: 0o600]
                )
            )
            configuration.updateKeyFile = file
            try await withLiveNode(configuration) { node async throws in
                try await node.publish(["small"], at: Self.small)
                try await body(node)
            }
        }
    }
}

extension [UInt8] {
    /// A signed message without its signature.
    fileprivate var unsigned: [UInt8] {
        get throws { try TSIGMessage(self[...])?.content ?? self }
    }
}
