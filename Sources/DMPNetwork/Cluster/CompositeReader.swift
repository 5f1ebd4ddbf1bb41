public import DMPProtocol
public import DNSTransport

/// Reads names of a cluster from the cluster, and all others elsewhere. What the chosen reader says is final.
///
/// Source: protocol documents, "The network layer", section 4.
public struct CompositeReader: RecordReader {
    private let base: ZoneName?
    private let cluster: any RecordReader
    private let external: any RecordReader

    /// - Parameters:
    ///   - base: The name that the cluster serves, with all names beneath it; `nil` for none.
    ///   - cluster: What reads those names.
    ///   - external: What reads all others.
    public init(base: ZoneName?, cluster: any RecordReader, external: any RecordReader) {
        self.base = base
        self.cluster = cluster
        self.external = external
    }

    public func read(
        _ name: OwnerName,
        deadline: ErasedClock.Instant
    ) async throws(CancellationError) -> ReadResult {
        try await self.reader(of: name).read(name, deadline: deadline)
    }

    public func read(
        _ name: OwnerName,
        absence: AbsenceNeed,
        deadline: ErasedClock.Instant
    ) async throws(CancellationError) -> ReadResult {
        try await self.reader(of: name).read(name, absence: absence, deadline: deadline)
    }

    public func prepareForLargeAnswers(at name: OwnerName) async {
        await self.reader(of: name).prepareForLargeAnswers(at: name)
    }

    private func reader(of name: OwnerName) -> any RecordReader {
        guard let base = self.base, Self.serves(name, beneath: base) else { return self.external }
        return self.cluster
    }

    /// Whether `name` is `base` or ends with its labels. Both are in lower case without a dot at the end.
    package static func serves(_ name: OwnerName, beneath base: ZoneName) -> Bool {
        name.text == base.text || name.text.hasSuffix(".\(base.text)")
    }
}
