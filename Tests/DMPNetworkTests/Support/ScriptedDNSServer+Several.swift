import DNSTransport

extension ScriptedDNSServer {
    /// Runs `body` with all of `servers` and their addresses, in the same order.
    static func run(
        _ servers: [ScriptedDNSServer],
        addresses: [UpstreamAddress] = [],
        _ body: ([UpstreamAddress]) async throws -> Void
    ) async throws {
        guard let first = servers.first else { return try await body(addresses) }
        try await first.run { address in
            try await self.run(Array(servers.dropFirst()), addresses: addresses + [address], body)
        }
    }

    /// Never answers, and counts itself in `asked`.
    static func silent(_ asked: Shared<Int>) -> ScriptedDNSServer {
        let isFirst = Shared(true)
        return ScriptedDNSServer { _, _ in
            let counts = isFirst.change { first in
                defer { first = false }
                return first
            }
            if counts { asked.change { $0 += 1 } }
            return nil
        }
    }
}
