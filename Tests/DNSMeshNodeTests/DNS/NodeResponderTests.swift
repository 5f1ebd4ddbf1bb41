import DNSWire
import Testing

@testable import DNSMeshNode

@Suite("DNS answers of a node with a zone")
struct NodeResponderTests {
    @Test("TXT gives every live value, with authority and without recursion")
    func values() async throws {
        try await withResponder { fixture in
            try await fixture.publish("one", "two", at: "a.mesh.example.test")
            let answer = try await fixture.ask("a.mesh.example.test")
            #expect(answer.responseCode == .noError && answer.texts == ["one", "two"])
            #expect(answer.id == 0x1234 && answer.isResponse && answer.isAuthoritative && !answer.isTruncated)
            #expect(answer.isRecursionDesired && !answer.isRecursionAvailable)
            #expect(answer.answers.map(\.timeToLive) == [60, 60])
            #expect(answer.authorities.isEmpty && answer.edns == nil)
        }
    }

    @Test("Letter case doesn't matter, and is echoed as asked")
    func letterCase() async throws {
        try await withResponder { fixture in
            try await fixture.publish("x", at: "A.mesh.Example.test")
            let answer = try await fixture.ask("a.MESH.example.Test")
            #expect(answer.texts == ["x"])
            let owner = try #require(answer.answers.first?.name)
            #expect(owner.description == "a.MESH.example.Test")
            #expect(answer.questions.first?.name.description == "a.MESH.example.Test")
        }
    }

    @Test("The TTL is never longer than the shortest life in the set")
    func timeToLive() async throws {
        try await withResponder { fixture in
            try await fixture.publish("long", at: "a.mesh.example.test", lifetime: 300)
            try await fixture.publish("short", at: "a.mesh.example.test", lifetime: 70)
            fixture.time.advance(by: 50)
            #expect(try await fixture.ask("a.mesh.example.test").answers.map(\.timeToLive) == [20, 20])
            fixture.time.advance(by: 20)
            let later = try await fixture.ask("a.mesh.example.test")
            #expect(later.texts == ["long"] && later.answers.map(\.timeToLive) == [60])
        }
    }

    @Test("A long value is cut into strings of 255 bytes")
    func strings() async throws {
        try await withResponder { fixture in
            try await fixture.publish(String(repeating: "x", count: 600), at: "a.mesh.example.test")
            let answer = try await fixture.ask("a.mesh.example.test")
            guard case .txt(let data)? = answer.answers.first?.data else { throw Missing.record }
            #expect(data.strings.map(\.count) == [255, 255, 90])
        }
    }

    @Test("A missing name is denied, with the SOA of the zone and its short TTL")
    func missing() async throws {
        try await withResponder { fixture in
            let answer = try await fixture.ask("nx.mesh.example.test")
            #expect(answer.responseCode == .noSuchName && answer.isAuthoritative && answer.answers.isEmpty)
            let record = try #require(answer.authorities.first)
            #expect(record.name.description == "mesh.example.test" && record.timeToLive == 10)
            let data = try #require(answer.startOfAuthority)
            #expect(data.primaryServer.description == "ns.example.test")
            #expect(data.responsible.description == "admin.example.test")
            #expect(data.serial == 1_700_000_000 && data.minimum == 10)
        }
    }

    @Test("A name that has names below is not denied")
    func emptyNonTerminal() async throws {
        try await withResponder { fixture in
            try await fixture.publish("x", at: "slot-3.mb-0123456789ab.mesh.example.test")
            let answer = try await fixture.ask("MB-0123456789ab.mesh.example.test")
            #expect(answer.responseCode == .noError && answer.answers.isEmpty && answer.startOfAuthority != nil)
        }
    }

    @Test(
        "Other types have no data, and deny no name",
        arguments: ["a", "nx"],
        [RRType.a, .aaaa, .ns, .soa, .any, .axfr, .cname]
    )
    func otherTypes(label: String, type: RRType) async throws {
        try await withResponder { fixture in
            try await fixture.publish("x", at: "a.mesh.example.test")
            let answer = try await fixture.ask("\(label).mesh.example.test", type)
            #expect(answer.responseCode == .noError && answer.isAuthoritative && answer.answers.isEmpty)
            #expect(answer.startOfAuthority != nil)
        }
    }

    @Test(
        "A name outside the zone is refused without authority",
        arguments: ["example.test", "other.org", ".", "test"],
        [RRType.txt, .a, .soa]
    )
    func outside(name: String, type: RRType) async throws {
        try await withResponder { fixture in
            try await fixture.publish("x", at: "a.mesh.example.test")
            let answer = try await fixture.ask(name, type)
            #expect(answer.responseCode == .refused && !answer.isAuthoritative)
            #expect(answer.answers.isEmpty && answer.authorities.isEmpty)
        }
    }

    @Test("A node that anybody may publish on denies names outside its zone as it does its own")
    func outsideOfOpenNode() async throws {
        try await withResponder(refusesForeignNames: false) { fixture in
            let absent = try await fixture.ask("slot-1.mb-0123456789ab.other.org", .txt)
            #expect(absent.responseCode == .noSuchName && absent.isAuthoritative)
            try await fixture.publish("x", at: "a.b.other.org")
            #expect(try await fixture.ask("b.other.org", .txt).responseCode == .noError)
        }
    }

    @Test("What is stored outside the zone is answered all the same")
    func storedOutside() async throws {
        try await withResponder { fixture in
            try await fixture.publish("x", at: "_dmp.other.org")
            #expect(try await fixture.ask("_dmp.other.org").texts == ["x"])
            let address = try await fixture.ask("_dmp.other.org", .a)
            #expect(address.responseCode == .noError && address.answers.isEmpty && address.authorities.isEmpty)
        }
    }

    @Test("RD is copied, CD and AD are not")
    func flags() async throws {
        try await withResponder { fixture in
            let answer = try await fixture.ask("nx.mesh.example.test") { query in
                query.isRecursionDesired = false
                query.isCheckingDisabled = true
                query.isAuthenticData = true
            }
            #expect(!answer.isRecursionDesired && !answer.isCheckingDisabled && !answer.isAuthenticData)
        }
    }

    enum Missing: Error { case record }
}
