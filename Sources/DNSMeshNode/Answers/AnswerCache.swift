internal import DMPProtocol
internal import DNSWire
private import Synchronization

/// The answers that were given lately, by owner name, bounded in bytes.
///
/// A look-up holds a lock for the time of two dictionary accesses; the answer itself never changes and is copied outside.
/// A writer calls ``forget(_:)`` when its change can be read and before it tells anybody, so that who has been told reads
/// nothing older. A look-up of the store that began before that may end after it: what it found is then not kept.
final class AnswerCache: Sendable {
    private struct State {
        /// What was used since ``old`` was put aside; `old` goes when this has half of the bytes.
        var young: [UInt64: CachedAnswer] = [:]
        var old: [UInt64: CachedAnswer] = [:]
        var youngCost = 0
        /// The look-ups under way that no write has overtaken.
        var loads: [UInt64: UInt64] = [:]
        var lastLoad: UInt64 = 0
    }

    private final class Shard: Sendable {
        let state = Mutex(State())
    }

    private let shards: [Shard]
    private let costPerGeneration: Int

    /// - Parameters:
    ///   - byteLimit: About how many bytes all answers may have.
    ///   - shardCount: Into how many parts it is divided, each with a lock of its own; a power of two.
    init(byteLimit: Int = 32 << 20, shardCount: Int = 16) {
        self.shards = (0..<shardCount).map { _ in Shard() }
        self.costPerGeneration = max(1, byteLimit / shardCount / 2)
    }

    private func shard(_ key: UInt64) -> Shard { self.shards[Int(key & UInt64(self.shards.count - 1))] }

    /// What is known under a key, which may have expired, or be another name's.
    func answer(for key: UInt64) -> CachedAnswer? {
        self.shard(key).state.withLock { state in
            if let answer = state.young[key] { return answer }
            guard let answer = state.old.removeValue(forKey: key) else { return nil }
            self.insert(answer, for: key, into: &state)
            return answer
        }
    }

    /// A look-up of the store that may fill the cache.
    struct Load: Sendable {
        let key: UInt64
        fileprivate let number: UInt64
    }

    /// To be called before the store is read; ``finish(_:with:)`` must follow.
    func beginLoad(of name: DNSName) -> Load {
        let key = AnswerKey.of(name)
        return self.shard(key).state.withLock { state in
            state.lastLoad += 1
            state.loads[key] = state.lastLoad
            return Load(key: key, number: state.lastLoad)
        }
    }

    /// Keeps what a look-up has found, unless a write has overtaken it; `nil` if it has found nothing to keep.
    func finish(_ load: Load, with answer: CachedAnswer?) {
        self.shard(load.key).state.withLock { state in
            guard state.loads[load.key] == load.number else { return }
            state.loads[load.key] = nil
            guard let answer, answer.cost <= self.costPerGeneration / 2 else { return }
            state.old[load.key] = nil
            self.insert(answer, for: load.key, into: &state)
        }
    }

    /// Forgets what was known of these names, and that there was nothing at names above them.
    func forget(_ names: some Sequence<RecordName>) {
        var above: Set<UInt64> = []
        for name in names {
            let path = AnswerKey.path(of: name)
            if let key = path.first { self.forget(key, unlessHasValues: false) }
            above.formUnion(path.dropFirst())
        }
        for key in above { self.forget(key, unlessHasValues: true) }
    }

    private func forget(_ key: UInt64, unlessHasValues: Bool) {
        self.shard(key).state.withLock { state in
            state.loads[key] = nil
            guard let known = state.young[key] ?? state.old[key] else { return }
            guard known.isDenial || !unlessHasValues else { return }
            if let removed = state.young.removeValue(forKey: key) { state.youngCost -= removed.cost }
            state.old[key] = nil
        }
    }

    private func insert(_ answer: CachedAnswer, for key: UInt64, into state: inout State) {
        if let replaced = state.young.updateValue(answer, forKey: key) { state.youngCost -= replaced.cost }
        state.youngCost += answer.cost
        guard state.youngCost > self.costPerGeneration else { return }
        state.old = state.young
        state.young = [:]
        state.youngCost = 0
    }

    /// How many answers there are, and about how many bytes.
    var size: (count: Int, bytes: Int) {
        self.shards.reduce((0, 0)) { sum, shard in
            shard.state.withLock { state in
                let answers = [state.young, state.old].flatMap(\.values)
                return (sum.0 + answers.count, sum.1 + answers.reduce(0) { $0 + $1.cost })
            }
        }
    }
}
