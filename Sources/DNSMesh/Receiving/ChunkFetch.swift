import DMPNetwork
import DMPProtocol
import DNSTransport

/// Fetches as many chunks of one message as its decoding needs, from the zone in which its manifest was found.
struct ChunkFetch: Sendable {
    let reader: any RecordReader
    let zone: ZoneName
    let limiter: WidthLimiter
    let deadline: ErasedClock.Instant

    /// How many values are looked at under one chunk name: a sound one, and some that others put beside it.
    private static let valuesPerChunk = 64

    /// Asks for the data chunks and a few more at once, and for another one whenever one of them fails to come.
    ///
    /// - Returns: The chunks that came; complete if the message can be decoded.
    func run(_ manifest: SlotManifest) async throws -> MessageAssembly {
        let assembly = try MessageAssembly(manifest)
        let key = ChunkKey(message: manifest.messageID, recipient: manifest.recipient, sender: manifest.sender)
        let names = try (0..<manifest.shareCount).map { try OwnerName.chunk($0, of: key, in: self.zone) }
        return try await withThrowingTaskGroup(of: (index: Int, result: ReadResult).self) { group in
            var assembly = assembly
            var waiting = names.enumerated().makeIterator()
            func askNext() {
                guard let (index, name) = waiting.next() else { return }
                group.addTask {
                    (
                        index,
                        try await self.limiter.withPermit { try await self.reader.read(name, deadline: self.deadline) }
                    )
                }
            }
            for _ in 0..<Self.firstAsked(of: manifest) { askNext() }
            while !assembly.isComplete, let (index, result) = try await group.next() {
                guard case .records(let values) = result, Self.offer(values, at: index, to: &assembly) else {
                    askNext()
                    continue
                }
            }
            group.cancelAll()
            return assembly
        }
    }

    /// The data chunks, and two or 4% more, so that one that is late or lost costs no further round trip.
    private static func firstAsked(of manifest: SlotManifest) -> Int {
        min(manifest.shareCount, manifest.dataCount + max(2, (manifest.dataCount + 24) / 25))
    }

    private static func offer(_ values: [TXTValue], at index: Int, to assembly: inout MessageAssembly) -> Bool {
        for value in values.prefix(Self.valuesPerChunk) {
            switch assembly.offer(value, at: index) {
            case .accepted, .repaired, .duplicate: return true
            default: continue
            }
        }
        return false
    }
}
