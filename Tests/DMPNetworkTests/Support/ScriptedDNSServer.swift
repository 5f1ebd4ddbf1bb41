import DNSTransport
import DNSWire
import Logging

/// A DNS server on loopback that follows a script and counts what came.
final class ScriptedDNSServer: DNSResponder {
    /// What to answer: bytes, or nothing at all. The message is the question, the flag says whether it came over TCP.
    typealias Script = @Sendable (DNSMessage, _ overTCP: Bool) async -> [UInt8]?

    private let script: Script
    private let seen = Shared((udp: 0, tcp: 0))

    init(script: @escaping Script) {
        self.script = script
    }

    var queryCounts: (udp: Int, tcp: Int) { self.seen.value }

    func respond(to message: ArraySlice<UInt8>, from source: DNSSource) async -> [UInt8]? {
        self.seen.change { seen in
            if source.transport == .udp { seen.udp += 1 } else { seen.tcp += 1 }
        }
        guard let query = try? DNSMessage(decoding: message) else { return nil }
        return await self.script(query, source.transport == .tcp)
    }

    /// Runs `body` with the server and its address.
    func run(_ body: (UpstreamAddress) async throws -> Void) async throws {
        let configuration = DNSServerConfiguration(host: .v4(.loopback), port: 0)
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let server = try await DNSServer.bind(configuration, responder: self, logger: logger)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await server.run() }
            defer { group.cancelAll() }
            try await body(UpstreamAddress("127.0.0.1:\(server.port)"))
        }
    }
}

extension DNSMessage {
    /// The bytes of an answer to this query with TXT records at the name asked about.
    func answered(
        _ code: DNSResponseCode = .noError,
        texts: [[UInt8]] = [],
        isAuthenticData: Bool = false,
        limit: Int? = nil
    ) -> [UInt8] {
        var answer = DNSMessage(answering: self, responseCode: code)
        answer.isRecursionAvailable = true
        answer.isAuthenticData = isAuthenticData
        if let name = self.questions.first?.name {
            answer.answers = texts.map { DNSRecord(name: name, timeToLive: 60, data: .txt(TXTData($0))) }
        }
        return answer.encode(limit: limit)
    }
}
