import DMPNetwork
import DMPProtocol
import DNSTransport

/// Puts the records of a message on the network: all chunks first, then the manifest; or all in one request, which is a
/// round trip less.
struct MessagePublisher: Sendable {
    let writer: (any RecordWriter)?
    let outbox: Outbox
    let withdrawals: WithdrawalRunner
    let width: Int
    let now: @Sendable () -> UnixSeconds

    /// Publishes a message of the outbox, and takes it out once its manifest is acknowledged.
    ///
    /// What may pass leaves the entry where it is: a lost connection, a missing credential, a full slot. Only a refusal
    /// that concerns these very records ends the message, and then its chunks are taken back.
    ///
    /// - Returns: For how many seconds at most the node keeps records; `nil` if it has set no limit to these.
    /// - Throws: ``MeshError``, and `CancellationError`.
    func publish(
        _ entry: OutboxEntry,
        inBackground: Bool = false,
        deadline: ErasedClock.Instant
    ) async throws -> UInt64? {
        do {
            let lifetime = try await self.publishRecords(of: entry, deadline: deadline)
            if inBackground {
                try await self.outbox.noteSent(entry, now: self.now())
            } else {
                try await self.outbox.remove(entry)
            }
            return lifetime
        } catch let failure as Failure where failure.endsMessage {
            try await self.outbox.remove(entry)
            if !failure.manifestMayBeOut {
                let records = failure.concernsAll ? entry.chunks + [entry.manifest] : entry.chunks
                try await self.withdraw(records, of: entry, deadline: deadline)
            }
            throw failure.asMeshError
        } catch {
            try await self.outbox.release(entry, now: self.now())
            throw (error as? Failure)?.asMeshError ?? error
        }
    }

    /// Says that a message of `count` records is about to come.
    func prepare(forRecords count: Int) async {
        await self.writer?.prepare(forRecords: count)
    }

    /// Ends a message that must not go out as it is. Its chunks are taken back, unless its manifest may be out.
    ///
    /// - Returns: Whether that may be so.
    func retire(_ entry: OutboxEntry, deadline: ErasedClock.Instant) async throws -> Bool {
        if try await self.outbox.markManifestTried(entry) {
            try await self.outbox.noteOutdated(entry, now: self.now())
            return true
        }
        try await self.outbox.remove(entry)
        try await self.withdraw(entry.chunks, of: entry, deadline: deadline)
        return false
    }

    private func publishRecords(of entry: OutboxEntry, deadline: ErasedClock.Instant) async throws -> UInt64? {
        guard let writer = self.writer else {
            throw MeshError(.noWriter, "no node to publish to; run `dnsmesh init` with --endpoint URL")
        }
        let publication = Publication(writer: writer, expires: entry.expires, now: self.now, deadline: deadline)
        let all = entry.chunks + [entry.manifest]
        let isOneRequest = writer.fitsOneRequest(try publication.records(all, ttl: publication.remaining))
        let early = isOneRequest ? nil : try await publication.publish(entry.chunks, width: self.width)
        let mayBeOut = try await self.outbox.markManifestTried(entry)
        do {
            let late = try await publication.publish(isOneRequest ? all : [entry.manifest], width: 1)
            return [early, late].compactMap(\.self).min()
        } catch var failure as Failure {
            failure.manifestMayBeOut = mayBeOut
            failure.concernsAll = isOneRequest
            throw failure
        }
    }

    /// Deletes records of a message that will not be completed, now if the node answers and else later.
    private func withdraw(
        _ records: [OutboxEntry.PlannedRecord],
        of entry: OutboxEntry,
        deadline: ErasedClock.Instant
    ) async throws {
        let expires = UnixSeconds(rawValue: entry.expires)
        let withdrawals = try records.map { record in
            Withdrawal(owner: try OwnerName(record.owner), value: TXTValue([UInt8](record.value)), expires: expires)
        }
        try await self.withdrawals.withdraw(withdrawals, deadline: deadline)
    }
}

/// Publishes records, for as long as the node allows.
private struct Publication: Sendable {
    let writer: any RecordWriter
    let expires: UInt64
    let now: @Sendable () -> UnixSeconds
    let deadline: ErasedClock.Instant

    /// For how many seconds the records are to stay.
    var remaining: UInt64 { max(1, self.now().seconds(until: UnixSeconds(rawValue: self.expires))) }

    /// - Returns: For how many seconds the node keeps the records, if that is less than was asked for.
    func publish(_ records: [OutboxEntry.PlannedRecord], width: Int) async throws -> UInt64? {
        let remaining = self.remaining
        do {
            try await self.publish(records, ttl: remaining, width: width)
            return nil
        } catch let failure as Failure {
            // The node keeps records for a shorter time: then they are there for that time.
            guard failure.reason.code == .lifetimeTooLong,
                let limit = failure.reason.limit.flatMap(UInt64.init(exactly:)),
                limit > 0, limit < remaining
            else { throw failure }
            try await self.publish(records, ttl: limit, width: width)
            return limit
        }
    }

    func records(_ records: [OutboxEntry.PlannedRecord], ttl: UInt64) throws -> [RecordPublication] {
        try records.map { record in
            RecordPublication(
                TXTValue([UInt8](record.value)),
                at: try OwnerName(record.owner),
                ttl: UInt32(clamping: ttl)
            )
        }
    }

    private func publish(_ records: [OutboxEntry.PlannedRecord], ttl: UInt64, width: Int) async throws {
        let publications = try self.records(records, ttl: ttl)
        guard let stop = try await self.writer.publish(publications, width: width, deadline: self.deadline) else {
            return
        }
        switch stop.result {
        case .accepted: return
        case .refused(let reason): throw Failure(owner: stop.record.name.text, reason: reason, isRefusal: true)
        case .unavailable(let reason): throw Failure(owner: stop.record.name.text, reason: reason, isRefusal: false)
        }
    }
}

/// Why a record is not out.
private struct Failure: Error {
    let owner: String
    let reason: NetworkFailure
    let isRefusal: Bool
    /// Whether an earlier try at the manifest may have succeeded although no answer came.
    var manifestMayBeOut = false
    /// Whether chunks and manifest were one request, of which the server may have carried out a part.
    var concernsAll = false

    /// Whether the same records would be refused for ever.
    var endsMessage: Bool {
        let codes: [NetworkFailure.Code] = [.refused, .tooLarge, .unsupportedValue, .lifetimeTooLong]
        return self.isRefusal && codes.contains(self.reason.code)
    }

    /// How long parts may be where a message was too long for the server.
    private var partsHint: String {
        guard self.reason.code == .tooLarge, let limit = self.reason.limit,
            case let longest = Self.longestPart(limit),
            longest > 0
        else { return "" }
        return "; send it in parts of at most \(longest) bytes"
    }

    /// With room for any envelope and lifetime.
    private static func longestPart(_ limit: Int) -> Int {
        let latest = UnixSeconds(rawValue: UInt64(UInt32.max))
        let longest = MessagePlan.largestBody(valueByteLimit: limit, timestamp: latest, ttl: 9_999_999)
        return longest - Envelope.maximumByteCount
    }

    var asMeshError: MeshError {
        let text = "publish to \(self.owner) failed: \(self.reason)"
        if self.endsMessage { return MeshError(.refused, text + self.partsHint, underlying: self.reason) }
        let code: MeshError.Code = self.isRefusal ? .refused : .unavailable
        return MeshError(
            code,
            "\(text); the message is kept, send the same text again to go on with it",
            underlying: self.reason
        )
    }
}
