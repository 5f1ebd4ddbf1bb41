import DMPNetwork
import DMPTesting
import DNSTransport
import Testing

@Suite("A connection that several operations share", .timeLimit(.minutes(1)))
struct SharedConnectionTests {
    private static let never = ErasedClock.continuous.now.advanced(by: .seconds(600))

    /// How often a resource was opened and closed.
    private struct Counts: Sendable, Equatable {
        var opened = 0
        var closed = 0
    }

    private func connection(
        _ work: BackgroundWork,
        _ counts: Shared<Counts>,
        clock: ErasedClock = .continuous,
        lifetime: Duration? = nil
    ) -> SharedConnection<Int> {
        SharedConnection(work: work, clock: clock, lifetime: lifetime) { error in
            error as? NetworkFailure ?? NetworkFailure(.unreachable, "\(error)")
        } open: { use in
            let number = counts.change { counts in
                counts.opened += 1
                return counts.opened
            }
            await use(number)
            counts.change { $0.closed += 1 }
        }
    }

    private func withWork(_ body: (BackgroundWork) async throws -> Void) async throws {
        let work = BackgroundWork()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await work.run() }
            defer { group.cancelAll() }
            try await body(work)
        }
    }

    @Test("It opens once, with the first operation, and closes when its owner lets go")
    func sharing() async throws {
        let counts = Shared(Counts())
        try await self.withWork { work async throws in
            var connection: SharedConnection<Int>? = self.connection(work, counts)
            #expect(counts.value == Counts())
            for _ in 0..<3 {
                #expect(try await connection?.use(before: Self.never) { $0 } == .success(1))
            }
            #expect(counts.value == Counts(opened: 1, closed: 0))
            connection = nil
            while work.count > 0 { await Task.yield() }
            #expect(counts.value == Counts(opened: 1, closed: 1))
        }
    }

    @Test("An operation that has begun keeps it open, although its owner has let go")
    func draining() async throws {
        let counts = Shared(Counts())
        try await self.withWork { work async throws in
            let (gate, opener) = AsyncStream<Never>.makeStream()
            let (begun, beginning) = AsyncStream<Never>.makeStream()
            var connection: SharedConnection<Int>? = self.connection(work, counts)
            let operation: @Sendable () async throws -> Void = { [connection] in
                _ = try await connection?.use(before: Self.never) { _ throws(CancellationError) in
                    beginning.finish()
                    for await _ in gate {}
                    #expect(counts.value.closed == 0)
                }
            }
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await operation() }
                for await _ in begun {}
                connection = nil
                for _ in 0..<100 { await Task.yield() }
                #expect(counts.value == Counts(opened: 1, closed: 0))
                opener.finish()
                try await group.waitForAll()
            }
        }
    }

    @Test("After its lifetime the next operation opens another one")
    func lifetime() async throws {
        let counts = Shared(Counts())
        let manual = ManualClock()
        let clock = ErasedClock(manual)
        try await self.withWork { work async throws in
            let connection = self.connection(work, counts, clock: clock, lifetime: .seconds(300))
            let deadline = clock.now.advanced(by: .seconds(3600))
            #expect(try await connection.use(before: deadline) { $0 } == .success(1))
            manual.advance(by: .seconds(299))
            #expect(try await connection.use(before: deadline) { $0 } == .success(1))
            manual.advance(by: .seconds(1))
            #expect(try await connection.use(before: deadline) { $0 } == .success(2))
        }
    }

    @Test("What couldn't be opened says why, and is opened again for the next operation")
    func failing() async throws {
        let tries = Shared(0)
        try await self.withWork { work async throws in
            let connection = SharedConnection<Int>(work: work, clock: .continuous) { error in
                error as? NetworkFailure ?? NetworkFailure(.unreachable, "\(error)")
            } open: { use in
                let count = tries.change { tries in
                    tries += 1
                    return tries
                }
                if count == 1 { throw NetworkFailure(.unreachable, "not today") }
                await use(count)
            }
            let failed = try await connection.use(before: Self.never) { $0 }
            #expect(failed == .failure(NetworkFailure(.unreachable, "not today")))
            #expect(try await connection.use(before: Self.never) { $0 } == .success(2))
        }
    }

    @Test("One that doesn't open in time is a timeout; after the end of the work it is closed")
    func timeout() async throws {
        let work = BackgroundWork()
        let past = ErasedClock.continuous.now
        var connection: SharedConnection<Int>? = self.connection(work, Shared(Counts()))
        let late = try await connection?.use(before: past) { $0 }
        #expect(late == .failure(NetworkFailure(.timeout, "no connection in time")))
        connection = nil
        work.finish()
        await work.run()
        let closed = self.connection(work, Shared(Counts()))
        #expect(
            try await closed.use(before: Self.never) { $0 }
                == .failure(NetworkFailure(.closed, "the connection was closed"))
        )
    }
}
