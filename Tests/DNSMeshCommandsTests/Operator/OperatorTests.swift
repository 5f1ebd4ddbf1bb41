import ArgumentParser
import DMPCrypto
import Foundation
import Testing

@testable import DNSMeshCommands

@Suite("dnsmesh operator")
struct OperatorTests {
    @Test("keygen makes a private file and prints the public half, which show prints again")
    func keygen() async throws {
        try await withTestFolder { folder in
            let user = TestUser(folder: folder)
            let made = await user.run("operator", "keygen", "operator.key")
            #expect(made.code == .success, "\(made)")
            let file = folder.appending(path: "operator.key")
            #expect(try mode(of: file) == 0o600)
            let content = try String(contentsOf: file, encoding: .utf8)
            #expect(content.count == 65 && content.hasSuffix("\n"))
            #expect(content.dropLast().allSatisfy { $0.isHexDigit && !$0.isUppercase })
            let key = made.output.trimmingSpaces
            #expect(try Ed25519.PublicKey(hex: key).hex == key)
            #expect(!made.output.contains(content.dropLast()) && !made.errors.contains(content.dropLast()))
            #expect(await user.run("operator", "show", file.path).output == "\(key)\n")
            let json = await user.run("operator", "show", "operator.key", "--json")
            #expect(json.output.contains("\"public_key\": \"\(key)\""), "\(json)")
        }
    }

    @Test("A file that exists is never overwritten")
    func existing() async throws {
        try await withTestFolder { folder in
            let user = TestUser(folder: folder)
            let file = folder.appending(path: "operator.key")
            try Data("precious".utf8).write(to: file)
            let refused = await user.run("operator", "keygen", "operator.key")
            #expect(refused.code == .userError && refused.output.isEmpty)
            #expect(refused.errors.contains("operator.key exists"), "\(refused)")
            #expect(try String(contentsOf: file, encoding: .utf8) == "precious")
            let nowhere = await user.run("operator", "keygen", "missing/operator.key")
            #expect(nowhere.code == .userError)
            #expect(nowhere.errors.contains("can't make missing/operator.key: no such file or folder"), "\(nowhere)")
        }
    }

    @Test("A seed that others could read is not used", arguments: [0o640, 0o604, 0o620, 0o644])
    func shared(permissions: Int) async throws {
        try await withTestFolder { folder in
            let user = TestUser(folder: folder)
            #expect(await user.run("operator", "keygen", "operator.key").code == .success)
            let path = folder.appending(path: "operator.key").path
            try FileManager.default.setAttributes([.posixPermissions: permissions], ofItemAtPath: path)
            let refused = await user.run("operator", "show", "operator.key")
            #expect(refused.code == .userError && refused.output.isEmpty)
            #expect(refused.errors.contains("chmod 600 operator.key"), "\(refused)")
        }
    }

    @Test("What is no seed file is refused for its own reason")
    func noSeed() async throws {
        try await withTestFolder { folder in
            let user = TestUser(folder: folder)
            for (name, content) in [("text", "hello"), ("large", String(repeating: "0", count: 8_193))] {
                let file = folder.appending(path: name)
                try Data(content.utf8).write(to: file)
                try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: file.path)
            }
            for (name, reason) in [
                ("text", "holds no operator's seed"), ("large", "is no small file"), (".", "is no small file"),
                ("missing", "there is no file missing"),
            ] {
                let refused = await user.run("operator", "show", name)
                #expect(refused.code == .userError && refused.errors.contains(reason), "\(refused)")
            }
        }
    }
}
