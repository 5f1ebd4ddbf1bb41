import DMPCrypto
import DMPNetwork
import DMPProtocol
import DMPTesting
import DNSTransport
import Testing

@testable import DNSMesh

@Suite("Finding out whether a contact's key is still in use")
struct RotationFollowerTests {
    private let world: World
    private let network: FaultyNetwork<MemoryRecordStore>
    private let stores: MeshStores
    private let alice: Successions
    private let contact: Contact

    init() throws {
        self.world = try World()
        self.network = FaultyNetwork(self.world.store)
        self.stores = try .memory()
        self.alice = try Successions()
        self.contact = Contact(
            name: "alice",
            username: "alice",
            encryptionKey: try self.alice.keys("a").encryptionKey,
            signingKey: try self.alice.key("a"),
            zone: nil
        )
    }

    private func follower(isOnByDefault: Bool = true) -> RotationFollower {
        let world = self.world
        return RotationFollower(
            reader: self.network,
            database: self.stores.state,
            ownZone: world.zone,
            isOnByDefault: isOnByDefault,
            now: { world.now }
        )
    }

    private var deadline: ErasedClock.Instant { ErasedClock(self.world.clock).now.advanced(by: .seconds(5)) }

    private func publish(_ values: [TXTValue], at name: Int = 0) async {
        let names = RotationNames(of: self.alice.subject).all
        for value in values { await self.world.store.insert(value, at: names[name], ttl: 60) }
    }

    @Test("Both names are read, and rotations at either are followed", arguments: [0, 1])
    func names(_ place: Int) async throws {
        await self.publish(try self.alice.chain("ab"), at: place)
        let check = try await self.follower().check(self.contact, deadline: self.deadline)
        #expect(check.standing == .replaced(by: try self.alice.key("b"), hops: 1))
        #expect(check.failure == nil)
        #expect(
            Set(self.network.reads.map(\.text)) == ["rotate.dmp.mesh.test", "rotate.id-2bd806c97f0e00af.mesh.test"]
        )
    }

    @Test("An answer is good for some minutes, and callers at the same time share one look-up")
    func cached() async throws {
        let follower = self.follower()
        let (contact, deadline) = (self.contact, self.deadline)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<8 { group.addTask { _ = try await follower.check(contact, deadline: deadline) } }
            try await group.waitForAll()
        }
        #expect(self.network.reads.count == 2)
        self.world.advance(by: RotationFollower.freshness - 1)
        _ = try await follower.check(contact, deadline: deadline)
        #expect(self.network.reads.count == 2)
        _ = try await follower.check(contact, freshness: 30, deadline: deadline)
        #expect(self.network.reads.count == 4)
        self.world.advance(by: RotationFollower.freshness)
        await self.publish(try self.alice.chain("ab"))
        let check = try await follower.check(contact, deadline: deadline)
        #expect(check.standing == .replaced(by: try self.alice.key("b"), hops: 1))
    }

    @Test("A revocation that was seen once counts even when its name says nothing any more, or can't be read")
    func remembered() async throws {
        await self.publish(try self.alice.chain("ab") + [try self.alice.revocation("a", reason: .lostKey)])
        _ = try await self.follower().check(self.contact, deadline: self.deadline)
        self.network.onRead { _, _ in .absent }
        let denied = try await self.follower().check(self.contact, deadline: self.deadline)
        #expect(denied == KeyCheck(standing: .distrusted(.revoked(.lostKey))))
        let failure = NetworkFailure(.timeout, "no answer")
        self.network.onRead { _, _ in .unavailable(failure) }
        let unread = try await self.follower().check(self.contact, deadline: self.deadline)
        #expect(unread == KeyCheck(standing: .distrusted(.revoked(.lostKey)), failure: failure))
    }

    @Test("A name that can't be read is no proof, and is asked again")
    func unread() async throws {
        let failure = NetworkFailure(.timeout, "no answer")
        self.network.onRead { name, result in name.text.hasPrefix("rotate.dmp") ? .unavailable(failure) : result }
        let follower = self.follower()
        await self.publish(try self.alice.chain("ab"), at: 1)
        let half = try await follower.check(self.contact, deadline: self.deadline)
        #expect(half == KeyCheck(standing: .replaced(by: try self.alice.key("b"), hops: 1), failure: failure))
        self.network.onRead { $1 }
        let whole = try await follower.check(self.contact, deadline: self.deadline)
        #expect(whole == KeyCheck(standing: .replaced(by: try self.alice.key("b"), hops: 1)))
    }

    @Test("A hop that was remembered and has expired since is not forgotten")
    func expiredMemory() async throws {
        await self.publish(try self.alice.chain("ab"))
        _ = try await self.follower().check(self.contact, deadline: self.deadline)
        self.world.advance(by: 86_401)
        let check = try await self.follower().check(self.contact, deadline: self.deadline)
        #expect(check.standing == .distrusted(.expired))
    }

    @Test("Records that anybody may sign for keys of their own are not remembered")
    func junk() async throws {
        await self.publish(try self.alice.chain("xy") + [try self.alice.revocation("z")])
        _ = try await self.follower().check(self.contact, deadline: self.deadline)
        let memory = RotationMemory(database: self.stores.state)
        #expect(try await memory.records(of: self.alice.subject, now: self.world.now).values.isEmpty)
    }

    @Test("A contact's own switch wins over that for all, which wins over the default")
    func switches() async throws {
        await self.publish([try self.alice.revocation("a")])
        let switches = RotationSwitches(database: self.stores.state)
        let (off, on) = (self.follower(isOnByDefault: false), self.follower())
        #expect(try await off.check(self.contact, deadline: self.deadline) == .unasked)
        #expect(self.network.reads.isEmpty)
        let revoked = KeyCheck(standing: .distrusted(.revoked(.compromise)))
        #expect(try await on.check(self.contact, deadline: self.deadline) == revoked)
        try await switches.set(false, for: nil)
        #expect(try await on.check(self.contact, deadline: self.deadline) == .unasked)
        try await switches.set(true, for: "alice")
        #expect(try await off.check(self.contact, deadline: self.deadline) == revoked)
    }

    @Test("A contact without a pinned key, or without a user name, has nothing to check")
    func nothingToCheck() async throws {
        var (unpinned, nameless) = (self.contact, self.contact)
        unpinned.signingKey = nil
        nameless.username = "@mesh.test"
        for contact in [unpinned, nameless] {
            #expect(try await self.follower().check(contact, deadline: self.deadline) == .unasked)
        }
        #expect(self.network.reads.isEmpty)
    }

    @Test("A key whose successor was seen in use is abandoned for good")
    func abandoned() async throws {
        let follower = self.follower()
        #expect(try await !follower.check(self.contact, deadline: self.deadline).isAbandoned)
        try await follower.noteUse(of: try self.alice.key("b"), by: self.contact)
        #expect(try await follower.check(self.contact, deadline: self.deadline).isAbandoned)
    }

    @Test("A zone whose rotation names would be too long has none")
    func longZone() async throws {
        let label = String(repeating: "a", count: 61)
        let zone = try ZoneName([label, label, label, String(repeating: "b", count: 45)].joined(separator: "."))
        let subject = try KeySubject(.user, "alice@\(zone)")
        #expect(RotationNames(of: subject).all.count == 1)
    }
}
