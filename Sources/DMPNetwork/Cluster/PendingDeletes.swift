package import DMPProtocol
package import DNSTransport

/// The deletes that some nodes haven't answered, and when to try them again.
///
/// Only deletes of one value are kept: to repeat the delete of a whole name would take away what others have put there
/// since. The wait doubles from one second to a minute; after an hour a delete is given up.
package struct PendingDeletes: Sendable {
    package struct Key: Hashable, Sendable {
        package let node: NodeID
        package let endpoint: String
        package let name: OwnerName
        package let value: TXTValue

        package init(node: NodeID, endpoint: String, name: OwnerName, value: TXTValue) {
            self.node = node
            self.endpoint = endpoint
            self.name = name
            self.value = value
        }
    }

    /// A delete that is due.
    package struct Item: Hashable, Sendable {
        package let key: Key
        fileprivate let wait: Duration
        fileprivate let end: ErasedClock.Instant
    }

    private struct Entry: Hashable {
        var item: Item
        var due: ErasedClock.Instant
    }

    package static let firstWait = Duration.seconds(1)
    package static let longestWait = Duration.seconds(60)
    package static let lifetime = Duration.seconds(3600)
    /// How many are kept. More are dropped.
    package static let limit = 1024

    private var entries: [Key: Entry] = [:]
    /// Those being tried now. `false` if the value was published again meanwhile.
    private var running: [Key: Bool] = [:]

    package init() {}

    /// How many deletes wait or are being tried.
    package var count: Int { self.entries.count + self.running.count }

    /// When the next one is due.
    package var nextDue: ErasedClock.Instant? { self.entries.values.map(\.due).min() }

    /// Takes in a delete that has just failed. One that is there already stays as it is.
    ///
    /// - Returns: `false` if there is no room for it.
    @discardableResult
    package mutating func add(_ key: Key, at now: ErasedClock.Instant) -> Bool {
        guard self.entries[key] == nil else { return true }
        guard self.entries.count < Self.limit else { return false }
        let item = Item(key: key, wait: Self.firstWait, end: now.advanced(by: Self.lifetime))
        self.entries[key] = Entry(item: item, due: now.advanced(by: item.wait))
        return true
    }

    /// Takes out those that are due. Each is to be told about with ``ended(_:isDone:at:)``.
    package mutating func takeDue(at now: ErasedClock.Instant) -> [Item] {
        let due = self.entries.values.filter { $0.due <= now && self.running[$0.item.key] == nil }.sorted {
            $0.due < $1.due
        }
        for entry in due {
            self.entries[entry.item.key] = nil
            self.running[entry.item.key] = true
        }
        return due.map(\.item)
    }

    /// Whether an item that was taken out is still to be deleted.
    package func isWanted(_ item: Item) -> Bool { self.running[item.key] ?? false }

    /// Takes note that a try has ended, and puts the delete back unless it is done or out of time.
    package mutating func ended(_ item: Item, isDone: Bool, at now: ErasedClock.Instant) {
        let isWanted = self.running.removeValue(forKey: item.key) ?? false
        guard !isDone, isWanted, self.entries[item.key] == nil else { return }
        let next = Item(key: item.key, wait: min(item.wait * 2, Self.longestWait), end: item.end)
        let due = now.advanced(by: next.wait)
        guard due < item.end, self.entries.count < Self.limit else { return }
        self.entries[item.key] = Entry(item: next, due: due)
    }

    /// Forgets the deletes of `value` at `name`, as it is published again.
    package mutating func forget(_ value: TXTValue, at name: OwnerName) {
        for key in self.entries.keys where key.value == value && key.name == name { self.entries[key] = nil }
        for key in self.running.keys where key.value == value && key.name == name { self.running[key] = false }
    }
}
