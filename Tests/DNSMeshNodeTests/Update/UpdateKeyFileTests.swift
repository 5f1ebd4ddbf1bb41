import DNSTransport
import DNSWire
import Foundation
import Logging
import Testing

@testable import DNSMeshNode

@Suite("The file of the update keys")
struct UpdateKeyFileTests {
    private static let secret = "c3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3M="

    private static func file(_ path: String = "/keys") throws -> UpdateKeyFile {
        UpdateKeyFile(path: path, zone: try DNSName("mesh.test"))
    }

    @Test("Keys are read with their algorithm and scope, comments and blank lines aside")
    func reading() throws {
        let keys = try Self.file().keys(
            in: """
                # everybody
                Alice.mesh.test. hmac-sha256 \(Self.secret)   # all of the zone

                bob\tHMAC-SHA512.\t\(Self.secret) bob.mesh.test slot-*.mb-*.mesh.test
                """
        )
        #expect(keys.map(\.key.name.description) == ["alice.mesh.test", "bob"])
        #expect(keys.map(\.key.algorithm) == [.hmacSHA256, .hmacSHA512])
        #expect(try keys[0].scope.allowsDeleting(DNSName("x.MESH.test")))
        #expect(try !keys[1].scope.allowsAdding(DNSName("x.mesh.test")))
        #expect(try keys[1].scope.allowsAdding(DNSName("slot-1.mb-a.mesh.test")))
        #expect(try !keys[1].scope.allowsDeleting(DNSName("slot-1.mb-a.mesh.test")))
    }

    @Test(
        "A line that can't be used is named, without its secret",
        arguments: [
            ("alice", "line 1: expects"), ("\nalice hmac-sha256", "line 2: expects"), ("a hmac-md5 c3Nz", "algorithm"),
            ("a hmac-sha256 c3Nz", "at least 16"), ("a hmac-sha256 !!!!", "base64"),
            ("a..b hmac-sha256 \(secret)", "name of the key"), ("a hmac-sha256 \(secret) b..c", "suffix"),
            ("a hmac-sha256 \(secret) example.org", "outside"),
            ("a hmac-sha256 \(secret)\nA hmac-sha256 \(secret)", "line 2: the key a stands twice"),
        ]
    )
    func faults(text: String, reason: String) throws {
        let error = #expect(throws: UpdateKeyFileError.self) { try Self.file().keys(in: text) }
        #expect(error?.description.contains(reason) == true && error?.description.contains("/keys") == true)
        #expect(error?.description.contains(Self.secret) == false)
    }

    @Test("A file that others can read is refused, and so is none")
    func modes() async throws {
        let folder = URL(fileURLWithPath: NSTemporaryDirectory()).appending(path: "keys-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let path = folder.appending(path: "keys").path
        await #expect(throws: UpdateKeyFileError.self) { try await Self.file(path).read() }
        let line = "alice hmac-sha256 \(Self.secret)\n"
        for (mode, isGood) in [(0o600, true), (0o400, true), (0o640, false), (0o604, false)] {
            try? FileManager.default.removeItem(atPath: path)
            #expect(
                FileManager.default.createFile(
                    atPath: path,
                    contents: Data(line.utf8),
                    attributes: [.posixPermissions: mode]
                )
            )
            let count = try? await Self.file(path).read().count
            #expect((count == 1) == isGood, "\(String(mode, radix: 8))")
        }
        await #expect(throws: UpdateKeyFileError.self) { try await Self.file(folder.path).read() }
    }

    @Test("A file that changes gives and takes keys without a restart; a damaged one leaves them")
    func changes() async throws {
        let folder = URL(fileURLWithPath: NSTemporaryDirectory()).appending(path: "keys-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let path = folder.appending(path: "keys").path
        func write(_ text: String) {
            #expect(
                FileManager.default.createFile(
                    atPath: path,
                    contents: Data(text.utf8),
                    attributes: [.posixPermissions: 0o600]
                )
            )
        }
        let reader = UpdateKeyReader(
            source: try Self.file(path),
            keys: UpdateKeys([]),
            interval: .seconds(10),
            clock: .continuous,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
        func knows(_ name: String) throws -> Bool {
            try reader.keys.find(DNSName(name), algorithm: TSIGAlgorithm.hmacSHA256.name) != nil
        }
        write("alice hmac-sha256 \(Self.secret)\n")
        #expect(await reader.check(after: nil) == nil)
        #expect(try knows("ALICE"))
        #expect(try !knows("bob"))
        write("bob hmac-sha256 \(Self.secret)\n")
        #expect(await reader.check(after: nil) == nil)
        #expect(try !knows("alice"))
        #expect(try knows("bob"))
        write("bob hmac-sha256\n")
        #expect(await reader.check(after: nil) != nil)
        #expect(try knows("bob"))
        #expect(try reader.keys.find(DNSName("bob"), algorithm: TSIGAlgorithm.hmacSHA512.name) == nil)
    }

    @Test("The variables switch updates on and off, and a zone is needed")
    func environment() throws {
        let on = try NodeConfiguration(environment: ["DMP_TSIG_KEY_FILE": "/keys", "DMP_SERVED_ZONE": "mesh.test"])
        #expect(on.updateKeyFile == "/keys")
        let off = try NodeConfiguration(environment: ["DMP_TSIG_KEY_FILE": "/keys", "DMP_DNS_UPDATE_ENABLED": "0"])
        #expect(off.updateKeyFile == nil)
        let none = try NodeConfiguration(environment: ["DMP_DNS_UPDATE_ENABLED": "1"])
        #expect(none.updateKeyFile == nil && none.notes.contains { $0.contains("DMP_TSIG_KEY_FILE") })
        var store = ["DMP_TSIG_DB_PATH": "/store", "DMP_SERVED_ZONE": "mesh.test"]
        #expect(try NodeConfiguration(environment: store).updateKeyStore == nil, "off unless switched on")
        store["DMP_DNS_UPDATE_ENABLED"] = "1"
        #expect(try NodeConfiguration(environment: store).updateKeyStore == "/store")
        store["DMP_TSIG_KEY_FILE"] = "/keys"
        #expect(try NodeConfiguration(environment: store).updateKeyStore == nil, "the file goes first")
        for variables in [
            ["DMP_TSIG_KEY_FILE": "/keys"], ["DMP_TSIG_DB_PATH": "/store", "DMP_DNS_UPDATE_ENABLED": "1"],
        ] {
            #expect(throws: NodeConfigurationError.self) { try NodeConfiguration(environment: variables) }
        }
    }

    @Test("The memory of replays is bounded, and ends with the time that a signature counts")
    func replayMemory() {
        let replays = UpdateReplays(capacity: 4)
        for number in 0..<100 as Range<UInt8> { replays.remember([number], .noError, now: 1_000) }
        #expect((0..<100 as Range<UInt8>).filter { replays.find([$0], now: 1_000) != nil } == [96, 97, 98, 99])
        #expect(replays.find([99], now: 1_600) != nil && replays.find([99], now: 1_601) == nil)
    }
}
