import DMPProtocol
import Testing

@testable import DNSMeshNode

@Suite("Record store")
struct RecordStoreTests {
    let start = UnixSeconds(rawValue: 1_700_000_000)

    @Test("Values are appended, in the order of writing")
    func append() async throws {
        try await withTemporaryStore { store async throws in
            for value in ["one", "two", ""] {
                #expect(try await store.publish(value, at: "a.test", lifetime: 10, now: start) == .stored)
            }
            let values = try await store.values(at: "A.test", now: start)
            #expect(values.map(\.text) == ["one", "two", ""])
            #expect(try await store.values(at: "b.test", now: start).isEmpty)
            #expect(try await store.count(now: start) == 3)
        }
    }

    @Test("A value expires at its second, and is deleted by the next clean-up")
    func expiry() async throws {
        try await withTemporaryStore { store async throws in
            _ = try await store.publish("short", at: "a.test", lifetime: 10, now: start)
            _ = try await store.publish("long", at: "a.test", lifetime: 20, now: start)
            let before = try await store.values(at: "a.test", now: start.adding(9))
            #expect(before.map(\.text) == ["short", "long"])
            #expect(before.map(\.secondsLeft) == [1, 11])
            #expect(try await store.values(at: "a.test", now: start.adding(10)).map(\.text) == ["long"])
            #expect(try await store.count(now: start.adding(10)) == 1)
            #expect(try await store.removeExpired(now: start.adding(10)) == 1)
            #expect(try await store.removeExpired(now: start.adding(10)) == 0)
        }
    }

    @Test("The same value again gets the new lifetime, a shorter one too, and moves to the end")
    func refresh() async throws {
        try await withTemporaryStore { store async throws in
            _ = try await store.publish("a", at: "a.test", lifetime: 100, now: start)
            _ = try await store.publish("b", at: "a.test", lifetime: 100, now: start)
            _ = try await store.publish("a", at: "a.test", lifetime: 5, now: start)
            let values = try await store.values(at: "a.test", now: start)
            #expect(values.map(\.text) == ["b", "a"])
            #expect(values.map(\.secondsLeft) == [100, 5])
        }
    }

    @Test("Texts that only look alike are two values")
    func canonicallyEqual() async throws {
        try await withTemporaryStore(limits: limits(values: 1)) { store async throws in
            #expect(try await store.publish("\u{e9}", at: "a.test", lifetime: 9, now: start) == .stored)
            #expect(
                try await store.publish("e\u{301}", at: "a.test", lifetime: 9, now: start)
                    == .tooManyValues(limit: 1)
            )
        }
    }

    @Test("One value or all are deleted, expired ones too")
    func delete() async throws {
        try await withTemporaryStore { store async throws in
            for value in ["a", "b", "c"] {
                _ = try await store.publish(value, at: "a.test", lifetime: 9, now: start)
            }
            #expect(try await store.delete("a", at: "a.test"))
            #expect(try await !store.delete("a", at: "a.test"))
            #expect(try await !store.delete(nil, at: "b.test"))
            #expect(try await store.values(at: "a.test", now: start).map(\.text) == ["b", "c"])
            #expect(try await store.delete(nil, at: "a.test"))
            #expect(try await store.values(at: "a.test", now: start).isEmpty)
        }
    }

    @Test("At the most values a new one is refused, a known one and one after an expiry are not")
    func valuesPerName() async throws {
        try await withTemporaryStore(limits: limits(values: 2)) { store async throws in
            _ = try await store.publish("a", at: "a.test", lifetime: 10, now: start)
            _ = try await store.publish("b", at: "a.test", lifetime: 20, now: start)
            #expect(
                try await store.publish("c", at: "a.test", lifetime: 10, now: start) == .tooManyValues(limit: 2)
            )
            #expect(try await store.publish("a", at: "a.test", lifetime: 10, now: start) == .stored)
            #expect(try await store.publish("c", at: "b.test", lifetime: 10, now: start) == .stored)
            #expect(try await store.publish("c", at: "a.test", lifetime: 10, now: start.adding(10)) == .stored)
        }
    }

    @Test("A set that would not fit into an answer is refused")
    func setSize() async throws {
        try await withTemporaryStore { store async throws in
            // 2,048 bytes are nine strings: 12 + 2,048 + 9 bytes on the wire, 15 of which stay below 32,768.
            for number in 0..<15 {
                let value = String(repeating: "x", count: 2_046) + String(10 + number)
                #expect(try await store.publish(value, at: "a.test", lifetime: 9, now: start) == .stored)
            }
            let last = String(repeating: "y", count: 2_048)
            #expect(
                try await store.publish(last, at: "a.test", lifetime: 9, now: start) == .setTooLarge(limit: 32_768)
            )
            #expect(try await store.publish("small", at: "a.test", lifetime: 9, now: start) == .stored)
        }
    }

    @Test("Times that no calendar has do no harm", arguments: [0, 1, UInt64(Int64.max), .max])
    func extremeTimes(seconds: UInt64) async throws {
        try await withTemporaryStore { store async throws in
            let now = UnixSeconds(rawValue: seconds)
            let lifetime = UInt32(Int32.max)
            #expect(try await store.publish("a", at: "a.test", lifetime: lifetime, now: now) == .stored)
            #expect(try await store.publish("b", at: "a.test", lifetime: lifetime, now: now) == .stored)
            #expect(try await store.values(at: "a.test", now: now).map(\.text) == ["a", "b"])
        }
    }

    @Test("Many writers at once lose nothing, and the limit holds")
    func concurrency() async throws {
        try await withTemporaryStore { store async throws in
            let outcomes = try await withThrowingTaskGroup(of: PublishOutcome.self) { group in
                for number in 0..<100 {
                    group.addTask {
                        try await store.publish("value \(number)", at: "a.test", lifetime: 9, now: start)
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(outcomes.count { $0 == .stored } == 64)
            #expect(outcomes.count { $0 == .tooManyValues(limit: 64) } == 36)
            #expect(try await store.count(now: start) == 64)
        }
    }

    private func limits(values: Int) -> RecordLimits {
        var limits = RecordLimits()
        limits.valuesPerName = values
        return limits
    }
}
