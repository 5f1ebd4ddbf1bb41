internal import DNSWire
private import Synchronization

/// The keys that count now.
final class UpdateKeys: Sendable {
    private let keys: Mutex<[DNSName: UpdateKey]>

    init(_ keys: [UpdateKey]) {
        self.keys = Mutex(Self.table(keys))
    }

    /// The key of that name, if it goes with the algorithm.
    func find(_ name: DNSName, algorithm: DNSName) -> UpdateKey? {
        guard let key = self.keys.withLock({ $0[name] }), key.key.algorithm.name == algorithm else { return nil }
        return key
    }

    func replace(with keys: [UpdateKey]) {
        let table = Self.table(keys)
        self.keys.withLock { $0 = table }
    }

    private static func table(_ keys: [UpdateKey]) -> [DNSName: UpdateKey] {
        Dictionary(keys.map { ($0.key.name, $0) }) { $1 }
    }
}
