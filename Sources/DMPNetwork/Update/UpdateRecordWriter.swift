public import DMPProtocol
public import DNSTransport
internal import DNSWire
private import Synchronization

/// Publishes records by DNS UPDATE, signed with TSIG, at the primary server of a zone or at a node.
///
/// Small updates go over UDP, and over TCP if no answer comes or it is cut; others over TCP at once. A failure that may
/// pass is tried again with growing pauses until the deadline. Where the server says that the clocks differ, its time is
/// taken, once. Only an answer signed with the same key counts as success.
///
/// Values are cut into strings of 255 bytes, always: servers delete exactly the strings that they are given.
///
/// Source: protocol documents, "The network layer", section 8; "DMP records on an existing authoritative server",
/// section 2.
public final class UpdateRecordWriter: RecordWriter {
    public let target: UpdateTarget
    private let client: DNSClient
    private let now: @Sendable () -> UnixSeconds
    private let limiter: WidthLimiter
    private let jitter: @Sendable () -> Double
    private let serverTime = Mutex(ServerTime())

    /// Above this many bytes an update goes over TCP: what passes everywhere without fragments, and PowerDNS takes.
    static let datagramLimit = 1_232
    /// More records than this don't fit a datagram, as the parts of a message are.
    static let datagramRecords = 3
    /// How long an answer over UDP is waited for before TCP is tried.
    static let datagramTimeout = Duration.seconds(2)

    /// - Parameters:
    ///   - target: The zone, its server and the key.
    ///   - client: Asks the server of `target`. Its ``DNSClient/run()`` goes on as long as records are written.
    ///   - now: The time that requests are signed with.
    ///   - width: How many updates may be under way, at least 1.
    ///   - jitter: Random numbers in 0..<1, which shorten the pauses between tries.
    package init(
        _ target: UpdateTarget,
        client: DNSClient,
        now: @escaping @Sendable () -> UnixSeconds,
        width: Int = 16,
        jitter: @escaping @Sendable () -> Double = { .random(in: 0..<1) }
    ) {
        self.target = target
        self.client = client
        self.now = now
        self.limiter = WidthLimiter(width: width)
        self.jitter = jitter
    }

    /// What an update has room for. Ordinary servers take it; DMP nodes have a limit of their own, which they don't tell.
    public var valueByteLimit: Int? { UpdateBatch.valueByteLimit }

    public func prepare(forRecords count: Int) async {
        if count > Self.datagramRecords { self.client.prepareForLargeAnswers() }
    }

    public func publish(
        _ value: TXTValue,
        at name: OwnerName,
        ttl: UInt32,
        deadline: ErasedClock.Instant
    ) async throws(CancellationError) -> WriteResult {
        let change: DNSUpdate.Change
        do throws(NetworkFailure) {
            change = try self.change(RecordPublication(value, at: name, ttl: ttl))
        } catch {
            return .refused(error)
        }
        return try await self.perform([change], deadline: deadline)
    }

    public func delete(
        _ value: TXTValue?,
        at name: OwnerName,
        deadline: ErasedClock.Instant
    ) async throws(CancellationError) -> WriteResult {
        let owner: DNSName
        do throws(NetworkFailure) { owner = try self.target.owner(name) } catch { return .refused(error) }
        let change: DNSUpdate.Change =
            if let value { .deleteValue(owner, .txt(TXTData(value.bytes))) } else { .deleteSet(owner, .txt) }
        let result = try await self.perform([change], deadline: deadline)
        // Nodes of the reference answer SERVFAIL where there was nothing to delete.
        guard case .unavailable(let failure) = result, failure.code == .serverFailure else { return result }
        return try await self.isGone(value, at: name, deadline: deadline) ? .accepted : result
    }

    /// Puts as many records into one update as fit, so that all or none of these are published.
    public func publish(
        _ records: [RecordPublication],
        width: Int,
        deadline: ErasedClock.Instant
    ) async throws(CancellationError) -> StoppedPublication? {
        var changes: [(record: RecordPublication, change: DNSUpdate.Change)] = []
        for record in records {
            do throws(NetworkFailure) {
                changes.append((record, try self.change(record)))
            } catch {
                return StoppedPublication(record, .refused(error))
            }
        }
        let batches = UpdateBatch.split(changes, keyByteCount: self.target.key.byteCount)
        do {
            _ = try await batches.concurrentMap(width: width) { batch in
                let result = try await self.perform(batch.changes, deadline: deadline)
                if result != .accepted { throw StoppedPublication(batch.first, result) }
            }
            return nil
        } catch let stop as StoppedPublication {
            return stop
        } catch {
            throw CancellationError()
        }
    }

    public func fitsOneRequest(_ records: [RecordPublication]) -> Bool {
        guard records.reduce(0, { $0 + $1.value.byteCount }) < UpdateBatch.messageByteLimit else { return false }
        do throws(NetworkFailure) {
            var changes: [(record: RecordPublication, change: DNSUpdate.Change)] = []
            for record in records { changes.append((record, try self.change(record))) }
            return UpdateBatch.split(changes, keyByteCount: self.target.key.byteCount).count == 1
        } catch {
            return false  // one of them can't be written at all
        }
    }

    private func change(_ record: RecordPublication) throws(NetworkFailure) -> DNSUpdate.Change {
        guard record.value.byteCount <= UpdateBatch.valueByteLimit else {
            throw NetworkFailure(
                .tooLarge,
                "a DNS update carries values of at most \(UpdateBatch.valueByteLimit) bytes",
                limit: UpdateBatch.valueByteLimit
            )
        }
        let data = RecordData.txt(TXTData(record.value.bytes))
        return .add(try self.target.owner(record.name), timeToLive: max(1, record.ttl), data)
    }
}

