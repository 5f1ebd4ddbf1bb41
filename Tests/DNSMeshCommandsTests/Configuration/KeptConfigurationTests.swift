import DMPProtocol
import DMPTesting
import Foundation
import Testing

@testable import DNSMeshCommands

@Suite("A config and a token that the Python client has left")
struct KeptConfigurationTests {
    private static let kept = projectRoot.appending(path: "Tests/DNSMeshTests/Fixtures/reference")

    @Test("The config is read, and says the same after a change of ours")
    func configuration() async throws {
        try await withTestFolder { folder in
            let user = TestUser(folder: folder)
            let file = folder.appending(path: "config.yaml")
            try FileManager.default.copyItem(at: Self.kept.appending(path: "config.yaml"), to: file)
            let before = try user.load()
            #expect(before.username == "carol" && before.domain == "mesh.test")
            #expect(before.kdfSalt == "9ef23ed8f244199dcd28ff1a9df2f44b2bfa930c89a37beb5b507dbf7b6c2900")
            #expect(before.contacts.map(\.label) == ["alice"] && before.contacts.allSatisfy { $0.contact != nil })
            _ = try await user.file().update { $0.contacts.append(ContactEntry(label: "new", encryptionKey: "ab")) }
            var after = try user.load()
            #expect(after.contacts.removeLast().label == "new")
            #expect(after == before)
        }
    }

    @Test("A token is found for its host until it has expired")
    func token() {
        let folder = Self.kept.appending(path: "tokens")
        func token(_ host: String, _ now: UInt64) -> String? {
            SavedToken.text(forHost: host, in: folder, now: UnixSeconds(rawValue: now))
        }
        #expect(token("dmp.example.org", 1_795_524_899) == "dmp_v1_kept_fixture")
        #expect(token("DMP.example.org.", 1_795_524_599) == "dmp_v1_kept_fixture")
        #expect(token("dmp.example.org", 1_795_524_900) == nil)
        #expect(token("other.example.org", 1_795_524_599) == nil)
    }
}
