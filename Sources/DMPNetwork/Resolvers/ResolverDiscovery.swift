public import DNSTransport
private import DNSWire

/// Finds out which DNS servers give TXT records to this machine.
///
/// Each candidate is asked once for the TXT records of a name that has some, all of them at the same time. A server that
/// knows no such name answers all the same; one that leaves the records out would leave out messages too.
///
/// Source: protocol documents, "The network layer", section 2.8.
public struct ResolverDiscovery: Sendable {
    /// What came of asking one candidate.
    public struct Probe: Hashable, Sendable {
        /// Who was asked.
        public let resolver: UpstreamAddress
        /// What came back.
        public let outcome: Outcome
    }

    /// Whether a candidate can be used.
    public enum Outcome: Hashable, Sendable {
        /// TXT records came, or the answer that there is no such name.
        case working
        /// An answer without the TXT records.
        case withoutRecords
        /// No answer in time, or one that says nothing.
        case failed(NetworkFailure)
    }

    /// Google, Cloudflare, Quad9 and OpenDNS, two addresses of each, at port 53.
    public static let publicResolvers: [UpstreamAddress] = [
        0x0808_0808, 0x0808_0404, 0x0101_0101, 0x0100_0001, 0x0909_0909, 0x9570_7070, 0xd043_dede, 0xd043_dcdc,
    ].compactMap { UpstreamAddress(host: .v4(IPv4Address(rawValue: $0)), port: 53) }

    /// The name that is asked about.
    public static let name = "google.com"

    /// In the order in which they were given, each once.
    public let candidates: [UpstreamAddress]

    public init(_ candidates: [UpstreamAddress] = Self.publicResolvers) {
        var seen: Set<UpstreamAddress> = []
        self.candidates = candidates.filter { seen.insert($0).inserted }
    }

    /// Asks every candidate.
    ///
    /// - Parameters:
    ///   - deadline: When to give up, for all of them.
    ///   - clock: What the deadline is an instant of.
    /// - Returns: One probe for each candidate, in their order.
    /// - Throws: `CancellationError` if the task is cancelled.
    public func probe(
        until deadline: ErasedClock.Instant,
        clock: ErasedClock = .continuous
    ) async throws(CancellationError) -> [Probe] {
        try await self.candidates.concurrentMap(width: self.candidates.count) { resolver throws(CancellationError) in
            Probe(resolver: resolver, outcome: try await Self.ask(resolver, until: deadline, clock: clock))
        }
    }

    private static func ask(
        _ resolver: UpstreamAddress,
        until deadline: ErasedClock.Instant,
        clock: ErasedClock
    ) async throws(CancellationError) -> Outcome {
        do {
            let name = try DNSName(self.name)
            let answer = try await withDNSClient(resolver, clock: clock) { client in
                try await client.query(name, type: .txt, deadline: deadline)
            }
            return Outcome(answer, about: name, from: resolver)
        } catch let error as DNSTransportError {
            guard !Task.isCancelled else { throw CancellationError() }
            return .failed(NetworkFailure(error, from: resolver))
        } catch {
            throw CancellationError()  // the name is good, so nothing else is thrown
        }
    }
}

extension ResolverDiscovery.Outcome {
    fileprivate init(_ answer: DNSMessage, about name: DNSName, from resolver: UpstreamAddress) {
        switch ReadResult(answer, about: name, from: "\(resolver)") {
        case .records: self = .working
        case .absent: self = answer.responseCode == .noSuchName ? .working : .withoutRecords
        case .unavailable(let failure): self = .failed(failure)
        }
    }
}
