import DMPNetwork
import DNSTransport
import DNSWire
import Testing

@Suite("Looking up hosts", .timeLimit(.minutes(1)))
struct HostLookupTests {
    private static let host = "n1.mesh.test"

    /// Answers questions of the given type with these records, and others with none.
    private func server(
        _ type: RRType,
        code: DNSResponseCode = .noError,
        _ records: @escaping @Sendable (DNSName) -> [DNSRecord]
    ) -> ScriptedDNSServer {
        ScriptedDNSServer { query, _ in
            var answer = DNSMessage(answering: query, responseCode: code)
            answer.isRecursionAvailable = true
            if let question = query.questions.first, question.type == type { answer.answers = records(question.name) }
            return answer.encode()
        }
    }

    private func address(_ groups: [[UpstreamAddress]], of host: String = Self.host) async throws -> IPAddress {
        try await HostLookup(groups).address(of: DNSName(host))
    }

    @Test("An IPv4 address counts, or else one of IPv6, also behind an alias")
    func found() async throws {
        let v4 = IPv4Address(rawValue: 0xc000_0201)
        let v6 = try #require(IPv6Address("2001:db8::1"))
        let alias = try DNSName("real.test")
        let servers = [
            self.server(.a) { [DNSRecord(name: $0, timeToLive: 60, data: .a(v4))] },
            self.server(.aaaa) { [DNSRecord(name: $0, timeToLive: 60, data: .aaaa(v6))] },
            self.server(.a) {
                [
                    DNSRecord(name: $0, timeToLive: 60, data: .cname(alias)),
                    DNSRecord(name: alias, timeToLive: 60, data: .a(v4)),
                ]
            },
        ]
        try await ScriptedDNSServer.run(servers) { addresses async throws in
            #expect(try await self.address([[addresses[0]]]) == .v4(v4))
            #expect(try await self.address([[addresses[1]]]) == .v6(v6))
            #expect(try await self.address([[addresses[2]]]) == .v4(v4))
        }
    }

    @Test("Where the first servers know nothing, the next ones are asked")
    func groups() async throws {
        let v4 = IPv4Address(rawValue: 0xc000_0201)
        let unknown = self.server(.a, code: .noSuchName) { _ in [] }
        let foreign = self.server(.a) { _ in
            [DNSRecord(name: .root, timeToLive: 60, data: .a(IPv4Address(rawValue: 1)))]
        }
        let known = self.server(.a) { [DNSRecord(name: $0, timeToLive: 60, data: .a(v4))] }
        try await ScriptedDNSServer.run([unknown, foreign, known]) { addresses async throws in
            #expect(try await self.address([[addresses[0], addresses[1]], [], [addresses[2]]]) == .v4(v4))
            await #expect { try await self.address([[addresses[0]], [addresses[1]]]) } throws: {
                ($0 as? NetworkFailure)?.message == "no DNS server knows an address of n1.mesh.test"
            }
        }
    }

    @Test("This machine needs no server")
    func localhost() async throws {
        #expect(try await self.address([], of: "LocalHost") == .v4(.loopback))
        await #expect(throws: NetworkFailure.self) { try await self.address([]) }
    }
}
