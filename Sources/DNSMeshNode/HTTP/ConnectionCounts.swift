internal import DNSWire

/// How many connections are open, in all and for each source.
///
/// Sources on this machine are only held to the total: behind a proxy they stand for many clients.
struct ConnectionCounts: Sendable {
    private let maximum: Int
    private let maximumPerSource: Int
    private var total = 0
    private var counts: [SourceKey: Int] = [:]

    init(maximum: Int, maximumPerSource: Int) {
        self.maximum = maximum
        self.maximumPerSource = maximumPerSource
    }

    /// - Returns: `false` if the connection is one too many; it is not counted then.
    mutating func open(from source: IPAddress) -> Bool {
        guard self.total < self.maximum else { return false }
        if !source.isLoopback {
            let count = self.counts[SourceKey(source), default: 0]
            guard count < self.maximumPerSource else { return false }
            self.counts[SourceKey(source)] = count + 1
        }
        self.total += 1
        return true
    }

    /// Undoes one ``open(from:)`` that returned `true`.
    mutating func close(from source: IPAddress) {
        self.total -= 1
        guard !source.isLoopback else { return }
        let count = self.counts[SourceKey(source), default: 1] - 1
        self.counts[SourceKey(source)] = count > 0 ? count : nil
    }
}
