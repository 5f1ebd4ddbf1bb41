import DMPNetwork
import DMPProtocol
import DNSMeshNode
import DNSTransport
import DNSWire
import Foundation
import Logging
import Testing

/// A node on ports of loopback that the system chose, and a writer to it.
struct LiveNode {
    let running: RunningNode
    let writer: HTTPRecordWriter

    static let logger = Logger(label: "live") { _ in SwiftLogNoOpLogHandler() }

    static func configuration(in folder: URL, zone: String? = nil) throws -> NodeConfiguration {
        var configuration = NodeConfiguration()
        configuration.databasePath = folder.appending(path: "node.db").path
        configuration.dnsPort = 0
        configuration.httpPort = 0
        configuration.dnsLimit = .off
        configuration.httpLimit = .off
        configuration.servedZone = try zone.map { try DNSName($0) }
        return configuration
    }

    static func now() -> UnixSeconds { UnixSeconds(rawValue: UInt64(Date().timeIntervalSince1970)) }

    /// Ten seconds from now.
    static var deadline: ErasedClock.Instant { ErasedClock.continuous.now.advanced(by: .seconds(10)) }

    func publish(_ values: [String], at name: String, sourceLocation: SourceLocation = #_sourceLocation) async throws {
        let name = try OwnerName(name)
        for value in values {
            let result = try await self.writer.publish(TXTValue(value), at: name, ttl: 300, deadline: Self.deadline)
            guard case .accepted = result else {
                Issue.record("not accepted: \(result)", sourceLocation: sourceLocation)
                return
            }
        }
    }
}

/// Runs a node while `body` runs.
func withLiveNode<Value: Sendable>(
    _ configuration: NodeConfiguration,
    _ body: (LiveNode) async throws -> Value
) async throws -> Value {
    try await withNode(configuration, logger: LiveNode.logger, now: { LiveNode.now() }) { running in
        try await withHTTPRecordWriter(to: HTTPEndpoint(running.httpEndpoint), token: nil) { writer in
            try await body(LiveNode(running: running, writer: writer))
        }
    }
}

extension UpstreamAddress {
    /// What the server at this address has at a name, as texts in alphabetical order; `nil` if there is nothing.
    func texts(at name: String) async throws -> [String]? {
        try await withUpstreamReader(self) { reader async throws in
            switch try await reader.read(OwnerName(name), deadline: LiveNode.deadline) {
            case .records(let values): values.map(\.text).sorted()
            case .absent: nil
            case .unavailable(let failure): throw failure
            }
        }
    }

    /// The response code and the number of answers to a question.
    func ask(_ name: String, _ type: RRType = .txt) async throws -> DNSMessage {
        try await withDNSClient(self) { client in
            try await client.query(DNSName(name), type: type, deadline: LiveNode.deadline)
        }
    }
}
