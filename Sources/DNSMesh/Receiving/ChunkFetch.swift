import DMPNetwork
import DMPProtocol
import DNSTransport

/// Fetches as many chunks of one message as its decoding needs, from the zone in which its manifest was found.
struct ChunkFetch: Sendable {
    let reader: any RecordReader
    let zone: ZoneName
    let limiter: WidthLimiter
    let clock: ErasedClock
    let limits: ReceiveLimits
    let deadline: ErasedClock.Instant

    /// How many values are looked at under one chunk name: a sound one, and some that others put beside it.
    private static let valuesPerChunk = 64

    private enum Event: Sendable {
        case answer(index: Int, ReadResult)
        case late
    }

    /// Asks for the data chunks and a few more at once, for another one whenever one of them fails to come, and for as
    /// many more as are outstanding whenever some are late.
    ///
    /// - Returns: The chunks that came; complete if the message can be decoded.
    func run(_ manifest: SlotManifest) async throws -> MessageAssembly {
        let assembly = try MessageAssembly(manifest)
        let key = manifest.chunkKey
        let names = try (0..<manifest.shareCount).map { try OwnerName.chunk($0, of: key, in: self.zone) }
        return try await withThrowingTaskGroup(of: Event.self) { group in
            var assembly = assembly
            var waiting = names.enumerated().makeIterator()
            var outstanding = 0
            func askNext() {
                guard let (index, name) = waiting.next() else { return }
                outstanding += 1
                group.addTask { .answer(index: index, try await self.read(name)) }
            }
            for _ in 0..<Self.firstAsked(of: manifest) { askNext() }
            group.addTask { try await self.becomeLate() }
            while !assembly.isComplete, outstanding > 0, let event = try await group.next() {
                switch event {
                case .late:
                    for _ in 0..<outstanding { askNext() }
                    group.addTask { try await self.becomeLate() }
                case .answer(let index, let result):
                    outstanding -= 1
                    if !Self.offer(result, at: index, to: &assembly) { askNext() }
                }
            }
            group.cancelAll()
            return assembly
        }
    }

    private func read(_ name: OwnerName) async throws -> ReadResult {
        try await self.limiter.withPermit {
            let end = min(self.deadline, self.clock.now.advanced(by: self.limits.chunkTimeout))
            return try await self.reader.read(name, absence: .provisional, deadline: end)
        }
    }

    private func becomeLate() async throws -> Event {
        try await self.clock.sleep(until: self.clock.now.advanced(by: self.limits.hedgeDelay))
        return .late
    }

    /// The data chunks, and two or 4% more, so that one that is lost costs no further round trip.
    private static func firstAsked(of manifest: SlotManifest) -> Int {
        min(manifest.shareCount, manifest.dataCount + max(2, (manifest.dataCount + 24) / 25))
    }

    private static func offer(_ result: ReadResult, at index: Int, to assembly: inout MessageAssembly) -> Bool {
        guard case .records(let values) = result else { return false }
        for value in values.prefix(Self.valuesPerChunk) {
            let verdict = assembly.offer(value, at: index)
            if verdict.isTaken || verdict == .duplicate { return true }
        }
        return false
    }
}
