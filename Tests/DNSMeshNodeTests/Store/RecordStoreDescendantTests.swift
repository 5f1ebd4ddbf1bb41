import DMPProtocol
import Testing

@testable import DNSMeshNode

@Suite("Names above stored names")
struct RecordStoreDescendantTests {
    let start = UnixSeconds(rawValue: 1_700_000_000)

    @Test("Every name above a stored one is known, and no other")
    func descendants() async throws {
        try await withTemporaryStore { store async throws in
            _ = try await store.publish("x", at: "slot-1.mb-a.mesh.test", lifetime: 10, now: start)
            for name: RecordName in ["mb-a.mesh.test", "mesh.test", "test"] {
                #expect(try await store.find(name, now: start) == .onlyDescendants)
            }
            for name: RecordName in [
                "a.mesh.test", "mb.mesh.test", "mb-a.mesh", "x.slot-1.mb-a.mesh.test", "esh.test", "slot-1",
                "mesh-test",
                "mb-a0.mesh.test",
            ] {
                #expect(try await store.find(name, now: start) == .absent)
            }
        }
    }

    @Test("They are gone when the last name below is")
    func expiry() async throws {
        try await withTemporaryStore { store async throws in
            _ = try await store.publish("x", at: "a.b.test", lifetime: 10, now: start)
            #expect(try await store.find("b.test", now: start.adding(9)) == .onlyDescendants)
            #expect(try await store.find("b.test", now: start.adding(10)) == .absent)
            _ = try await store.publish("x", at: "a.b.test", lifetime: 10, now: start)
            _ = try await store.delete(nil, at: "a.b.test")
            #expect(try await store.find("b.test", now: start) == .absent)
        }
    }
}
