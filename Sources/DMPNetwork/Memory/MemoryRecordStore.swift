public import DMPProtocol
public import DNSTransport

/// TXT values in memory, for tests, examples and several engines in one process. Answers writes as a node would.
///
/// Invariant: a value stands at a name at most once, and is returned until its lifetime has passed and not after.
///
/// New values go to the end; a value published again keeps its place and gets the new lifetime. Nothing but the caps
/// is checked, so that junk can be stored.
///
/// Source: protocol documents, "The network layer", section 11; caps: "The node's HTTP API", section 4.
public actor MemoryRecordStore {
    /// The bounds that a node puts on what it stores; `nil` means none.
    public struct Caps: Hashable, Sendable {
        /// Bytes of one value.
        public var valueByteLimit: Int?
        /// Values at one name.
        public var valuesPerName: Int?
        /// Seconds of one lifetime.
        public var lifetimeLimit: UInt32?

        public init(valueByteLimit: Int? = 2048, valuesPerName: Int? = 64, lifetimeLimit: UInt32? = 86_400) {
            self.valueByteLimit = valueByteLimit
            self.valuesPerName = valuesPerName
            self.lifetimeLimit = lifetimeLimit
        }

        /// 2,048 bytes, 64 values, 86,400 seconds.
        public static let node = Caps()
        /// No bounds.
        public static let none = Caps(valueByteLimit: nil, valuesPerName: nil, lifetimeLimit: nil)
    }

    private struct Entry {
        let value: TXTValue
        var expires: UnixSeconds
    }

    private let now: @Sendable () -> UnixSeconds
    private let caps: Caps
    private var entries: [OwnerName: [Entry]] = [:]

    /// Makes an empty store, in which lifetimes pass by the time that `now` tells.
    public init(caps: Caps = .node, now: @escaping @Sendable () -> UnixSeconds) {
        self.caps = caps
        self.now = now
    }

    /// The names that hold a live value, in alphabetical order.
    public var names: [OwnerName] {
        self.entries.keys.filter { !self.values(at: $0).isEmpty }.sorted { $0.text < $1.text }
    }

    /// The live values at `name`, oldest first; empty if there are none.
    public func values(at name: OwnerName) -> [TXTValue] {
        let now = self.now()
        return self.entries[name, default: []].filter { $0.expires > now }.map(\.value)
    }

    /// Everything live, for comparison and display.
    public var snapshot: [OwnerName: [TXTValue]] {
        self.entries.keys.reduce(into: [:]) { snapshot, name in
            let values = self.values(at: name)
            if !values.isEmpty { snapshot[name] = values }
        }
    }

    /// Stores without a look at the caps, as an older or hostile server would.
    public func insert(_ value: TXTValue, at name: OwnerName, ttl: UInt32) {
        let now = self.now()
        var entries = self.entries[name, default: []].filter { $0.expires > now || $0.value == value }
        let expires = now.adding(UInt64(ttl))
        if let index = entries.firstIndex(where: { $0.value == value }) {
            entries[index].expires = expires
        } else {
            entries.append(Entry(value: value, expires: expires))
        }
        self.entries[name] = entries
    }

    private func refusal(of value: TXTValue, at name: OwnerName, ttl: UInt32) -> NetworkFailure? {
        if ttl == 0 { return NetworkFailure(.unsupportedValue, "a lifetime is at least one second") }
        if let limit = self.caps.lifetimeLimit, ttl > limit {
            return NetworkFailure(.lifetimeTooLong, "the store keeps values for \(limit) s at most", limit: Int(limit))
        }
        if let limit = self.caps.valueByteLimit, value.byteCount > limit {
            return NetworkFailure(.tooLarge, "the store takes values of at most \(limit) bytes", limit: limit)
        }
        let present = self.values(at: name)
        if let limit = self.caps.valuesPerName, present.count >= limit, !present.contains(value) {
            return NetworkFailure(.nameFull, "\(name) already holds \(present.count) values", limit: limit)
        }
        return nil
    }
}

extension MemoryRecordStore: RecordReader {
    /// Answers at once; the deadline plays no part.
    public func read(_ name: OwnerName, deadline: ErasedClock.Instant) async throws(CancellationError) -> ReadResult {
        guard !Task.isCancelled else { throw CancellationError() }
        let values = self.values(at: name)
        return values.isEmpty ? .absent : .records(values)
    }
}

extension MemoryRecordStore: RecordWriter {
    /// Answers at once; the deadline plays no part.
    public func publish(
        _ value: TXTValue,
        at name: OwnerName,
        ttl: UInt32,
        deadline: ErasedClock.Instant
    ) async throws(CancellationError) -> WriteResult {
        guard !Task.isCancelled else { throw CancellationError() }
        if let refusal = self.refusal(of: value, at: name, ttl: ttl) { return .refused(refusal) }
        self.insert(value, at: name, ttl: ttl)
        return .accepted
    }

    /// Answers at once; the deadline plays no part.
    public func delete(
        _ value: TXTValue?,
        at name: OwnerName,
        deadline: ErasedClock.Instant
    ) async throws(CancellationError) -> WriteResult {
        guard !Task.isCancelled else { throw CancellationError() }
        guard let value else {
            self.entries[name] = nil
            return .accepted
        }
        self.entries[name]?.removeAll { $0.value == value }
        if self.entries[name]?.isEmpty == true { self.entries[name] = nil }
        return .accepted
    }
}
