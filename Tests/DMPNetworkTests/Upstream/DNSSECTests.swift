import DMPNetwork
import DMPProtocol
import DMPTesting
import DNSTransport
import DNSWire
import Testing

@Suite("Requiring DNSSEC", .timeLimit(.minutes(1)))
struct DNSSECTests {
    private let name: OwnerName
    /// It stands still, so that on a slow machine nothing is asked twice.
    private let clock = ErasedClock(ManualClock())
    private var soon: ErasedClock.Instant { self.clock.now.advanced(by: .seconds(20)) }

    init() throws {
        self.name = try OwnerName("slot-1.mb-0123456789ab.mesh.test")
    }

    struct Row: Sendable, CustomTestStringConvertible {
        let code: DNSResponseCode
        let texts: [String]
        let isAuthenticData: Bool
        /// What a reader says that requires DNSSEC, and one that doesn't.
        let required: String
        let ignored: String
        var testDescription: String { "\(self.code) \(self.texts) AD=\(self.isAuthenticData)" }
    }

    static let rows = [
        Row(code: .noError, texts: ["a"], isAuthenticData: true, required: "[a]", ignored: "[a]"),
        Row(code: .noError, texts: ["a"], isAuthenticData: false, required: "insecureAnswer", ignored: "[a]"),
        Row(code: .noError, texts: [], isAuthenticData: true, required: "[]", ignored: "[]"),
        Row(code: .noError, texts: [], isAuthenticData: false, required: "insecureAnswer", ignored: "[]"),
        Row(code: .noSuchName, texts: [], isAuthenticData: true, required: "[]", ignored: "[]"),
        Row(code: .noSuchName, texts: [], isAuthenticData: false, required: "insecureAnswer", ignored: "[]"),
        Row(
            code: .serverFailure,
            texts: [],
            isAuthenticData: false,
            required: "serverFailure",
            ignored: "serverFailure"
        ),
        Row(code: .refused, texts: [], isAuthenticData: false, required: "refused", ignored: "refused"),
    ]

    @Test("An answer without AD counts for nothing, values or not, and DO asks for it", arguments: Self.rows)
    func policy(row: Row) async throws {
        let flags = Shared<[Bool?]>([])
        let server = ScriptedDNSServer { query, _ in
            flags.change { $0.append(query.edns?.dnssecOK) }
            return query.answered(
                row.code,
                texts: row.texts.map { Array($0.utf8) },
                isAuthenticData: row.isAuthenticData
            )
        }
        try await server.run { upstream in
            for (isRequired, expected) in [(true, row.required), (false, row.ignored)] {
                try await withUpstreamReader(upstream, dnssecRequired: isRequired, clock: self.clock) { reader in
                    let result = try await reader.read(self.name, deadline: self.soon)
                    #expect(result.summary == expected)
                }
            }
        }
        #expect(flags.value == [true, false])
    }

    @Test("The reason names the server and what to do")
    func message() async throws {
        try await ScriptedDNSServer { query, _ in query.answered(.noSuchName) }.run { upstream in
            try await withUpstreamReader(upstream, dnssecRequired: true, clock: self.clock) { reader in
                guard case .unavailable(let failure) = try await reader.read(self.name, deadline: self.soon) else {
                    Issue.record("an answer without AD was taken")
                    return
                }
                #expect(
                    failure.message.hasPrefix("\(upstream) answered without DNSSEC validation (no AD flag); use a ")
                )
                #expect(failure.message.hasSuffix("or set dnssec_required to false"))
            }
        }
    }

    @Test("A server without EDNS validates nothing")
    func withoutEDNS() async throws {
        let server = ScriptedDNSServer { query, _ in
            query.edns == nil ? query.answered(texts: [[0x61]]) : query.answered(.formatError)
        }
        try await server.run { upstream in
            try await withUpstreamReader(upstream, dnssecRequired: true, clock: self.clock) { reader in
                for _ in 0..<2 {
                    let result = try await reader.read(self.name, deadline: self.soon)
                    #expect(result.summary == "insecureAnswer")
                }
            }
        }
        #expect(server.queryCounts.udp == 4)  // with EDNS and without, each time
    }

    @Test("A pool passes over an upstream that doesn't validate, and takes one validated negative as proof")
    func pool() async throws {
        let texts = Shared<[[UInt8]]>([[0x61]])
        let demoted = Shared<[String]>([])
        let insecure = ScriptedDNSServer { query, _ in query.answered(.noSuchName) }
        let secure = ScriptedDNSServer { query, _ in
            let texts = texts.value
            return query.answered(texts.isEmpty ? .noSuchName : .noError, texts: texts, isAuthenticData: true)
        }
        let other = ScriptedDNSServer { query, _ in query.answered(isAuthenticData: true) }
        try await ScriptedDNSServer.run([insecure, secure, other]) { addresses in
            var settings = ResolverPool.Settings()
            settings.demoted = { address, failure in demoted.change { $0.append("\(address) \(failure.code)") } }
            try await withResolverPool(
                addresses: addresses,
                dnssecRequired: true,
                settings: settings,
                clock: self.clock
            ) { pool in
                let values = try await pool.read(self.name, deadline: self.soon)
                #expect(values.summary == "[a]")
                #expect(await pool.snapshot().map(\.consecutiveFailures) == [1, 0, 0])
                texts.change { $0 = [] }
                let absence = try await pool.read(self.name, deadline: self.soon)
                #expect(absence.summary == "[]")
            }
            #expect(demoted.value == ["\(addresses[0]) insecureAnswer"])
        }
        #expect([insecure, secure, other].map(\.queryCounts.udp) == [1, 2, 0])
    }

    @Test("Where no upstream of a pool validates, nobody knows")
    func insecurePool() async throws {
        let servers = (0..<3).map { _ in ScriptedDNSServer { query, _ in query.answered(.noSuchName) } }
        try await ScriptedDNSServer.run(servers) { addresses in
            try await withResolverPool(addresses: addresses, dnssecRequired: true, clock: self.clock) { pool in
                guard case .unavailable(let failure) = try await pool.read(self.name, deadline: self.soon) else {
                    Issue.record("an answer without AD was taken")
                    return
                }
                #expect(failure.code == .insecureAnswer)
                #expect(failure.message.hasPrefix("\(addresses[0]) ") && failure.message.hasSuffix("and 2 more failed"))
                #expect(await pool.snapshot().map(\.consecutiveFailures) == [1, 1, 1])
            }
        }
    }
}
