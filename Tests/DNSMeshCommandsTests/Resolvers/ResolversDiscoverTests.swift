import ArgumentParser
import DNSMeshNode
import DNSTransport
import Foundation
import Testing

@testable import DNSMeshCommands

@Suite("resolvers discover and list", .timeLimit(.minutes(2)))
struct ResolversDiscoverTests {
    @Test("What answers is printed in order; nothing is changed, and no config is needed")
    func discover() async throws {
        try await withTestFolder { folder in
            let closed = try await closedAddress(in: folder)
            try await withLoopbackNodes(2, in: folder) { nodes in
                let user = TestUser(folder: folder.appending(path: "alice"))
                let candidates = "\(nodes[1].resolver), \(closed),\(nodes[0].resolver),\(nodes[1].resolver)"
                let outcome = await user.run(
                    "resolvers",
                    "discover",
                    "--timeout",
                    "20",
                    "--candidates",
                    candidates
                )
                #expect(outcome.code == .success, "\(outcome)")
                #expect(
                    outcome.output
                        == "discovered 2 working resolver(s):\n  \(nodes[1].resolver)\n  \(nodes[0].resolver)\n"
                )
                #expect(outcome.errors == "left out: nothing listens at \(closed)\n", "\(outcome)")
                #expect(!FileManager.default.fileExists(atPath: user.configurationFile.path))
            }
        }
    }

    @Test("With --save the list is written, and the rest of the config stays")
    func save() async throws {
        try await withTestFolder { folder in
            try await withLoopbackNodes(2, in: folder) { nodes in
                let user = TestUser(folder: folder.appending(path: "alice"))
                #expect(await user.run("init", "alice", "--dns-host", "127.0.0.1").code == .success)
                var expected = try user.load()
                let candidates = nodes.map(\.resolver)
                let arguments = [
                    "--save", "--timeout", "20", "--candidates", candidates.joined(separator: ","),
                ]

                let outcome = await user.run(["resolvers", "discover"] + arguments)
                let list = candidates.map { "  \($0)\n" }.joined()
                let path = user.configurationFile.path
                #expect(outcome.code == .success, "\(outcome)")
                #expect(
                    outcome.output
                        == "discovered 2 working resolver(s):\n\(list)saved 2 resolvers to \(path)\n"
                )
                #expect(outcome.errors.contains("dns_host (127.0.0.1) is not read any more"))
                expected.dnsResolvers = candidates
                #expect(try user.load() == expected)
                #expect(await user.run("resolvers", "list").output == candidates.map { "\($0)\n" }.joined())

                let json = await user.run(["resolvers", "discover", "--json"] + arguments)
                let quoted = candidates.map { "    \"\($0)\"" }.joined(separator: ",\n")
                #expect(
                    json.output == "{\n  \"resolvers\": [\n\(quoted)\n  ],\n  \"saved\": \"\(path)\"\n}\n"
                )
            }
        }
    }

    @Test("Where nothing answers the exit code is 2, and the config is untouched")
    func nothingWorks() async throws {
        try await withTestFolder { folder in
            let closed = try await closedAddress(in: folder)
            let user = TestUser(folder: folder.appending(path: "alice"))
            #expect(await user.run("init", "alice", "--dns-resolvers", "127.0.0.1:53").code == .success)
            let before = try user.configurationText
            let outcome = await user.run(
                "resolvers",
                "discover",
                "--save",
                "--timeout",
                "20",
                "--candidates",
                closed
            )
            #expect(outcome.code == .networkError)
            #expect(outcome.output.isEmpty)
            #expect(
                outcome.errors.contains("dnsmesh: resolver discovery failed: none of 1 DNS servers works")
            )
            #expect(try user.configurationText == before)
        }
    }

    @Test("--save looks for the config before anybody is asked")
    func saveWithoutConfiguration() async throws {
        try await withTestFolder { folder in
            let user = TestUser(folder: folder.appending(path: "alice"))
            let outcome = await user.run("resolvers", "discover", "--save", "--candidates", "127.0.0.1")
            #expect(outcome.code == .userError)
            #expect(outcome.output.isEmpty)
            #expect(outcome.errors.hasPrefix("dnsmesh: no config at "), "\(outcome)")
        }
    }

    @Test(
        "A time that is none, and servers that are none, are mistakes",
        arguments: [
            ["--timeout", "0"], ["--timeout=-1"], ["--timeout", "nan"], ["--timeout", "soon"],
            ["--timeout", "1e99"],
            ["--candidates", ","], ["--candidates", "dns.example"], ["--candidates", "127.0.0.1:0"],
        ]
    )
    func mistakes(arguments: [String]) async throws {
        try await withTestFolder { folder in
            let user = TestUser(folder: folder)
            let servers = arguments[0] == "--candidates" ? [] : ["--candidates", "127.0.0.1"]
            let outcome = await user.run(["resolvers", "discover"] + servers + arguments)
            #expect(outcome.code == .userError, "\(outcome)")
            #expect(outcome.output.isEmpty)
            #expect(outcome.errors.contains(arguments[0].prefix { $0 != "=" }), "\(outcome)")
        }
    }

    @Test("The list shows entries as they are stored, also where there are none")
    func list() async throws {
        try await withTestFolder { folder in
            let user = TestUser(folder: folder.appending(path: "alice"))
            let missing = await user.run("resolvers", "list")
            #expect(missing.code == .userError)
            #expect(missing.errors.hasPrefix("dnsmesh: no config at "))

            #expect(await user.run("init", "alice").code == .success)
            let empty = await user.run("resolvers", "list")
            #expect(empty.code == .success)
            #expect(empty.output.hasPrefix("(no dns_resolvers configured — "))
            #expect(await user.run("resolvers", "list", "--json").output == "[]\n")

            let entries = "127.0.0.1,[::1]:5353,[::1]"
            #expect(
                await user.run("init", "alice", "--force", "--dns-resolvers", entries).code == .success
            )
            #expect(await user.run("resolvers", "list").output == "127.0.0.1\n[::1]:5353\n::1\n")
            let json = await user.run("resolvers", "list", "--json")
            #expect(json.output == "[\n  \"127.0.0.1\",\n  \"[::1]:5353\",\n  \"::1\"\n]\n")
        }
    }
}
