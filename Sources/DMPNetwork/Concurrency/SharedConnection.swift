package import DNSTransport
private import Synchronization

/// A connection that its first user opens, that all others share, and that closes once nobody uses it any more and its
/// owner has let go of it.
///
/// Invariant: an operation that has begun keeps its connection open until it ends, whatever becomes of the owner. One that
/// couldn't be opened is opened again for the next operation.
package final class SharedConnection<Resource: Sendable>: Sendable {
    /// Opens the resource, lends it to `use`, and closes it once that has returned.
    package typealias Open = @Sendable (_ use: @escaping @Sendable (Resource) async -> Void) async throws -> Void

    private let work: BackgroundWork
    private let clock: ErasedClock
    private let lifetime: Duration?
    private let open: Open
    private let failure: @Sendable (any Error) -> NetworkFailure
    private let lease = Mutex<Lease<Resource>?>(nil)

    /// - Parameters:
    ///   - work: Runs as long as the connection is used, and closes it when it ends.
    ///   - clock: For deadlines and the lifetime.
    ///   - lifetime: How long new operations use what was opened; `nil` for as long as they like.
    ///   - failure: What it means that the resource couldn't be opened.
    ///   - open: How to open it.
    package init(
        work: BackgroundWork,
        clock: ErasedClock,
        lifetime: Duration? = nil,
        failure: @escaping @Sendable (any Error) -> NetworkFailure,
        open: @escaping Open
    ) {
        self.work = work
        self.clock = clock
        self.lifetime = lifetime
        self.failure = failure
        self.open = open
    }

    /// Lends the resource to `body`, opened if it isn't yet.
    ///
    /// - Returns: Why the resource couldn't be opened before `deadline`, or what `body` returns.
    /// - Throws: `CancellationError` if the task is cancelled, and nothing else.
    package func use<Value: Sendable>(
        before deadline: ErasedClock.Instant,
        _ body: (Resource) async throws(CancellationError) -> Value
    ) async throws(CancellationError) -> Result<Value, NetworkFailure> {
        let lease = self.currentLease()
        defer { withExtendedLifetime(lease) {} }
        switch try await self.resource(of: lease, before: deadline) {
        case .success(let resource): return .success(try await body(resource))
        case .failure(let failure): return .failure(failure)
        }
    }

    /// Opens the resource, if it isn't yet, and hands it to `body`. Waits for neither.
    package func prepare(_ body: @escaping @Sendable (Resource) async -> Void) {
        let lease = self.currentLease()
        self.work.start {
            do {
                if case .success(let resource) = try await lease.opened.value() { await body(resource) }
            } catch {}  // all connections end, and nothing is to be prepared any more
            withExtendedLifetime(lease) {}
        }
    }

    private func resource(
        of lease: Lease<Resource>,
        before deadline: ErasedClock.Instant
    ) async throws(CancellationError) -> Result<Resource, NetworkFailure> {
        if let opened = lease.opened.current { return opened }
        do {
            return try await withDeadline(deadline, on: self.clock) { try await lease.opened.value() }
        } catch is DeadlineExceeded {
            return .failure(NetworkFailure(.timeout, "no connection in time"))
        } catch {
            throw CancellationError()
        }
    }

    /// The lease for an operation that begins now.
    private func currentLease() -> Lease<Resource> {
        let now = self.clock.now
        return self.lease.withLock { current in
            if let lease = current, lease.isGood(at: now) { return lease }
            let lease = Lease<Resource>(end: self.lifetime.map(now.advanced(by:)))
            current = lease
            self.start(lease)
            return lease
        }
    }

    /// Opens the resource, and keeps it open for as long as the lease lives.
    private func start(_ lease: Lease<Resource>) {
        let (open, failure, opened, released) = (self.open, self.failure, lease.opened, lease.released)
        let isStarted = self.work.start {
            do {
                try await open { resource in
                    opened.keep(.success(resource))
                    for await _ in released {}
                }
                opened.keep(.failure(NetworkFailure(.closed, "the connection was closed")))
            } catch {
                opened.keep(.failure(failure(error)))
            }
        }
        if !isStarted { opened.keep(.failure(NetworkFailure(.closed, "the connection was closed"))) }
    }
}

/// Keeps a resource open as long as it lives itself.
private final class Lease<Resource: Sendable>: Sendable {
    let opened = Promise<Result<Resource, NetworkFailure>>()
    let released: AsyncStream<Never>
    private let release: AsyncStream<Never>.Continuation
    private let end: ErasedClock.Instant?

    init(end: ErasedClock.Instant?) {
        (self.released, self.release) = AsyncStream<Never>.makeStream()
        self.end = end
    }

    deinit { self.release.finish() }

    /// Whether an operation that begins now may use it.
    func isGood(at now: ErasedClock.Instant) -> Bool {
        if case .failure = self.opened.current { return false }
        return self.end.map { now < $0 } ?? true
    }
}
