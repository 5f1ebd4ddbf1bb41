import DMPNetwork
import DMPProtocol
import DNSTransport

/// Publishes one signed record to several nodes.
struct RecordPublication {
    let value: TXTValue
    let owner: OwnerName
    let expires: UnixSeconds
    let token: BearerToken?
    let clock: ErasedClock
    let now: UnixSeconds

    /// What became of it at one node.
    struct Outcome: Hashable, Sendable {
        let endpoint: HTTPEndpoint
        /// How long the node keeps the record, in seconds; `nil` if it didn't take it.
        let lifetime: UInt32?
        let failure: String?
    }

    /// The longest lifetime that nodes take unless they are told otherwise, in seconds.
    private static let usualLifetime: UInt32 = 86_400
    private static let timeout = Duration.seconds(20)

    /// - Returns: One outcome for each node, in their order.
    func run(at endpoints: [HTTPEndpoint]) async throws -> [Outcome] {
        let deadline = self.clock.now.advanced(by: Self.timeout)
        return try await endpoints.concurrentMap(width: 16) { endpoint in
            do {
                return try await withHTTPRecordWriter(to: endpoint, token: self.token, clock: self.clock) { writer in
                    try await self.publish(through: writer, deadline: deadline)
                }
            } catch let failure as NetworkFailure {
                return Outcome(endpoint: endpoint, lifetime: nil, failure: failure.message)
            }
        }
    }

    /// A node that grants less time says how much.
    private func publish(through writer: HTTPRecordWriter, deadline: ErasedClock.Instant) async throws -> Outcome {
        var lifetime = UInt32(clamping: self.now.seconds(until: self.expires))
        lifetime = max(1, min(lifetime, Self.usualLifetime))
        var result = try await writer.publish(self.value, at: self.owner, ttl: lifetime, deadline: deadline)
        if case .refused(let failure) = result, failure.code == .lifetimeTooLong,
            let limit = failure.limit.flatMap({ UInt32(exactly: $0) }), (1..<lifetime).contains(limit)
        {
            lifetime = limit
            result = try await writer.publish(self.value, at: self.owner, ttl: lifetime, deadline: deadline)
        }
        switch result {
        case .accepted: return Outcome(endpoint: writer.endpoint, lifetime: lifetime, failure: nil)
        case .refused(let failure), .unavailable(let failure):
            return Outcome(endpoint: writer.endpoint, lifetime: nil, failure: failure.message)
        }
    }
}
