import DMPProtocol
import DNSTransport
import DNSWire
import Logging
import Testing

/// How a node of a cluster fails.
enum NodeFault: String, CaseIterable, CustomTestStringConvertible {
    /// Nothing listens at its addresses.
    case dead
    /// It takes what comes and never answers.
    case hanging
    /// It answers with noise over DNS, and with something that is no node's answer over HTTP.
    case garbage
    /// It says that no name exists, and takes records like the others.
    case lying

    var testDescription: String { self.rawValue }
}

/// The DNS side of such a node; over TCP it is silent.
struct FaultyNode: DNSResponder {
    let fault: NodeFault

    func respond(to message: ArraySlice<UInt8>, from source: DNSSource) async -> [UInt8]? {
        guard source.transport == .udp, let query = try? DNSMessage(decoding: message) else { return nil }
        switch self.fault {
        case .dead, .hanging: return nil
        case .garbage: return Array(message.prefix(2)) + [0x80, 0, 0xff, 0xff, 0xff]
        case .lying:
            var answer = DNSMessage(answering: query, responseCode: .noSuchName)
            answer.isAuthoritative = true
            return answer.encode()
        }
    }

    /// Runs `body` with the address of a node that fails like this.
    static func run<Value: Sendable>(_ fault: NodeFault, _ body: (UpstreamAddress) async throws -> Value) async throws
        -> Value
    {
        var configuration = DNSServerConfiguration(host: .v4(.loopback), port: 0)
        configuration.messageTimeout = .seconds(600)
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let server = try await DNSServer.bind(configuration, responder: FaultyNode(fault: fault), logger: logger)
        return try await withThrowingTaskGroup(of: Void.self) { group in
            if fault != .dead { group.addTask { try await server.run() } }
            defer { group.cancelAll() }
            return try await body(UpstreamAddress("127.0.0.1:\(server.port)"))
        }
    }
}