extension UpdateRecordWriter {
    /// Tries until the server has decided, the deadline has come, or its coming before the next try is certain.
    private func perform(
        _ changes: [DNSUpdate.Change],
        deadline: ErasedClock.Instant
    ) async throws(CancellationError) -> WriteResult {
        let update = DNSUpdate(zone: self.target.zone, changes: changes)
        let clock = self.client.clock
        var backoff = RetryBackoff()
        var isCorrected = false
        while true {
            let verdict = try await self.attempt(update, deadline: deadline)
            if let time = verdict.serverTime, !isCorrected {
                isCorrected = true
                self.serverTime.withLock { $0.learn(time, at: self.now()) }
                continue
            }
            guard case .unavailable(let failure) = verdict.result, !self.mayMeanNothingToDelete(changes, failure),
                let delay = backoff.delay(after: failure, jitter: self.jitter()),
                case let next = clock.now.advanced(by: delay), next < deadline
            else { return verdict.result }
            do { try await clock.sleep(until: next) } catch { throw CancellationError() }
        }
    }

    private func mayMeanNothingToDelete(_ changes: [DNSUpdate.Change], _ failure: NetworkFailure) -> Bool {
        guard failure.code == .serverFailure, let change = changes.first else { return false }
        if case .add = change { return false }
        return true
    }

    /// One signed request, and what its answer means.
    private func attempt(
        _ update: DNSUpdate,
        deadline: ErasedClock.Instant
    ) async throws(CancellationError) -> UpdateVerdict {
        guard !Task.isCancelled else { throw CancellationError() }
        guard self.client.clock.now < deadline else { return UpdateVerdict(.unavailable(self.noAnswer)) }
        do {
            return try await self.limiter.withPermit {
                let message = update.message(id: .random(in: .min ... .max)).encode()
                guard let request = self.target.key.sign(message, at: self.signingTime) else {
                    return UpdateVerdict(.refused(NetworkFailure(.tooLarge, "the update fits into no DNS message")))
                }
                let answer = try await self.exchange(request.bytes, deadline: deadline)
                return UpdateVerdict(
                    answer,
                    to: request,
                    longestValue: update.longestValue,
                    target: self.target,
                    now: self.signingTime
                )
            }
        } catch let error as DNSTransportError {
            guard !Task.isCancelled else { throw CancellationError() }
            return UpdateVerdict(.unavailable(NetworkFailure(error, from: self.target.server)))
        } catch {
            guard !Task.isCancelled, !(error is CancellationError) else { throw CancellationError() }
            return UpdateVerdict(.unavailable(self.noAnswer))
        }
    }

    /// The same bytes again over TCP do no harm: an update may be carried out twice.
    private func exchange(_ request: [UInt8], deadline: ErasedClock.Instant) async throws -> [UInt8] {
        if request.count <= Self.datagramLimit {
            let soon = min(deadline, self.client.clock.now.advanced(by: Self.datagramTimeout))
            do {
                let answer = try await self.client.request(request, overTCP: false, deadline: soon)
                var reader = DNSReader(answer[...])
                if try !DNSHeader(from: &reader).isTruncated { return answer }
            } catch let error as DNSTransportError where error.code == .timeout {
                // Over UDP nothing comes: perhaps over TCP.
            }
        }
        return try await self.client.request(request, overTCP: true, deadline: deadline)
    }

    /// Unix seconds by the clock of the server, as far as its offset is known.
    private var signingTime: UInt64 { self.serverTime.withLock { $0.time(at: self.now()) } }

    private var noAnswer: NetworkFailure {
        NetworkFailure(.timeout, "no answer from \(self.target) in time")
    }

    private func isGone(
        _ value: TXTValue?,
        at name: OwnerName,
        deadline: ErasedClock.Instant
    ) async throws(CancellationError) -> Bool {
        switch try await UpstreamReader(self.client).read(name, deadline: deadline) {
        case .absent: true
        case .records(let values): value.map { !values.contains($0) } ?? false
        case .unavailable: false
        }
    }
}

extension DNSUpdate {
    /// The bytes of the longest TXT value that is added.
    fileprivate var longestValue: Int {
        let lengths = self.changes.compactMap { change -> Int? in
            guard case .add(_, _, .txt(let data)) = change else { return nil }
            return data.strings.reduce(0) { $0 + $1.count }
        }
        return lengths.max() ?? 0
    }
}

/// How far the clock of the server is ahead of ours.
private struct ServerTime {
    private var offset: Int64 = 0

    mutating func learn(_ time: UInt64, at now: UnixSeconds) {
        self.offset = Int64(clamping: time) - Int64(clamping: min(now.rawValue, 1 << 48))
    }

    func time(at now: UnixSeconds) -> UInt64 {
        UInt64(clamping: Int64(clamping: min(now.rawValue, 1 << 48)) + self.offset)
    }
}

/// Lends a writer for the zone of `target` to `body`, and closes its sockets afterwards.
///
/// Requests are signed with the time that `now` tells; deadlines and pauses go by `clock`.
///
/// - Throws: What `body` throws.
public func withUpdateRecordWriter<Value>(
    to target: UpdateTarget,
    clock: ErasedClock = .continuous,
    now: @escaping @Sendable () -> UnixSeconds,
    _ body: (UpdateRecordWriter) async throws -> Value
) async throws -> Value {
    try await withDNSClient(target.server, clock: clock) { client in
        try await body(UpdateRecordWriter(target, client: client, now: now))
    }
}
