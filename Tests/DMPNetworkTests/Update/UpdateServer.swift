import DMPNetwork
import DMPProtocol
import DNSTransport
import DNSWire
import Logging
import Testing

/// A server on loopback that takes signed updates and answers as a script says.
final class UpdateServer: DNSResponder {
    /// What is answered.
    enum Reply: Sendable {
        /// Signed with the right key.
        case signed(DNSResponseCode, error: TSIGError = .none, otherData: [UInt8] = [])
        case unsigned(DNSResponseCode)
        /// With a TSIG record that has an error and no code.
        case bare(DNSResponseCode, TSIGError)
        /// Signed with another secret.
        case forged(DNSResponseCode)
        /// With TC.
        case cut
        case noise
        case silence
        /// To a query.
        case texts([String])
    }

    struct Request: Sendable {
        let update: DNSUpdate?
        let overTCP: Bool
        let bytes: [UInt8]
        let timeSigned: UInt64

        var byteCount: Int { self.bytes.count }
    }

    static let zone = "mesh.test"
    static let now: UInt64 = 1_700_000_000
    private let script: @Sendable (Request, Int) -> Reply
    private let seen = Shared<[Request]>([])

    init(_ script: @escaping @Sendable (Request, Int) -> Reply) {
        self.script = script
    }

    var requests: [Request] { self.seen.value }

    static func key(_ secret: UInt8 = 0x73) throws -> TSIGKey {
        let secret = [UInt8](repeating: secret, count: 32)
        return try #require(TSIGKey(name: DNSName("alice-key"), algorithm: .hmacSHA256, secret: secret))
    }

    func respond(to message: ArraySlice<UInt8>, from source: DNSSource) async -> [UInt8]? {
        do { return try self.answer(message, overTCP: source.transport == .tcp) } catch {
            Issue.record("\(error)")
            return nil
        }
    }

    private func answer(_ message: ArraySlice<UInt8>, overTCP: Bool) throws -> [UInt8]? {
        let query = try DNSMessage(decoding: message)
        let signed = try TSIGMessage(message)
        let request = Request(
            update: query.opcode == .update ? try DNSUpdate(query) : nil,
            overTCP: overTCP,
            bytes: Array(message),
            timeSigned: signed?.data.timeSigned ?? 0
        )
        if let signed { try signed.verify(with: Self.key(), now: signed.data.timeSigned) }
        // On a busy machine a datagram is repeated before its answer has come: the same bytes are one request.
        let index = self.seen.change { seen in
            if let known = seen.firstIndex(where: { $0.bytes == request.bytes }) { return known }
            seen.append(request)
            return seen.count - 1
        }
        func encoded(_ code: DNSResponseCode) -> [UInt8] {
            DNSMessage(answering: query, responseCode: code).encode()
        }
        func sign(_ code: DNSResponseCode, _ key: TSIGKey, _ error: TSIGError, _ other: [UInt8]) throws -> [UInt8] {
            let code = encoded(code)
            let requestCode = signed?.data.code ?? []
            return try #require(
                key.sign(code, at: request.timeSigned, answering: requestCode, error: error, otherData: other)
            ).bytes
        }
        switch self.script(request, index) {
        case .signed(let code, let error, let other): return try sign(code, Self.key(), error, other)
        case .forged(let code): return try sign(code, Self.key(1), .none, [])
        case .unsigned(let code): return encoded(code)
        case .bare(let code, let error):
            let name = TSIGAlgorithm.hmacSHA256.name
            let data = TSIGData(algorithm: name, timeSigned: 0, originalID: query.id, error: error)
            return data.appended(to: encoded(code), keyName: try Self.key().name)
        case .cut:
            var answer = DNSMessage(answering: query)
            answer.isTruncated = true
            return answer.encode()
        case .noise: return encoded(.noError) + [1, 2, 3]
        case .silence: return nil
        case .texts(let texts):
            return query.answered(texts: texts.map { Array($0.utf8) })
        }
    }

    /// Lends a writer to this server. Its pauses are as short as they can be.
    func run(_ body: (UpdateRecordWriter, ErasedClock.Instant) async throws -> Void) async throws {
        let configuration = DNSServerConfiguration(host: .v4(.loopback), port: 0)
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let server = try await DNSServer.bind(configuration, responder: self, logger: logger)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await server.run() }
            defer { group.cancelAll() }
            let target = UpdateTarget(
                server: try UpstreamAddress("127.0.0.1:\(server.port)"),
                zone: try DNSName(Self.zone),
                key: try Self.key()
            )
            try await withUpdateRecordWriter(to: target, now: { UnixSeconds(rawValue: Self.now) }) { writer in
                try await body(writer, ErasedClock.continuous.now.advanced(by: .seconds(20)))
            }
        }
    }
}
