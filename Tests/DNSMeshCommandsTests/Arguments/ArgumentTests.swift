import DMPProtocol
import Testing

@testable import DNSMeshCommands

@Suite("Arguments")
struct ArgumentTests {
    @Test(
        "Resolvers are kept in canonical form",
        arguments: [
            ("8.8.8.8", ["8.8.8.8"]), ("8.8.8.8:53", ["8.8.8.8:53"]), ("2001:db8::1", ["2001:db8::1"]),
            ("[2001:db8::1]:53", ["[2001:db8::1]:53"]), ("[2001:db8::1]", ["2001:db8::1"]),
            ("[8.8.8.8]:53", ["8.8.8.8:53"]),
            ("[8.8.8.8]", ["8.8.8.8"]), ("fe80::1%eth0", ["fe80::1%eth0"]), ("FE80::1", ["FE80::1"]),
            (" 1.1.1.1 ,, 1.1.1.1,", ["1.1.1.1", "1.1.1.1"]), ("2001:db8::8888:53", ["2001:db8::8888:53"]),
        ]
    )
    func resolvers(argument: String, texts: [String]) throws {
        let list = try ResolverList(argument: argument)
        #expect(list.entries.map(\.text) == texts)
        #expect(try ResolverList(texts: texts, path: "").entries == list.entries)
    }

    @Test(
        "What is no resolver is refused with the reason",
        arguments: [
            ("", "empty"), (" , ", "empty"), ("[::1", "]"), ("[::1]x", "colon"), ("8.8.8.8:x", "not a number"),
            ("8.8.8.8:+53", "not a number"), ("8.8.8.8:5_3", "not a number"), ("8.8.8.8:٥٣", "not a number"),
            ("8.8.8.8:0", "outside"), ("8.8.8.8:65536", "outside"), ("dns.example", "literal"), ("08.8.8.8", "literal"),
            ("1.1.1.1,nope", "nope"), ("2001:db8::xyz:53", "[ip]:port"), (":53", "literal"),
        ]
    )
    func badResolvers(argument: String, words: String) {
        #expect { try ResolverList(argument: argument) } throws: { error in
            guard let failure = error as? CommandFailure else { return false }
            return failure.exitCode == .userError && failure.message.hasPrefix("invalid --dns-resolvers: ")
                && failure.message.contains(words)
        }
    }

    @Test(
        "A user name and a domain come out of a name or an address",
        arguments: [
            ("alice", nil, "alice", "mesh.local"), ("alice", "Mesh.Test.", "alice", "mesh.test"),
            ("alice@host.test", nil, "alice", "host.test"), ("alice@host.test", "mesh.local", "alice", "host.test"),
            ("alice@host.test", "mesh.test", "alice", "mesh.test"), (" Alice @ Host.Test. ", nil, "alice", "host.test"),
            ("ünï", nil, "ünï", "mesh.local"),
        ] as [(String, String?, String, String)]
    )
    func newIdentity(name: String, domain: String?, username: String, zone: String) throws {
        let identity = try NewIdentity(name: name, domain: try domain.map(ArgumentReading.zone))
        #expect(identity.username.text == username)
        #expect(identity.domain.text == zone)
        #expect(identity.wasLowercased == name.contains("A"))
    }

    @Test(
        "A name that can't be one is refused",
        arguments: [
            "", "@", "a@", "@b", "a b", "a\u{1b}", "a@b@c", "a@.", String(repeating: "a", count: 65), "a@b..c",
        ]
    )
    func badIdentity(name: String) {
        #expect(throws: CommandFailure.self) { try NewIdentity(name: name, domain: nil) }
    }

    @Test("Ports, seconds and counts are plain digits in their range")
    func numbers() throws {
        #expect(try ArgumentReading.port("65535") == 65_535)
        #expect(try ArgumentReading.seconds("4294967295") == .max)
        #expect(try ArgumentReading.count("7") == 7)
        for text in ["0", "-1", "+1", "", "1.5", "65536", "x", "٣"] {
            #expect(throws: (any Error).self) { try ArgumentReading.port(text) }
        }
        for text in ["0", "-1", "+1", "", "4294967296", "1e3"] {
            #expect(throws: (any Error).self) { try ArgumentReading.seconds(text) }
        }
        for text in ["0", "-1", "", "99999999999999999999"] {
            #expect(throws: (any Error).self) { try ArgumentReading.count(text) }
        }
    }
}
