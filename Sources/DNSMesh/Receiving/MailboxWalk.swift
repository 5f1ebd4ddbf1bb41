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
        let results = try await names.concurrentMap(width: names.count) { name in
            // An empty slot decides nothing: it is asked again in the next pass.
            try await self.reader.read(name, absence: .provisional, deadline: deadline)
        }
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
}
