import DMPProtocol
import DNSWire
import GRDB
import Testing

@testable import DNSMeshNode

/// SQLite says that the disk is full where its file may have no more pages, as it does where the disk has none.
@Suite("A record store on a full disk")
struct FullDiskTests {
    private static let long = String(repeating: "x", count: 1_900)
    private static let body = "{\"value\": \"\(long)\", \"ttl\": 300}"

    @Test("Publishing is refused for now, reading goes on, and there is no restart once there is room")
    func publishing() async throws {
        try await withHTTP { http async throws in
            _ = try await http.send(.post, "/v1/records/a.test", #"{"value": "kept"}"#)
            try await http.store.fill()
            // Some fit into the last page.
            var stored: [String] = []
            for number in 0..<20 {
                let answer = try await http.response(.post, "/v1/records/n\(number).test", Self.body)
                if answer.status == .created {
                    stored.append("n\(number).test")
                } else {
                    #expect(answer.status == .serviceUnavailable && answer.retryAfter == 5)
                }
            }
            #expect(stored.count < 20)
            #expect(try await http.send(.get, "/v1/records/a.test").body.contains("kept"))
            #expect(try await http.send(.get, "/health").status == 200)
            try await http.store.empty()
            for name in stored { #expect(try await http.send(.get, "/v1/records/\(name)").status == 200) }
            for number in 20..<40 {
                #expect(try await http.send(.post, "/v1/records/n\(number).test", Self.body).status == 201)
            }
            #expect(try await http.store.count(now: http.time.now) == stored.count + 21)
        }
    }

    @Test("Of many writes at once those are acknowledged that are stored, and no others")
    func groups() async throws {
        try await withTemporaryStore { store in
            let now = UnixSeconds(rawValue: 1_700_000_000)
            try await store.fill()
            let stored = await withTaskGroup(of: Int?.self) { group in
                for number in 0..<60 {
                    // Every third is small enough for the last page.
                    let value = number.isMultiple(of: 3) ? "y" : Self.long
                    group.addTask {
                        guard let name = RecordName("n\(number).test") else { return nil }
                        let outcome = try? await store.publish(value, at: name, lifetime: 300, now: now)
                        return outcome == .stored ? number : nil
                    }
                }
                return await group.reduce(into: Set<Int>()) { if let number = $1 { $0.insert(number) } }
            }
            #expect(stored.count < 60)
            try await store.empty()
            for number in 0..<60 {
                let name = try #require(RecordName("n\(number).test"))
                #expect(try await store.values(at: name, now: now).isEmpty != stored.contains(number), "\(number)")
            }
        }
    }

    @Test("An update is answered with SERVFAIL, changes nothing, and the same message works once there is room")
    func updates() async throws {
        try await UpdateFixture.run { node in
            #expect(try await node.update([], [.add("kept", at: "a")]) == .noError)
            try await node.store.fill()
            let changes = try (0..<20).map { try DNSUpdate.Change.add(Self.long, at: "n\($0)") }
            let update = DNSUpdate(zone: try DNSName(UpdateFixture.zone), prerequisites: [], changes: changes)
            let message = update.message(id: 7)
            #expect(try await node.send(message) == .serverFailure)
            #expect(try await node.values("a") == ["kept"])
            #expect(try await node.count() == 1)
            try await node.store.empty()
            #expect(try await node.send(message) == .noError)
            #expect(try await node.count() == 21)
        }
    }
}

extension RecordStore {
    /// Leaves no page more than there are.
    fileprivate func fill() async throws {
        try await self.limitPages("(SELECT page_count FROM pragma_page_count)")
    }

    fileprivate func empty() async throws {
        try await self.limitPages("1000000")
    }

    private func limitPages(_ count: String) async throws {
        try await self.write { db in
            let pages = try Int.fetchOne(db, sql: "SELECT \(count)") ?? 0
            try db.execute(sql: "PRAGMA max_page_count = \(pages)")
            return ((), [])
        }
    }
}
