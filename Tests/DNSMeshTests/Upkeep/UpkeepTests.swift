import DMPNetwork
import DMPProtocol
import DMPTesting
import DNSTransport
import Testing

@testable import DNSMesh

@Suite("The identity is kept alive")
struct UpkeepTests {
    @Test("The identity record is published again when half of its life is over, in the same form")
    func republish() async throws {
        let world = try World()
        let bob = try world.user("bob")
        let first = try await bob.client.publishIdentity(lifetime: 3_600, advertisingEnvelope: true)
        #expect(try await bob.client.upkeep().identity == nil)
        world.advance(by: 1_799)
        #expect(try await bob.client.upkeep().identity == nil)
        world.advance(by: 1)
        let again = try #require(try await bob.client.upkeep().identity)
        #expect(again.record.versions == [1, 2] && again.owner == first.owner && again.withdrawn == 1)
        let standing = try await bob.client.standing()
        #expect(standing.identityExpires == world.now.adding(3_600) && standing.identityLifetime == 3_600)
        #expect(await world.store.values(at: first.owner).count == 1)
        world.advance(by: 500_000)
        #expect(try await bob.client.standing().identityEndsIn == 0)
        #expect(try await bob.client.upkeep().identity != nil, "also long after it has expired")
    }

    @Test("An identity that this client never published stays unpublished; prekeys are topped up all the same")
    func neverPublished() async throws {
        let world = try World()
        let bob = try world.user("bob") { $0.prekeyTarget = 4 }
        let report = try await bob.client.upkeep()
        #expect(report.identity == nil && report.isComplete)
        #expect(report.prekeys?.published == 4)
        #expect(try await bob.client.upkeep().prekeys == nil)
        #expect(try await bob.client.standing().identityExpires == nil)
    }

    @Test("The pool is kept at the size and lifetime that the user asked for")
    func terms() async throws {
        let world = try World()
        let bob = try world.user("bob")
        _ = try await bob.client.refreshPrekeys(target: 6, lifetime: 7_200)
        #expect(try await bob.client.upkeep().prekeys == nil)
        world.advance(by: 5_400)
        let report = try #require(try await bob.client.upkeep().prekeys, "three quarters of their life are over")
        #expect(report.published == 6)
        #expect(await world.store.values(at: report.owner).count == 12)
        world.advance(by: 1_801)
        #expect(await world.store.values(at: report.owner).count == 6)
    }

    @Test("A client that can't publish only looks")
    func readOnly() async throws {
        let world = try World()
        let bob = try world.user("bob", publishes: false)
        let report = try await bob.client.upkeep()
        #expect(report.isComplete && report.prekeys == nil && report.copies == CopySigns(foreign: 0, vanished: 0))
        #expect(try await bob.client.upkeep(looking: false).copies == nil)
    }

    @Test("A record that a clock ahead of time has published is published again, and is the newest then")
    func clockAhead() async throws {
        let world = try World()
        let bob = try world.user("bob")
        world.advance(by: 90_000)
        let ahead = try await bob.client.publishIdentity()
        world.goBack(by: 90_000)
        let again = try #require(try await bob.client.upkeep().identity)
        #expect(again.record.issued > ahead.record.issued)
        #expect(await world.store.values(at: again.owner).count == 1)
    }

    @Test("Two that publish at the same moment leave the newer record")
    func atOnce() async throws {
        let world = try World()
        let stores = try MeshStores.memory()
        let network = FaultyNetwork(world.store)
        let (one, other) = (try world.user("bob", stores: stores, writer: network), try world.user("bob"))
        let owner = try OwnerName.hashedIdentity(of: "bob", in: world.zone)
        let newer = try IdentityRecord(
            username: "bob",
            encryptionKey: other.keys.encryptionKey,
            signingKey: other.keys.signingKey,
            issued: world.now.adding(1),
            versions: [1]
        ).signed(by: other.keys.ed25519).value
        await world.store.insert(newer, at: owner, ttl: 3_600)
        #expect(try await one.client.publishIdentity().withdrawn == 1)
        #expect(await world.store.values(at: owner) == [newer])
    }

    @Test("What fails is reported, and tried again ever more seldom")
    func failures() async throws {
        let world = try World()
        let network = FaultyNetwork(world.store)
        let bob = try world.user("bob", writer: network)
        _ = try await bob.client.publishIdentity(lifetime: 3_600)
        world.advance(by: 3_000)
        network.onPublish { _, _ in .refused(NetworkFailure(.unauthorized, "who are you?")) }
        let report = try await bob.client.upkeep()
        #expect(report.failures.map(\.code) == [.refused])
        #expect(report.prekeys?.published == 0 && !report.isComplete)

        var schedule = UpkeepSchedule()
        let pauses = (1...8).map { _ in
            schedule.note(isComplete: false)
            return schedule.pause
        }
        #expect(pauses == [120, 240, 480, 960, 1_920, 3_600, 3_600, 3_600].map { .seconds($0) })
        schedule.note(isComplete: true)
        #expect(schedule.pause == .seconds(60))
    }

    @Test("Copies are looked for at once, and then every ten minutes")
    func looks() {
        var schedule = UpkeepSchedule()
        let start = ErasedClock(ManualClock()).now
        let looks = [0, 60, 599, 600, 660, 1_200].map { schedule.looks(at: start.advanced(by: .seconds($0))) }
        #expect(looks == [true, false, false, true, false, true])
    }

    @Test("Run until cancelled, it does what is due and says each finding once")
    func run() async throws {
        let world = try World()
        let (bob, copy) = (try world.user("bob"), try world.user("bob"))
        _ = try await copy.client.refreshPrekeys(target: 2)
        let notes = Notes()
        let client = bob.client
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                do { try await client.runUpkeep { await notes.add($0) } } catch {}  // it ends by being cancelled
            }
            for _ in 0..<12 {
                await world.clock.waitForSleepers()
                world.clock.advance(by: .seconds(60))
            }
            await world.clock.waitForSleepers()
            group.cancelAll()
        }
        #expect(await notes.reports.compactMap(\.copies) == [CopySigns(foreign: 2, vanished: 0)])
        #expect(await notes.reports.compactMap(\.prekeys?.published) == [25])
    }

    private actor Notes {
        private(set) var reports: [UpkeepReport] = []
        func add(_ report: UpkeepReport) { self.reports.append(report) }
    }
}
