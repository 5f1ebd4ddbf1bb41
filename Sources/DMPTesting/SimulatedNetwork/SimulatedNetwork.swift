import DMPNetwork
package import DMPProtocol
package import DNSTransport
import Synchronization

/// Zones, each at a node of its own, and the links by which users reach them. Links and nodes fail as a seed says.
///
/// Whether a fault strikes depends on the seed, the round, the user, the name and how often it was asked for, and not on
/// the order in which tasks happen to run. Names that hold random parts count by the order in which they were published.
package final class SimulatedNetwork: Sendable {
    /// A value that a node has taken.
    package struct Publication: Hashable, Sendable {
        package let name: OwnerName
        package let value: TXTValue
        /// When the node drops it.
        package let expires: UnixSeconds
    }

    private struct Node {
        let zone: ZoneName
        let store: MemoryRecordStore
    }

    private enum Write {
        case publish(TXTValue, ttl: UInt32)
        case delete(TXTValue?)
    }

    private struct Late {
        let due: ErasedClock.Instant
        let name: OwnerName
        let write: Write
    }

    private struct Sight {
        let result: ReadResult
        let time: ErasedClock.Instant
    }

    private struct Pair: Hashable {
        let user: String
        let zone: ZoneName
    }

    private struct Question: Hashable {
        let user: String
        let name: OwnerName
        let isWrite: Bool
    }

    private struct State {
        var rates = FaultRates.none
        var round: UInt64 = 0
        var counts: [NetworkFault: Int] = [:]
        var marks: [OwnerName: UInt64] = [:]
        var asked: [Question: UInt64] = [:]
        var partitions: [Pair: ErasedClock.Instant] = [:]
        var silences: [ZoneName: ErasedClock.Instant] = [:]
        var late: [Late] = []
        var sights: [Question: Sight] = [:]
        var publications: [Publication] = []
        var questions = 0
    }

    private let seed: UInt64
    private let clock: ErasedClock
    private let now: @Sendable () -> UnixSeconds
    private let nodes: [Node]
    private let state = Mutex(State())

    /// Makes the network with an empty node for each zone, and no faults.
    package init(
        seed: UInt64,
        zones: [ZoneName],
        clock: ErasedClock,
        now: @escaping @Sendable () -> UnixSeconds
    ) {
        self.seed = seed
        self.clock = clock
        self.now = now
        self.nodes = zones.map { Node(zone: $0, store: MemoryRecordStore(now: now)) }
    }

    // MARK: - What goes wrong

    /// Sets how often faults strike from now on; a new round decides anew about each name.
    package func set(_ rates: FaultRates, round: UInt64) {
        self.state.withLock { state in
            state.rates = rates
            state.round = round
            state.asked = [:]
        }
    }

    package func partition(_ user: String, from zone: ZoneName, until end: ErasedClock.Instant) {
        self.state.withLock { $0.partitions[Pair(user: user, zone: zone)] = end }
    }

    package func silence(_ zone: ZoneName, until end: ErasedClock.Instant) {
        self.state.withLock { $0.silences[zone] = end }
    }

    /// Ends all faults, and lets writes that are under way arrive.
    package func heal() async {
        let late = self.state.withLock { state in
            state.rates = .none
            state.partitions = [:]
            state.silences = [:]
            defer { state.late = [] }
            return state.late
        }
        for write in late { await self.perform(write.write, at: write.name) }
    }

    // MARK: - What is known

    /// How often each fault has struck.
    package var counts: [NetworkFault: Int] { self.state.withLock(\.counts) }

    /// How many questions and writes there were.
    package var questions: Int { self.state.withLock(\.questions) }

    /// All values that nodes have taken in mailbox slots and under prekey names, the latest last.
    package var publications: [Publication] { self.state.withLock(\.publications) }

    /// What the node holds at a name, as it is.
    package func values(at name: OwnerName) async -> [TXTValue] {
        guard let node = self.node(of: name) else { return [] }
        return await node.store.values(at: name)
    }

    /// Puts a value at a name, whatever goes wrong and whatever the caps.
    package func insert(_ value: TXTValue, at name: OwnerName, ttl: UInt32) async {
        await self.node(of: name)?.store.insert(value, at: name, ttl: ttl)
    }

    /// The way by which a user reads and writes.
    package func link(of user: String) -> SimulatedLink { SimulatedLink(network: self, user: user) }

    // MARK: - Questions

    func read(_ name: OwnerName, by user: String, deadline: ErasedClock.Instant) async throws(CancellationError)
        -> ReadResult
    {
        guard let node = self.node(of: name) else { return .absent }
        var (fault, random) = self.fault(of: Question(user: user, name: name, isWrite: false), at: node)
        switch fault {
        case .partition, .silentHost, .requestLost, .answerLost, .slowDrip:
            return .unavailable(try await self.timeout(deadline))
        case .overloaded: return .unavailable(NetworkFailure(.serverFailure, "the node has failed"))
        case .delay: guard try await self.wait(&random, deadline) else { return .unavailable(Self.noAnswer) }
        default: break
        }
        await self.settle(name)
        let result = try await node.store.read(name, deadline: deadline)
        let question = Question(user: user, name: name, isWrite: false)
        let time = self.clock.now
        let before = self.state.withLock { $0.sights.updateValue(Sight(result: result, time: time), forKey: question) }
        switch fault {
        case .staleCache:
            guard let before, before.time.duration(to: time) < .seconds(60), before.result != result else {
                return result
            }
            self.count(.staleCache)
            return before.result
        case .lyingNegative, .truncated, .corrupted:
            guard case .records(let values) = result, let fault else { return result }
            self.count(fault)
            return Self.damaged(values, by: fault, &random)
        default: return result
        }
    }

    func publish(
        _ value: TXTValue,
        at name: OwnerName,
        ttl: UInt32,
        by user: String,
        deadline: ErasedClock.Instant
    ) async throws(CancellationError) -> WriteResult {
        try await self.write(.publish(value, ttl: ttl), at: name, by: user, deadline: deadline)
    }

    func delete(
        _ value: TXTValue?,
        at name: OwnerName,
        by user: String,
        deadline: ErasedClock.Instant
    ) async throws(CancellationError) -> WriteResult {
        try await self.write(.delete(value), at: name, by: user, deadline: deadline)
    }

    private func write(
        _ write: Write,
        at name: OwnerName,
        by user: String,
        deadline: ErasedClock.Instant
    ) async throws(CancellationError) -> WriteResult {
        guard let node = self.node(of: name) else {
            return .refused(NetworkFailure(.refused, "\(name) is in none of the zones"))
        }
        self.mark(name)
        var (fault, random) = self.fault(of: Question(user: user, name: name, isWrite: true), at: node)
        switch fault {
        case .partition, .silentHost, .requestLost: return .unavailable(try await self.timeout(deadline))
        case .overloaded: return .unavailable(NetworkFailure(.rateLimited, "fewer requests, please"))
        case .delay: guard try await self.wait(&random, deadline) else { return .unavailable(Self.noAnswer) }
        case .reordered:
            self.count(.reordered)
            return await self.postpone(write, at: name, .milliseconds(Int.random(in: 1...3_000, using: &random)))
        default: break
        }
        await self.settle(name)
        let result = await self.perform(write, at: name)
        if fault == .duplicate {
            self.count(.duplicate)
            if name.text.hasPrefix("prekeys.") {
                await self.perform(write, at: name)
            } else if result == .accepted {
                self.schedule(write, at: name, after: .seconds(Int.random(in: 1...120, using: &random)))
            }
        }
        guard fault == .answerLost || fault == .slowDrip else { return result }
        return .unavailable(try await self.timeout(deadline))
    }

    // MARK: - Parts

    private static let noAnswer = NetworkFailure(.timeout, "no answer")

    private func node(of name: OwnerName) -> Node? {
        self.nodes.first { name.text.hasSuffix(".\($0.zone.text)") }
    }

    private func count(_ fault: NetworkFault) { self.state.withLock { $0.counts[fault, default: 0] += 1 } }

    /// Decides what happens to a question, and counts what has happened for sure.
    private func fault(of question: Question, at node: Node) -> (NetworkFault?, SeededRandom) {
        let now = self.clock.now
        return self.state.withLock { state in
            state.questions += 1
            let ordinal = state.asked[question, default: 0]
            state.asked[question] = ordinal + 1
            var key = state.marks[question.name] ?? Self.hash(question.name.text)
            key ^= Self.hash(question.user) &* 31 &+ (question.isWrite ? 7 : 3)
            key = (key ^ (ordinal &* 0x9e37_79b9)) &* 0x1000_0000_01b3
            var random = SeededRandom(seed: self.seed ^ key ^ (state.round &* 0x5851_f42d_4c95_7f2d))
            if let end = state.silences[node.zone], now < end {
                state.counts[.silentHost, default: 0] += 1
                return (.silentHost, random)
            }
            if let end = state.partitions[Pair(user: question.user, zone: node.zone)], now < end {
                state.counts[.partition, default: 0] += 1
                return (.partition, random)
            }
            guard !state.rates.perThousand.isEmpty,
                let fault = state.rates.fault(Int.random(in: 0..<1_000, using: &random))
            else { return (nil, random) }
            let isCounted: [NetworkFault] = [.delay, .requestLost, .answerLost, .slowDrip, .overloaded]
            if isCounted.contains(fault) { state.counts[fault, default: 0] += 1 }
            return (fault, random)
        }
    }

    /// Gives a name that holds random parts a number that is the same in each run.
    private func mark(_ name: OwnerName) {
        guard name.text.hasPrefix("chunk-") || name.text.hasPrefix("slot-") else { return }
        self.state.withLock { state in
            if state.marks[name] == nil { state.marks[name] = UInt64(state.marks.count) &* 0x2545_f491_4f6c_dd1d }
        }
    }

    private static func hash(_ text: String) -> UInt64 {
        text.utf8.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x1000_0000_01b3 }
    }

    private func timeout(_ deadline: ErasedClock.Instant) async throws(CancellationError) -> NetworkFailure {
        try await self.sleep(until: deadline)
        return Self.noAnswer
    }

    /// - Returns: `false` if the deadline came first.
    private func wait(_ random: inout SeededRandom, _ deadline: ErasedClock.Instant) async throws(CancellationError)
        -> Bool
    {
        let end = self.clock.now.advanced(by: .milliseconds(Int.random(in: 1...3_000, using: &random)))
        try await self.sleep(until: min(end, deadline))
        return end < deadline
    }

    private func sleep(until instant: ErasedClock.Instant) async throws(CancellationError) {
        do { try await self.clock.sleep(until: instant) } catch { throw CancellationError() }
    }

    /// Lets late writes at a name arrive if their time has come.
    private func settle(_ name: OwnerName) async {
        let now = self.clock.now
        let due = self.state.withLock { state -> [Late] in
            guard !state.late.isEmpty else { return [] }
            defer { state.late.removeAll { $0.name == name && $0.due <= now } }
            return state.late.filter { $0.name == name && $0.due <= now }
        }
        for late in due { await self.arrive(late) }
    }

    private func schedule(_ write: Write, at name: OwnerName, after delay: Duration) {
        let due = self.clock.now.advanced(by: delay)
        self.state.withLock { $0.late.append(Late(due: due, name: name, write: write)) }
    }

    /// Writes at one name keep their order.
    private func postpone(_ write: Write, at name: OwnerName, _ delay: Duration) async -> WriteResult {
        let earlier = self.state.withLock { state in
            defer { state.late.removeAll { $0.name == name } }
            return state.late.filter { $0.name == name }
        }
        for late in earlier { await self.arrive(late) }
        self.schedule(write, at: name, after: delay)
        return .accepted
    }

    /// Lets a write arrive that somebody else has made: it waits on if the present task is cancelled.
    private func arrive(_ late: Late) async {
        if case .unavailable = await self.perform(late.write, at: late.name) {
            self.state.withLock { $0.late.append(late) }
        }
    }

    @discardableResult
    private func perform(_ write: Write, at name: OwnerName) async -> WriteResult {
        guard let node = self.node(of: name) else { return .accepted }
        let never = self.clock.now
        do {
            guard case .publish(let value, let ttl) = write else {
                if case .delete(let value) = write {
                    return try await node.store.delete(value, at: name, deadline: never)
                }
                return .accepted
            }
            let result = try await node.store.publish(value, at: name, ttl: ttl, deadline: never)
            if result == .accepted, name.text.hasPrefix("slot-") || name.text.hasPrefix("prekeys.") {
                let expires = self.now().adding(UInt64(ttl))
                self.state.withLock {
                    $0.publications.append(Publication(name: name, value: value, expires: expires))
                }
            }
            return result
        } catch {
            return .unavailable(Self.noAnswer)
        }
    }

    private static func damaged(
        _ values: [TXTValue],
        by fault: NetworkFault,
        _ random: inout SeededRandom
    ) -> ReadResult {
        switch fault {
        case .lyingNegative: return .absent
        case .truncated:
            let kept = values.prefix(Int.random(in: 0..<values.count, using: &random))
            return kept.isEmpty
                ? .unavailable(NetworkFailure(.malformedAnswer, "the answer breaks off")) : .records(Array(kept))
        default:
            let only = Bool.random(using: &random) ? Int.random(in: 0..<values.count, using: &random) : nil
            return .records(
                values.enumerated().map { index, value in
                    var bytes = value.bytes
                    guard only == nil || only == index, !bytes.isEmpty else { return value }
                    let place = Int.random(in: 0..<bytes.count, using: &random)
                    bytes[place] ^= 1 << UInt8.random(in: 0...7, using: &random)
                    return TXTValue(bytes)
                }
            )
        }
    }
}
