import DMPNetwork
import DMPProtocol
import Foundation
import Logging
import Synchronization
import Testing

@testable import DNSMesh

@Suite("A second copy of the identity is noticed")
struct CopySignsTests {
    private static let clear = CopySigns(foreign: 0, vanished: 0)

    @Test("Prekeys of the own key that were made elsewhere are foreign")
    func foreign() async throws {
        let world = try World()
        let (one, other) = (try world.user("bob"), try world.user("bob"))
        _ = try await one.client.refreshPrekeys(target: 3)
        #expect(try await one.client.lookForCopies() == Self.clear)
        _ = try await other.client.refreshPrekeys(target: 4)
        #expect(try await one.client.lookForCopies() == CopySigns(foreign: 4, vanished: 0))
        #expect(try await other.client.lookForCopies() == CopySigns(foreign: 3, vanished: 0))
    }

    @Test("Prekeys of somebody else at the same name are nothing to speak of")
    func stranger() async throws {
        let world = try World()
        let (bob, squatter) = (try world.user("bob"), try world.user("bob", keys: "squatter"))
        _ = try await squatter.client.refreshPrekeys(target: 3)
        #expect(try await bob.client.lookForCopies() == Self.clear)
    }

    @Test("A copied folder that receives messages is noticed by the prekeys that it withdraws")
    func vanished() async throws {
        try await withTemporaryFolder { parent in
            let world = try World()
            let (here, there) = (parent.appending(path: "here"), parent.appending(path: "there"))
            let alice = try world.user("alice")
            let bob = try world.user("bob", stores: self.open(here, world))
            try await alice.pin(bob)
            _ = try await bob.client.refreshPrekeys(target: 3)
            try FileManager.default.copyItem(at: here, to: there)
            let copy = try world.user("bob", stores: self.open(there, world))
            try await copy.pin(alice)
            _ = try await alice.client.send("for both", to: "bob")
            #expect(try await copy.client.receive().messages.count == 1)
            #expect(try await bob.client.lookForCopies() == Self.clear, "an old answer could look like that")
            world.advance(by: 60)
            _ = try await bob.client.refreshPrekeys(target: 4)
            #expect(try await bob.client.lookForCopies() == CopySigns(foreign: 0, vanished: 1))
            world.advance(by: 86_400)
            #expect(try await bob.client.lookForCopies() == Self.clear, "they are no longer offered")
        }
    }

    @Test("Own deletions, answers from a cache and an outage raise no alarm")
    func noFalseAlarm() async throws {
        let world = try World()
        let network = FaultyNetwork(world.store)
        let alice = try world.user("alice")
        let bob = try world.user("bob", reader: network)
        try await alice.befriend(bob)
        let owner = try await bob.client.refreshPrekeys(target: 3).owner
        let before = await world.store.values(at: owner)
        world.advance(by: 60)
        _ = try await alice.client.send("hello", to: "bob")
        #expect(try await bob.client.receive().messages.count == 1)
        _ = try await bob.client.refreshPrekeys(target: 4)
        #expect(try await bob.client.lookForCopies() == Self.clear)
        network.onRead { name, result in name == owner ? .records(before) : result }
        #expect(try await bob.client.lookForCopies() == Self.clear, "what was deleted is still cached")
        network.onRead { name, result in name == owner ? .absent : result }
        #expect(try await bob.client.lookForCopies() == Self.clear)
        network.onRead { _, _ in .unavailable(NetworkFailure(.timeout, "no answer")) }
        #expect(try await bob.client.lookForCopies() == nil)
        network.onRead { $1 }
        _ = try await bob.client.refreshPrekeys(target: 4, replacing: true)
        network.onRead { name, result in name == owner ? .records(before) : result }
        #expect(try await bob.client.lookForCopies() == Self.clear, "what was replaced is still cached")
    }

    @Test("A node that has lost its records is not taken for a copy")
    func nodeLoss() async throws {
        let world = try World()
        let network = FaultyNetwork(world.store)
        let bob = try world.user("bob", reader: network)
        let owner = try await bob.client.refreshPrekeys(target: 3).owner
        let lost = await world.store.values(at: owner)
        world.advance(by: 60)
        _ = try await bob.client.refreshPrekeys(target: 5)
        network.onRead { name, result in
            guard name == owner, case .records(let values) = result else { return result }
            return .records(values.filter { !lost.contains($0) })
        }
        #expect(try await bob.client.lookForCopies() == Self.clear)
    }

    @Test("What another process of the same folder publishes isn't foreign")
    func sameFolder() async throws {
        try await withTemporaryFolder { folder in
            let world = try World()
            let one = try world.user("bob", stores: self.open(folder, world))
            let other = try world.user("bob", stores: self.open(folder, world))
            _ = try await one.client.refreshPrekeys(target: 3)
            _ = try await other.client.refreshPrekeys(target: 5)
            for user in [one, other] { #expect(try await user.client.lookForCopies() == Self.clear) }
        }
    }

    private func open(_ folder: URL, _ world: World) throws -> MeshStores {
        try .directory(folder, now: world.now, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }
}
