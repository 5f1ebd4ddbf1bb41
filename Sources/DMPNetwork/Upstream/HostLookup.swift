public import DNSTransport
package import DNSWire

/// Finds the address of a host, which a manifest may name in place of an address.
///
/// All servers of the first group are asked at once, the first address counts; those of the next group only if none of
/// them has one. `localhost` is this machine. Source: protocol documents, "Command line", section 4.3.
public struct HostLookup: Sendable {
    /// For how long one group is asked.
    static let timeout = Duration.seconds(2)

    private let groups: [[UpstreamAddress]]
    private let clock: ErasedClock

    /// Takes the servers to ask: those that records are read through, then those of the machine.
    public init(_ groups: [[UpstreamAddress]], clock: ErasedClock = .continuous) {
        self.groups = groups.filter { !$0.isEmpty }
        self.clock = clock
    }

    /// - Throws: ``NetworkFailure`` with the code `unreachable` if no server knows an address; `CancellationError`.
    package func address(of host: DNSName) async throws -> IPAddress {
        if host.description.lowercased() == "localhost" { return .v4(.loopback) }
        for group in self.groups {
            let deadline = self.clock.now.advanced(by: Self.timeout)
            if let address = try await self.firstAddress(of: host, from: group, deadline: deadline) { return address }
        }
        throw NetworkFailure(.unreachable, "no DNS server knows an address of \("\(host)".displayable(limit: 64))")
    }

    private func firstAddress(
        of host: DNSName,
        from servers: [UpstreamAddress],
        deadline: ErasedClock.Instant
    ) async throws -> IPAddress? {
        let clock = self.clock
        return try await withThrowingTaskGroup(of: IPAddress?.self) { group in
            defer { group.cancelAll() }
            for server in Set(servers).prefix(Self.groupLimit) {
                group.addTask { try await Self.ask(server, for: host, deadline: deadline, clock: clock) }
            }
            for try await case let address? in group { return address }
            return nil
        }
    }

    /// More servers are not asked.
    private static let groupLimit = 8

    /// - Returns: `nil` if the server knows none, or doesn't answer.
    private static func ask(
        _ server: UpstreamAddress,
        for host: DNSName,
        deadline: ErasedClock.Instant,
        clock: ErasedClock
    ) async throws -> IPAddress? {
        do {
            return try await withDNSClient(server, clock: clock) { client in
                for type in [RRType.a, .aaaa] {
                    let answer = try await client.query(host, type: type, deadline: deadline)
                    if let address = answer.address(of: host) { return address }
                }
                return nil
            }
        } catch is DNSTransportError {
            try Task.checkCancellation()
            return nil
        }
    }
}

extension DNSMessage {
    /// The first address at `host`, or at the end of its aliases.
    fileprivate func address(of host: DNSName) -> IPAddress? {
        guard self.responseCode == .noError, let final = self.endOfAliases(from: host) else { return nil }
        for record in self.answers where record.recordClass == .in && record.name == final {
            switch record.data {
            case .a(let address): return .v4(address)
            case .aaaa(let address): return .v6(address)
            default: continue
            }
        }
        return nil
    }
}
