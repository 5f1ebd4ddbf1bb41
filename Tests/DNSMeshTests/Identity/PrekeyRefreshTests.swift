import DMPNetwork
import DMPProtocol
import Foundation
import Logging
import Synchronization
import Testing

@testable import DNSMesh

@Suite("The pool of prekeys")
struct PrekeyRefreshTests {
    @Test("Two refreshes at once reach the target and not more")
    func atOnce() async throws {
        let world = try World()
        let bob = try world.user("bob")
        async let one = bob.client.refreshPrekeys(target: 10)
        async let other = bob.client.refreshPrekeys(target: 10)
        let reports = try await [one, other]
        #expect(reports.map(\.published).sorted() == [0, 10])
        #expect(await world.store.values(at: reports[0].owner).count == 10)
    }

    @Test("While another process publishes prekeys of the same folder, the refresh says who does")
    func otherProcess() async throws {
        try await withTemporaryFolder { folder in
            let world = try World()
            let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
            let bob = try world.user("bob", stores: .directory(folder, now: world.now, logger: logger))
            let lock = FolderLock(folder: folder, name: ".prekeys.lock")
            try await lock.tryLock {
                try Data("4711\n".utf8).write(to: folder.appending(path: ".prekeys.lock"))
                await #expect { try await bob.client.refreshPrekeys() } throws: { error in
                    guard let error = error as? MeshError else { return false }
                    return error.code == .busy && error.message.contains("process 4711")
                }
                #expect(try await bob.client.upkeep().failures.isEmpty, "upkeep leaves it to the other")
            }
            #expect(try await bob.client.refreshPrekeys(target: 2).published == 2)
        }
    }

    @Test("A prekey whose publishing got no answer doesn't count, and goes out again with the same bytes")
    func unanswered() async throws {
        let world = try World()
        let network = FaultyNetwork(world.store)
        let bob = try world.user("bob", writer: network)
        network.onPublish { _, _ in .unavailable(NetworkFailure(.timeout, "no answer")) }
        let first = try await bob.client.refreshPrekeys(target: 3)
        #expect(first.published == 0 && first.live == 0 && first.failures.count == 3)
        #expect(try await bob.client.standing().livePrekeys == 0)
        network.onPublish { _, _ in nil }
        world.advance(by: 60)
        let second = try await bob.client.refreshPrekeys(target: 3)
        #expect(second.published == 3 && second.live == 3)
        #expect(Set(network.publishes.map(\.value)).count == 3)
        #expect(await world.store.values(at: second.owner).count == 3)
    }

    @Test("A message under a prekey whose publishing got no answer is opened, and the prekey withdrawn")
    func unansweredButThere() async throws {
        let world = try World()
        let network = FaultyNetwork(world.store)
        let alice = try world.user("alice")
        let bob = try world.user("bob", writer: network)
        try await alice.befriend(bob)
        let published = Mutex<[(OwnerName, TXTValue)]>([])
        network.onPublish { name, value in
            published.withLock { $0.append((name, value)) }
            return .unavailable(NetworkFailure(.timeout, "the answer is lost"))
        }
        let owner = try await bob.client.refreshPrekeys(target: 1).owner
        for (name, value) in published.withLock(\.self) { await world.store.insert(value, at: name, ttl: 86_400) }
        network.onPublish { _, _ in nil }
        guard case .prekey = try await alice.client.send("hello", to: "bob").forwardSecrecy else {
            Issue.record("it was not sealed for a prekey")
            return
        }
        #expect(try await bob.client.receive().messages.map(\.text) == ["hello"])
        #expect(await world.store.values(at: owner).isEmpty)
    }

    @Test("Prekeys of another key in the same folder don't count")
    func otherKey() async throws {
        let world = try World()
        let stores = try MeshStores.memory()
        let before = try world.user("bob", stores: stores)
        let after = try world.user("bob", keys: "renewed", stores: stores)
        #expect(try await before.client.refreshPrekeys(target: 3).live == 3)
        #expect(try await after.client.standing().livePrekeys == 0)
        #expect(try await after.client.refreshPrekeys(target: 3).published == 3)
    }

    @Test("Replacing withdraws everything, also what was made elsewhere, and what is under way still arrives")
    func replacing() async throws {
        let world = try World()
        let (alice, bob) = try await acquainted(world)
        let copy = try world.user("bob")
        _ = try await bob.client.refreshPrekeys(target: 3)
        _ = try await alice.client.send("under way", to: "bob")
        let owner = try await copy.client.refreshPrekeys(target: 4).owner
        #expect(await world.store.values(at: owner).count == 7)
        let report = try await bob.client.refreshPrekeys(target: 5, replacing: true)
        #expect(report.published == 5 && report.live == 5)
        #expect(await world.store.values(at: owner).count == 5)
        #expect(try await bob.client.receive().messages.map(\.text) == ["under way"])
    }

    @Test("Nothing is replaced if what is there can't be read")
    func replacingUnreadable() async throws {
        let world = try World()
        let network = FaultyNetwork(world.store)
        let bob = try world.user("bob", reader: network)
        let owner = try await bob.client.refreshPrekeys(target: 3).owner
        network.onRead { _, _ in .unavailable(NetworkFailure(.timeout, "no answer")) }
        await #expect { try await bob.client.refreshPrekeys(target: 3, replacing: true) } throws: {
            ($0 as? MeshError)?.code == .unavailable
        }
        #expect(await world.store.values(at: owner).count == 3)
        #expect(try await bob.client.standing().livePrekeys == 3)
    }
}
