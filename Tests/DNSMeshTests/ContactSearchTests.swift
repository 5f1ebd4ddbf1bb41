import DMPProtocol
import Testing

@testable import DNSMesh

@Suite("Which contact a name means")
struct ContactSearchTests {
    private func search() throws -> ContactSearch {
        let contacts = [
            Self.contact("bob@bob.test", username: "bob", zone: try ZoneName("bob.test")),
            Self.contact("carol", username: "Carol", zone: nil),
            Self.contact("dave@one.test", username: "dave", zone: try ZoneName("one.test")),
            Self.contact("dave@two.test", username: "dave", zone: try ZoneName("two.test")),
        ]
        return ContactSearch(contacts: contacts, ownZone: try ZoneName("own.test"))
    }

    private static func contact(_ name: String, username: String, zone: ZoneName?) -> Contact {
        Contact(name: name, username: username, encryptionKey: nil, signingKey: nil, zone: zone)
    }

    @Test(
        "A name, an address, or a bare name that only one contact has",
        arguments: [
            ("bob@bob.test", "bob@bob.test"), ("bob", "bob@bob.test"), ("BOB@Bob.test.", "bob@bob.test"),
            ("carol", "carol"), ("carol@own.test", "carol"),
        ]
    )
    func found(recipient: String, name: String) throws {
        #expect(try self.search().find(recipient).name == name)
    }

    @Test(
        "Nothing is guessed",
        arguments: [
            ("bob@other.test", MeshError.Code.unknownContact), ("carol@bob.test", .unknownContact),
            ("erin", .unknownContact), ("", .unknownContact), ("bob@", .unknownContact), ("dave", .ambiguousContact),
        ]
    )
    func refused(recipient: String, code: MeshError.Code) throws {
        #expect { try self.search().find(recipient) } throws: { ($0 as? MeshError)?.code == code }
    }
}
