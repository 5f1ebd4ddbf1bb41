import DMPNetwork
import DMPProtocol
import DNSTransport

/// Reads every slot of the own mailbox in every zone, all at once.
struct MailboxWalk: Sendable {
    let reader: any RecordReader
    let recipient: UserID
    let zones: [ZoneName]
    let width: Int
    let valuesPerSlot: Int
    let deadline: ErasedClock.Instant

    struct Finds: Sendable {
        var values: [(zone: ZoneName, value: TXTValue)] = []
        var overflow = 0
        var failures: [NetworkFailure] = []
        var asked = 0

        var answered: Int { self.asked - self.failures.count }
    }

    func run() async throws -> Finds {
        var names: [(zone: ZoneName, name: OwnerName)] = []
        for zone in self.zones {
            for slot in Slot.all { names.append((zone, try OwnerName.slot(slot, of: self.recipient, in: zone))) }
        }
        let results = try await names.map(\.name).concurrentMap(width: self.width) { name in
            try await self.reader.read(name, deadline: self.deadline)
        }
        var finds = Finds()
        finds.asked = names.count
        for (place, result) in zip(names, results) {
            switch result {
            case .records(let values):
                finds.values += values.prefix(self.valuesPerSlot).map { (place.zone, $0) }
                finds.overflow += max(0, values.count - self.valuesPerSlot)
            case .absent: break
            case .unavailable(let failure): finds.failures.append(failure)
            }
        }
        return finds
    }
}
