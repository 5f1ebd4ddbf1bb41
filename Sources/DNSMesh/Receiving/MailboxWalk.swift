import DMPNetwork
import DMPProtocol
import DNSTransport

/// Reads the ten slots of the own mailbox in one zone, all at once.
struct MailboxWalk: Sendable {
    let reader: any RecordReader
    let recipient: UserID
    let valuesPerSlot: Int

    struct Finds: Sendable {
        var values: [TXTValue] = []
        var overflow = 0
        var failures: [NetworkFailure] = []
        var asked = 0
    }

    func run(in zone: ZoneName, deadline: ErasedClock.Instant) async throws -> Finds {
        let names = try Slot.all.map { try OwnerName.slot($0, of: self.recipient, in: zone) }
        async let preparation: Void = self.prepare(names)
        let results = try await names.concurrentMap(width: names.count) { name in
            // An empty slot decides nothing: it is asked again in the next pass.
            try await self.reader.read(name, absence: .provisional, deadline: deadline)
        }
        await preparation
        var finds = Finds()
        finds.asked = names.count
        for result in results {
            switch result {
            case .records(let values):
                finds.values += values.prefix(self.valuesPerSlot)
                finds.overflow += max(0, values.count - self.valuesPerSlot)
            case .absent: break
            case .unavailable(let failure): finds.failures.append(failure)
            }
        }
        return finds
    }

    /// Manifests of more than 21 chunks fit no datagram: the connection for them is opened beside the questions.
    private func prepare(_ names: [OwnerName]) async {
        if let name = names.first { await self.reader.prepareForLargeAnswers(at: name) }
    }
}
