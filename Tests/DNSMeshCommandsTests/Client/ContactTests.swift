import ArgumentParser
import DMPCrypto
import DMPProtocol
import DNSMesh
import Foundation
import Testing

@testable import DNSMeshCommands

@Suite("Contacts of the config")
struct ContactTests {
    private static let key = String(repeating: "11", count: 32)
    private static let otherKey = String(repeating: "22", count: 32)
    private static let signer = "3b6a27bcceb6a42d62a3a8d02a6f0d73653215771de243a63ac048a18b59da29"

    @Test(
        "The user name is the stored one, or the label up to its first @",
        arguments: [
            (ContactEntry(label: "bob", encryptionKey: key), "bob"),
            (ContactEntry(label: "bob@mesh.test", encryptionKey: key), "bob"),
            (ContactEntry(label: "friend", encryptionKey: key, remoteUsername: "bob"), "bob"),
            (ContactEntry(label: "intro-1", signingKey: signer), ""),
        ]
    )
    func username(entry: ContactEntry, username: String) throws {
        let contact = try #require(entry.contact)
        #expect(contact.username == username)
        #expect(contact.name == entry.label)
    }

    @Test("Entries with a malformed key, or without any, are left out")
    func unusable() {
        #expect(ContactEntry(label: "a").contact == nil)
        #expect(ContactEntry(label: "a", encryptionKey: "xyz").contact == nil)
        #expect(ContactEntry(label: "a", encryptionKey: Self.key, signingKey: "12").contact == nil)
    }

    @Test("Putting a contact writes all it knows and keeps what it doesn't")
    func put() async throws {
        try await withTestFolder { folder in
            let user = TestUser(folder: folder)
            _ = await user.run("init", "alice")
            _ = try await user.file().update {
                $0.contacts = [
                    ContactEntry(
                        label: "bob",
                        encryptionKey: Self.key,
                        domain: "not a zone!",
                        otherFields: [.init(name: "note", yaml: "5")]
                    )
                ]
            }
            let store = ConfiguredContactStore(file: user.file())
            var bob = try #require(try await store.load().first)
            #expect(bob.zone == nil)
            bob.signingKey = try Ed25519.PublicKey(hex: Self.signer)
            try await store.apply(.put(bob))
            let entry = try #require(try user.load().contacts.first)
            #expect(entry.signingKey == Self.signer)
            #expect(entry.remoteUsername == "bob")
            #expect(entry.domain == "not a zone!")
            #expect(entry.otherFields == [.init(name: "note", yaml: "5")])
            bob.zone = try ZoneName("mesh.test")
            try await store.apply(.put(bob))
            #expect(try user.load().contacts.first?.domain == "mesh.test")
            try await store.apply(.remove(name: "bob"))
            #expect(try user.load().contacts.isEmpty)
        }
    }

