import DMPNetwork
import DMPProtocol
import DNSTransport
import Synchronization
import Testing

@Suite("The memory store")
struct MemoryRecordStoreTests {
    private final class Time: Sendable {
        private let seconds = Mutex<UInt64>(1_700_000_000)
        var now: UnixSeconds { UnixSeconds(rawValue: self.seconds.withLock(\.self)) }
        func advance(by count: UInt64) { self.seconds.withLock { $0 += count } }
    }

    private let time = Time()
    private let store: MemoryRecordStore
    private let name: OwnerName
    private let deadline = ErasedClock.continuous.now.advanced(by: .seconds(60))

    init() throws {
        let time = self.time
        self.store = MemoryRecordStore(now: { time.now })
        self.name = try OwnerName("slot-1.mb-0123456789ab.mesh.test")
    }

    private func publish(_ text: String, ttl: UInt32 = 300) async throws -> WriteResult {
        try await self.store.publish(TXTValue(text), at: self.name, ttl: ttl, deadline: self.deadline)
    }

    private func read() async throws -> ReadResult {
        try await self.store.read(self.name, deadline: self.deadline)
    }

    @Test("An unknown name is absent")
    func unknownName() async throws {
        #expect(try await self.read() == .absent)
    }

    @Test("New values go to the end, a repeated one keeps its place")
    func append() async throws {
        for text in ["a", "b", "a", "c"] { #expect(try await self.publish(text) == .accepted) }
        #expect(try await self.read() == .records([TXTValue("a"), TXTValue("b"), TXTValue("c")]))
        #expect(await self.store.names == [self.name])
        #expect(await self.store.snapshot == [self.name: [TXTValue("a"), TXTValue("b"), TXTValue("c")]])
    }

    @Test("A value is gone when its lifetime has passed, and publishing it again renews it")
    func lifetime() async throws {
        _ = try await self.publish("short", ttl: 10)
        _ = try await self.publish("renewed", ttl: 10)
        self.time.advance(by: 5)
        _ = try await self.publish("renewed", ttl: 10)
        self.time.advance(by: 4)
        #expect(try await self.read() == .records([TXTValue("short"), TXTValue("renewed")]))
        self.time.advance(by: 1)
        #expect(try await self.read() == .records([TXTValue("renewed")]))
        self.time.advance(by: 5)
        #expect(try await self.read() == .absent)
        #expect(await self.store.names.isEmpty)
        #expect(await self.store.snapshot.isEmpty)
    }

    @Test("Deleting takes one value or all, and what isn't there counts as deleted")
    func delete() async throws {
        for text in ["a", "b", "c"] { _ = try await self.publish(text) }
        #expect(try await self.store.delete(TXTValue("b"), at: self.name, deadline: self.deadline) == .accepted)
        #expect(try await self.store.delete(TXTValue("x"), at: self.name, deadline: self.deadline) == .accepted)
        #expect(try await self.read() == .records([TXTValue("a"), TXTValue("c")]))
        #expect(try await self.store.delete(nil, at: self.name, deadline: self.deadline) == .accepted)
        #expect(try await self.store.delete(nil, at: self.name, deadline: self.deadline) == .accepted)
        #expect(try await self.read() == .absent)
        _ = try await self.publish("last")
        #expect(try await self.store.delete(TXTValue("last"), at: self.name, deadline: self.deadline) == .accepted)
        #expect(await self.store.names.isEmpty)
    }

    @Test(
        "What a node refuses is refused for the same reason",
        arguments: [
            (2048, 86_400, nil, nil), (2049, 300, .tooLarge, 2048), (1, 86_401, .lifetimeTooLong, 86_400),
            (1, 0, .unsupportedValue, nil),
        ] as [(Int, UInt32, NetworkFailure.Code?, Int?)]
    )
    func caps(byteCount: Int, ttl: UInt32, code: NetworkFailure.Code?, limit: Int?) async throws {
        let result = try await self.publish(String(repeating: "x", count: byteCount), ttl: ttl)
        guard let code else {
            #expect(result == .accepted)
            return
        }
        guard case .refused(let failure) = result else {
            Issue.record("\(result) isn't a refusal")
            return
        }
        #expect(failure.code == code)
        #expect(failure.limit == limit)
        #expect(try await self.read() == .absent)
    }

    @Test("A full name takes only what it already holds, until something expires")
    func fullName() async throws {
        _ = try await self.publish("value 0", ttl: 10)
        for number in 1..<64 { _ = try await self.publish("value \(number)") }
        guard case .refused(let failure) = try await self.publish("one more") else {
            Issue.record("the 65th value was taken")
            return
        }
        #expect(failure.code == .nameFull)
        #expect(failure.limit == 64)
        #expect(try await self.publish("value 63") == .accepted)
        self.time.advance(by: 10)
        #expect(try await self.publish("one more") == .accepted)
    }

    @Test("Insertion passes by the caps, and a lifetime of 0 is never returned")
    func insertion() async throws {
        await self.store.insert(TXTValue([UInt8](repeating: 0xff, count: 5000)), at: self.name, ttl: .max)
        await self.store.insert(TXTValue("never"), at: self.name, ttl: 0)
        #expect(await self.store.values(at: self.name) == [TXTValue([UInt8](repeating: 0xff, count: 5000))])
    }

    @Test("Without caps everything but a lifetime of 0 is taken")
    func noCaps() async throws {
        let store = MemoryRecordStore(caps: .none, now: { UnixSeconds(rawValue: 0) })
        for number in 0..<100 {
            let value = TXTValue("\(number)" + String(repeating: "x", count: 3000))
            #expect(try await store.publish(value, at: self.name, ttl: .max, deadline: self.deadline) == .accepted)
        }
        #expect(await store.values(at: self.name).count == 100)
    }

    @Test("A cancelled task gets neither an answer nor a write")
    func cancellation() async throws {
        await withTaskGroup(of: Void.self) { group in
            group.cancelAll()
            group.addTask {
                await #expect(throws: CancellationError.self) { try await self.publish("a") }
                await #expect(throws: CancellationError.self) { try await self.read() }
                await #expect(throws: CancellationError.self) {
                    try await self.store.delete(nil, at: self.name, deadline: self.deadline)
                }
            }
        }
        #expect(await self.store.names.isEmpty)
    }
}
