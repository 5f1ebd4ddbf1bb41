import DMPCrypto
import DMPNetwork
import DMPProtocol
import Testing

@testable import DNSMesh

@Suite("Where a chain of rotations leads")
struct ChainWalkTests {
    private let alice: Successions

    init() throws { self.alice = try Successions() }

    @Test("Without a record of the key nothing changes")
    func nothing() throws {
        #expect(try self.alice.standing(of: "a", []) == .current)
        #expect(
            try self.alice.standing(of: "a", [TXTValue("v=spf1 -all"), TXTValue("v=dmp1;t=rotation;AAAA")]) == .current
        )
        #expect(try self.alice.standing(of: "a", try self.alice.chain("bcd")) == .current)
    }

    @Test("Four hops resolve and five don't")
    func length() throws {
        for (letters, hops) in [("ab", 1), ("abc", 2), ("abcd", 3), ("abcde", 4)] {
            let head = try self.alice.key(try #require(letters.last))
            let values = try self.alice.chain(letters).shuffled()
            #expect(try self.alice.standing(of: "a", values) == .replaced(by: head, hops: hops))
        }
        let five = try self.alice.chain("abcdef")
        #expect(try self.alice.standing(of: "a", five) == .distrusted(.tooLong))
        #expect(try self.alice.standing(of: "b", five) == .replaced(by: try self.alice.key("f"), hops: 4))
    }

    @Test("Two successors of one key stop the walk, whatever their numbers", arguments: [1, 2, 9] as [UInt64])
    func fork(_ sequence: UInt64) throws {
        let values = try self.alice.chain("ab") + [try self.alice.rotation("a", "c", sequence)]
        #expect(try self.alice.standing(of: "a", values) == .distrusted(.forked))
        let later =
            try self.alice.chain("zab") + [try self.alice.rotation("b", "x", 3), try self.alice.rotation("b", "y", 4)]
        #expect(try self.alice.standing(of: "z", later) == .distrusted(.forked))
    }

    @Test("An expired rotation to another successor is a fork too")
    func expiredFork() throws {
        let expired = try self.alice.rotation("a", "c", 1, expires: Successions.now.adding(0))
        let past = UnixSeconds(rawValue: Successions.now.rawValue - 1)
        let older = try self.alice.rotation("a", "c", 1, expires: past)
        #expect(try self.alice.standing(of: "a", [expired]) == .replaced(by: try self.alice.key("c"), hops: 1))
        #expect(try self.alice.standing(of: "a", try self.alice.chain("ab") + [older]) == .distrusted(.forked))
    }

    @Test("The same rotation published twice is no fork, and its lowest number counts")
    func republished() throws {
        let values = [
            try self.alice.rotation("a", "b", 9), try self.alice.rotation("a", "b", 2),
            try self.alice.rotation("b", "c", 3),
        ]
        #expect(try self.alice.standing(of: "a", values) == .replaced(by: try self.alice.key("c"), hops: 2))
    }

    @Test("A chain that comes back leads nowhere")
    func cycle() throws {
        #expect(try self.alice.standing(of: "a", try self.alice.chain("aba")) == .distrusted(.circular))
        #expect(try self.alice.standing(of: "a", try self.alice.chain("abcb")) == .distrusted(.circular))
    }

    @Test("Equal and falling numbers stop the walk", arguments: [4, 5] as [UInt64])
    func sequence(_ second: UInt64) throws {
        let values = [try self.alice.rotation("a", "b", 5), try self.alice.rotation("b", "c", second)]
        #expect(try self.alice.standing(of: "a", values) == .distrusted(.sequenceNotRising))
        #expect(try self.alice.standing(of: "b", values) == .replaced(by: try self.alice.key("c"), hops: 1))
    }

    @Test("A known hop that has expired stops the walk, wherever it stands", arguments: [0, 1])
    func expired(_ place: Int) throws {
        var values = try self.alice.chain("abc")
        let past = UnixSeconds(rawValue: Successions.now.rawValue - 1)
        let (old, new) = place == 0 ? ("a", "b") : ("b", "c") as (Character, Character)
        values[place] = try self.alice.rotation(old, new, UInt64(place) + 1, expires: past)
        #expect(try self.alice.standing(of: "a", values) == .distrusted(.expired))
        values.append(try self.alice.rotation(old, new, UInt64(place) + 1))
        #expect(try self.alice.standing(of: "a", values) == .replaced(by: try self.alice.key("c"), hops: 2))
    }

    @Test("A revoked key on the path stops the walk; one beside it doesn't")
    func revoked() throws {
        let chain = try self.alice.chain("abc")
        let revoked = { (letter: Character) in
            try self.alice.standing(of: "a", chain + [try self.alice.revocation(letter, reason: .lostKey)])
        }
        #expect(try revoked("a") == .distrusted(.revoked(.lostKey)))
        #expect(try revoked("b") == .distrusted(.successorRevoked(.lostKey)))
        #expect(try revoked("c") == .distrusted(.successorRevoked(.lostKey)))
        #expect(try revoked("x") == .replaced(by: try self.alice.key("c"), hops: 2))
        #expect(
            try self.alice.standing(of: "a", [try self.alice.revocation("a")]) == .distrusted(.revoked(.compromise))
        )
    }

    @Test("Records of another subject, or dated ahead, say nothing")
    func foreign() throws {
        let bob = try KeySubject(.user, "bob@mesh.test")
        let mesh = try KeySubject(.cluster, "mesh.test")
        let ahead = Successions.now.adding(301)
        let farAhead = Successions.now.adding(157_680_001)
        let values = [
            try self.alice.rotation("a", "b", 1, subject: bob), try self.alice.rotation("a", "b", 1, subject: mesh),
            try self.alice.revocation("a", subject: bob), try self.alice.revocation("a", issued: ahead),
            try self.alice.rotation("a", "b", 1, expires: farAhead),
        ]
        #expect(try self.alice.standing(of: "a", values) == .current)
        let spelled = try KeySubject(.user, "alice@MESH.test.")
        let other = [try self.alice.rotation("a", "b", 1, subject: spelled)]
        #expect(try self.alice.standing(of: "a", other) == .replaced(by: try self.alice.key("b"), hops: 1))
    }

    @Test("Only records that a chain from the pinned key can meet are worth remembering")
    func relevance() throws {
        let own = try self.alice.chain("abcdef") + [try self.alice.revocation("c")]
        let foreign = try self.alice.chain("xyz") + [try self.alice.revocation("x")]
        let records = SuccessionRecords(own + foreign, of: self.alice.subject, now: Successions.now)
        #expect(Set(records.relevant(to: try self.alice.key("a")).values) == Set(own))
        #expect(records.relevant(to: try self.alice.key("m")).values.isEmpty)
        let few = records.relevant(to: try self.alice.key("a"), limit: 2)
        #expect(few.rotations.count == 2 && few.revocations.count == 1)
    }

    @Test("Every fault is explained in words of its own")
    func explanations() {
        let faults: [ChainFault] = [
            .revoked(.compromise), .revoked(.lostKey), .revoked(.routine), .revoked(.other),
            .successorRevoked(.lostKey),
            .forked, .circular, .tooLong, .sequenceNotRising, .expired,
        ]
        #expect(Set(faults.map(\.explanation)).count == faults.count)
    }
}
