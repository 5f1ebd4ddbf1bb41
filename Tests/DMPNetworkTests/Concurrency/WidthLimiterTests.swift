import DMPNetwork
import DMPTesting
import Synchronization
import Testing

@Suite("Limiting how many run at a time")
struct WidthLimiterTests {
    /// A door at which tasks wait until the test opens it.
    final class Door: Sendable {
        private struct State {
            var isOpen = false
            var waiting: [CheckedContinuation<Void, Never>] = []
        }

        private let state = Mutex(State())

        func pass() async {
            await withCheckedContinuation { continuation in
                let isOpen = self.state.withLock { state in
                    if !state.isOpen { state.waiting.append(continuation) }
                    return state.isOpen
                }
                if isOpen { continuation.resume() }
            }
        }

        func open() {
            let waiting = self.state.withLock { state in
                state.isOpen = true
                defer { state.waiting = [] }
                return state.waiting
            }
            for continuation in waiting { continuation.resume() }
        }
    }

    private func wait(for limiter: WidthLimiter, running: Int, waiting: Int) async {
        while limiter.load != (running, waiting) { await Task.yield() }
    }

    @Test("Those who wait are let in in the order in which they came")
    func order() async throws {
        let limiter = WidthLimiter(width: 1)
        let door = Door()
        let entered = Shared<[Int]>([])
        try await withThrowingTaskGroup { group in
            for number in 0..<10 {
                group.addTask {
                    try await limiter.withPermit {
                        entered.change { $0.append(number) }
                        await door.pass()
                    }
                }
                await self.wait(for: limiter, running: 1, waiting: number)
            }
            door.open()
            try await group.waitForAll()
        }
        #expect(entered.value == Array(0..<10))
        #expect(limiter.load == (0, 0))
    }

    @Test("One who is cancelled while waiting leaves the line, and the next gets the permit")
    func cancelledWaiter() async throws {
        let limiter = WidthLimiter(width: 1)
        let door = Door()
        try await withThrowingTaskGroup { group in
            group.addTask { try await limiter.withPermit { await door.pass() } }
            await self.wait(for: limiter, running: 1, waiting: 0)
            try await withThrowingTaskGroup { inner in
                inner.addTask {
                    await #expect(throws: CancellationError.self) {
                        try await limiter.withPermit { Issue.record("a cancelled waiter was let in") }
                    }
                }
                await self.wait(for: limiter, running: 1, waiting: 1)
                inner.cancelAll()
                try await inner.waitForAll()
            }
            #expect(limiter.load == (1, 0))
            group.addTask { try await limiter.withPermit {} }
            await self.wait(for: limiter, running: 1, waiting: 1)
            door.open()
            try await group.waitForAll()
        }
        #expect(limiter.load == (0, 0))
    }

    @Test("One who is cancelled beforehand isn't let in, though there is room")
    func cancelledBeforehand() async {
        let limiter = WidthLimiter(width: 1)
        await withTaskGroup(of: Void.self) { group in
            group.cancelAll()
            group.addTask {
                await #expect(throws: CancellationError.self) { try await limiter.withPermit {} }
            }
        }
        #expect(limiter.load == (0, 0))
    }

    @Test("An operation that throws gives its permit back")
    func permitAfterError() async throws {
        struct Failure: Error {}
        let limiter = WidthLimiter(width: 1)
        await #expect(throws: Failure.self) { try await limiter.withPermit { throw Failure() } }
        #expect(try await limiter.withPermit { 7 } == 7)
    }

    @Test("More width lets waiting ones in at once; less takes effect as permits come back")
    func changingWidth() async throws {
        let limiter = WidthLimiter(width: 0)
        let door = Door()
        #expect(limiter.width == 1)
        try await withThrowingTaskGroup { group in
            for _ in 0..<6 { group.addTask { try await limiter.withPermit { await door.pass() } } }
            await self.wait(for: limiter, running: 1, waiting: 5)
            limiter.width = 4
            await self.wait(for: limiter, running: 4, waiting: 2)
            limiter.width = 2
            #expect(limiter.load == (4, 2))
            door.open()
            try await group.waitForAll()
        }
        #expect(limiter.load == (0, 0))
    }

    @Test("Cancelled at random moments, no permit is ever lost", arguments: [1, 2, 3] as [UInt64])
    func storm(seed: UInt64) async throws {
        let limiter = WidthLimiter(width: 3)
        var random = SeededRandom(seed: seed)
        for _ in 0..<200 {
            let yields = (0..<8).map { _ in Int.random(in: 0..<4, using: &random) }
            await withTaskGroup(of: Void.self) { group in
                for count in yields {
                    group.addTask {
                        _ = try? await limiter.withPermit { for _ in 0..<count { await Task.yield() } }
                    }
                }
                for _ in 0..<yields[0] { await Task.yield() }
                group.cancelAll()
            }
            #expect(limiter.load == (0, 0), "seed \(seed)")
        }
    }
}
