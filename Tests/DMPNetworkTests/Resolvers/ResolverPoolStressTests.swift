import DMPNetwork
import DMPProtocol
import DMPTesting
import DNSTransport
import Testing

@Suite("A pool of resolvers under load")
struct ResolverPoolStressTests {
    /// Answers by chance, without waiting.
    private struct Erratic: RecordReader {
        let random: Shared<SeededRandom>
        let underWay = Shared(0)

        func read(_ name: OwnerName, deadline: ErasedClock.Instant) async throws(CancellationError) -> ReadResult {
            self.underWay.change { $0 += 1 }
            defer { self.underWay.change { $0 -= 1 } }
            let choice = self.random.change { $0.next() % 8 }
            for _ in 0..<choice { await Task.yield() }
            guard !Task.isCancelled else { throw CancellationError() }
            switch choice {
            case 0: return .unavailable(NetworkFailure(.refused, "by chance"))
            case 1, 2: return .absent
            case 3: throw CancellationError()
            default: return .records([TXTValue(name.text)])
            }
        }
    }

    @Test("Many reads at once on all cores, some cancelled, all end and mix nothing up")
    func stress() async throws {
        let seed: UInt64 = 7
        let readers = (0..<3).map { Erratic(random: Shared(SeededRandom(seed: seed &+ UInt64($0)))) }
        let upstreams = readers.enumerated().map { ResolverPool.Upstream(address: "\($0)", reader: $1) }
        let pool = try await withResolverPool(upstreams) { pool in
            let deadline = ErasedClock.continuous.now.advanced(by: .seconds(60))
            let found = try await (0..<2000).map { $0 }.concurrentMap(width: 64) { number in
                let name = try OwnerName("n\(number).example")
                if number % 5 == 0 {
                    return await withTaskGroup { group in
                        group.addTask { (try? await pool.read(name, deadline: deadline)) != nil }
                        await Task.yield()
                        group.cancelAll()
                        for await _ in group {}
                        return 0
                    }
                }
                let absence: AbsenceNeed = number % 2 == 0 ? .decisive : .provisional
                switch try await pool.read(name, absence: absence, deadline: deadline) {
                case .records(let values):
                    #expect(values == [TXTValue(name.text)], "seed \(seed)")
                    return 1
                case .absent, .unavailable: return 0
                }
            }
            #expect(found.reduce(0, +) > 500, "seed \(seed)")
            return pool
        }
        #expect(pool.queryCount == 0)
        #expect(readers.map(\.underWay.value) == [0, 0, 0])
    }
}