    @Test("contacts add pins, refuses other keys, and keeps what an entry had")
    func adding() async throws {
        try await withTestFolder { folder in
            let user = TestUser(folder: folder)
            _ = await user.run("init", "alice")
            let added = await user.run(
                "contacts",
                "add",
                "bob@mesh.test",
                Self.key.uppercased(),
                "--signing-key",
                Self.signer
            )
            #expect(added.code == .success)
            #expect(added.output == "added contact bob@mesh.test (pinned signing key)\n")
            let stored = try user.load().contacts
            #expect(
                stored == [
                    ContactEntry(
                        label: "bob@mesh.test",
                        encryptionKey: Self.key,
                        signingKey: Self.signer,
                        remoteUsername: "bob"
                    )
                ]
            )
            let refused = await user.run("contacts", "add", "bob@mesh.test", Self.otherKey)
            #expect(refused.code == .userError)
            #expect(refused.errors.contains("--force"))
            let same = await user.run("contacts", "add", "bob@mesh.test", Self.key, "--domain", "Mesh.Test.")
            #expect(same.output == "added contact bob@mesh.test (pinned signing key)\n")
            #expect(try user.load().contacts.first?.domain == "mesh.test")
            let forced = await user.run("contacts", "add", "bob@mesh.test", Self.otherKey, "--force", "--json")
            #expect(forced.code == .success)
            #expect(forced.errors.contains("WARNING"))
            #expect(
                forced.output == """
                    {
                      "name": "bob@mesh.test",
                      "public_key": "\(Self.otherKey)",
                      "signing_public_key": "",
                      "domain": "mesh.test",
                      "remote_username": "bob",
                      "pinned": false
                    }

                    """
            )
        }
    }

    @Test("Without a signing key the warning goes by what the config allows, and standard output stays empty")
    func unpinned() async throws {
        try await withTestFolder { folder in
            let user = TestUser(folder: folder)
            _ = await user.run("init", "alice")
            let strict = await user.run("contacts", "add", "bob", Self.key)
            #expect(strict.output.isEmpty)
            #expect(strict.errors.hasPrefix("added contact bob\n  WARNING: "))
            #expect(strict.errors.contains("wait in `dnsmesh intro list`"))
            _ = try await user.file().update { $0.allowTOFU = true }
            #expect(await user.run("contacts", "add", "carol", Self.key).errors.contains("allow_tofu is on"))
        }
    }

    @Test(
        "What can't be a contact is refused",
        arguments: [
            ["bob", "11"], ["bob", "zz"], ["bob", " " + key], ["", key], ["a\u{1b}", key],
            ["bob", key, "--signing-key", "1"],
            ["bob", key, "--domain", "a b"], ["bob"],
        ]
    )
    func refusals(arguments: [String]) async throws {
        try await withTestFolder { folder in
            let user = TestUser(folder: folder)
            _ = await user.run("init", "alice")
            let outcome = await user.run(["contacts", "add"] + arguments)
            #expect(outcome.code == .userError)
            #expect(outcome.errors.hasPrefix("dnsmesh: "))
            let stored = try user.load().contacts
            #expect(stored.isEmpty)
        }
    }

    @Test("The list is sorted, aligned and harmless")
    func list() async throws {
        try await withTestFolder { folder in
            let user = TestUser(folder: folder)
            _ = await user.run("init", "alice")
            #expect(await user.run("contacts", "list").output.hasPrefix("(no contacts yet — "))
            #expect(await user.run("contacts", "list", "--json").output == "[]\n")
            _ = try await user.file().update {
                $0.contacts = [
                    ContactEntry(label: "b\u{1b}", encryptionKey: "22"), ContactEntry(label: "alice", signingKey: "11"),
                ]
            }
            #expect(
                await user.run("contacts", "list").output == """
                    alice    (pinned)
                    b\\x1b  22  (UNPINNED)

                    """
            )
            #expect(await user.run("contacts", "remove", "alice").output == "removed contact alice\n")
            #expect(await user.run("contacts", "remove", "alice").code == .userError)
        }
    }
}

@Suite("Saved tokens")
struct SavedTokenTests {
    @Test(
        "A token is found by host, unless it is long expired or the file is rubbish",
        arguments: [
            (#"{"version": 1, "token": "dmp_v1_x", "expires_at": null}"#, "dmp_v1_x"),
            (#"{"token": "t", "expires_at": 1700}"#, "t"), (#"{"token": "t", "expires_at": 1701}"#, "t"),
            (#"{"token": "t", "expires_at": 1700.5}"#, "t"), (#"{"token": "t", "expires_at": 1699}"#, nil),
            (#"{"token": "t", "expires_at": 0}"#, "t"), (#"{"token": "t", "expires_at": "soon"}"#, "t"),
            (#"{"token": ""}"#, nil), (#"{"token": 5}"#, nil), (#"["token"]"#, nil), ("", nil),
        ] as [(String, String?)]
    )
    func content(json: String, token: String?) async throws {
        try await withTestFolder { folder in
            try Data(json.utf8).write(to: folder.appending(path: "node.test.json"))
            #expect(SavedToken.text(forHost: "Node.Test.", in: folder, now: UnixSeconds(rawValue: 1_999)) == token)
        }
    }

    @Test("A host never leaves the folder", arguments: ["", "..", "../x", "a/b", "::1", "-a", "a-", "a\u{0}"])
    func hosts(host: String) async throws {
        try await withTestFolder { folder in
            try Data(#"{"token": "t"}"#.utf8).write(to: folder.appending(path: "x.json"))
            #expect(
                SavedToken.text(forHost: host, in: folder.appending(path: "y"), now: UnixSeconds(rawValue: 0)) == nil
            )
        }
    }
}
