import DMPCrypto
import DMPProtocol
import Testing

@testable import DNSMesh

@Suite("From whom messages are accepted")
struct TrustGateTests {
    private let own: ZoneName
    private let elsewhere: ZoneName
    private let third: ZoneName
    private let bob: Contact
    private let unpinned: Contact

    init() throws {
        self.own = try ZoneName("own.test")
        self.elsewhere = try ZoneName("bob.test")
        self.third = try ZoneName("third.test")
        self.bob = Contact(
            name: "bob",
            username: "bob",
            encryptionKey: nil,
            signingKey: try Self.key(1),
            zone: self.elsewhere
        )
        self.unpinned = Contact(name: "carol", username: "carol", encryptionKey: nil, signingKey: nil, zone: nil)
    }

    private static func key(_ byte: UInt8) throws -> Ed25519.PublicKey {
        try Ed25519.SecretKey(seed: SecretBytes(copying: [UInt8](repeating: byte, count: 32))).publicKey
    }

    private func gate(_ contacts: [Contact], allowsFirstUse: Bool = false) -> TrustGate {
        TrustGate(contacts: contacts, ownZone: self.own, allowsFirstUse: allowsFirstUse)
    }

    @Test("A pinned key speaks in its contact's zone and in ours, and nowhere else")
    func zones() throws {
        let gate = self.gate([self.bob])
        #expect(gate.judge(try Self.key(1), in: self.elsewhere) == .pinned(self.bob))
        #expect(gate.judge(try Self.key(1), in: self.own) == .pinned(self.bob))
        #expect(gate.judge(try Self.key(1), in: self.third) == .refused(.foreignZone))
        #expect(gate.judge(try Self.key(2), in: self.own) == .stranger)
    }

    @Test("A blocked key is refused, pinned or not")
    func blocked() throws {
        var gate = self.gate([self.bob])
        gate.blocked = [try Self.key(1), try Self.key(2)]
        #expect(gate.judge(try Self.key(1), in: self.elsewhere) == .refused(.blockedSender))
        #expect(gate.judge(try Self.key(2), in: self.own) == .refused(.blockedSender))
    }

    @Test("A zone in which a pinned key left messages before is polled, and counts for that key alone")
    func knownZones() throws {
        var gate = self.gate([self.bob])
        gate.knownZones = [try Self.key(1): [self.third], try Self.key(2): [try ZoneName("other.test")]]
        #expect(gate.zones == [self.own, self.elsewhere, self.third])
        #expect(gate.judge(try Self.key(1), in: self.third) == .pinned(self.bob))
        #expect(gate.judge(try Self.key(2), in: self.third) == .stranger)
    }

    @Test("A contact whose code was compared is trusted for that reason")
    func verified() {
        var gate = self.gate([self.bob])
        #expect(gate.trust(in: self.bob) == .pinned)
        gate.verified = ["bob"]
        #expect(gate.trust(in: self.bob) == .verified)
    }

    @Test("One pinned contact ends trust on first use; one without a signing key doesn't")
    func firstUse() throws {
        #expect(self.gate([], allowsFirstUse: true).judge(try Self.key(2), in: self.own) == .firstUse)
        #expect(self.gate([self.unpinned], allowsFirstUse: true).judge(try Self.key(2), in: self.own) == .firstUse)
        #expect(
            self.gate([self.bob], allowsFirstUse: true).judge(try Self.key(2), in: self.own) == .stranger
        )
        #expect(self.gate([self.unpinned]).judge(try Self.key(2), in: self.own) == .stranger)
    }

    @Test("The own zone is polled first, then each contact's zone once")
    func polledZones() {
        var twin = self.bob
        twin.name = "bob again"
        #expect(self.gate([self.bob, self.unpinned, twin]).zones == [self.own, self.elsewhere])
    }
}
