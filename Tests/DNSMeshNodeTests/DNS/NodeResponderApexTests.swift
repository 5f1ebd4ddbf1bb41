import DNSWire
import Testing

@testable import DNSMeshNode

@Suite("DNS answers at the apex, and of a node without a zone")
struct NodeResponderApexTests {
    @Test("SOA, NS and A are served as configured, in the case of the question")
    func records() async throws {
        try await withResponder { fixture in
            let address = try await fixture.ask("MESH.example.test", .a)
            #expect(address.answers.map(\.data) == [.a(IPv4Address(rawValue: 0xc000_0201))])
            #expect(address.answers.first?.timeToLive == 60)
            #expect(address.answers.first?.name.description == "MESH.example.test")
            let server = try await fixture.ask("mesh.example.test", .ns)
            #expect(server.answers.map(\.data) == [.ns(try DNSName("ns.example.test"))])
            let start = try await fixture.ask("mesh.example.test", .soa)
            guard case .soa(let data)? = start.answers.first?.data else {
                Issue.record("no SOA")
                return
            }
            #expect((data.refresh, data.retry, data.expire) == (3_600, 600, 604_800))
        }
    }

    @Test("What isn't there has no data, but is not denied", arguments: [RRType.aaaa, .txt, .any, .axfr])
    func noData(type: RRType) async throws {
        try await withResponder { fixture in
            let answer = try await fixture.ask("mesh.example.test", type)
            #expect(answer.responseCode == .noError && answer.answers.isEmpty && answer.startOfAuthority != nil)
        }
    }

    @Test("TXT values at the apex are served")
    func values() async throws {
        try await withResponder { fixture in
            try await fixture.publish("x", at: "mesh.example.test")
            #expect(try await fixture.ask("mesh.example.test").texts == ["x"])
        }
    }

    @Test("Without apex settings the SOA is made from the zone")
    func synthesised() async throws {
        try await withResponder(apex: ApexRecords()) { fixture in
            let denied = try await fixture.ask("nx.mesh.example.test")
            let data = try #require(denied.startOfAuthority)
            #expect(data.primaryServer.description == "mesh.example.test")
            #expect(data.responsible.description == "hostmaster.mesh.example.test")
            let asked = try await fixture.ask("mesh.example.test", .soa)
            #expect(asked.answers.map(\.data) == [.soa(data)])
            #expect(try await fixture.ask("mesh.example.test", .ns).startOfAuthority == data)
        }
    }

    @Test("A zone too long for one more label is its own mailbox")
    func longZone() async throws {
        let label = String(repeating: "a", count: 61)
        let zone = [label, label, label, label].joined(separator: ".")
        try await withResponder(zone: zone, apex: ApexRecords()) { fixture in
            let data = try #require(try await fixture.ask("x.\(zone)").startOfAuthority)
            #expect(data.responsible.description == zone)
        }
    }

    @Test("A node without a zone serves what is stored, denies the rest, and has no SOA")
    func withoutZone() async throws {
        try await withResponder(zone: nil) { fixture in
            try await fixture.publish("x", at: "a.b.org")
            #expect(try await fixture.ask("a.b.org").texts == ["x"])
            let denied = try await fixture.ask("nx.b.org")
            #expect(denied.responseCode == .noSuchName && denied.isAuthoritative && denied.authorities.isEmpty)
            for (name, type) in [("b.org", RRType.txt), ("org", .txt), (".", .txt), ("nx.org", .soa), ("a.b.org", .a)] {
                let answer = try await fixture.ask(name, type)
                #expect(answer.responseCode == .noError && answer.answers.isEmpty && answer.authorities.isEmpty)
            }
        }
    }
}
