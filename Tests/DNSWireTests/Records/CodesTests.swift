import DNSWire
import Testing

@Suite("Names of DNS numbers")
struct CodesTests {
    @Test("Numbers with a mnemonic show it, others their value")
    func descriptions() {
        let types: [RRType] = [.a, .ns, .cname, .soa, .txt, .aaaa, .opt, .tsig, .ixfr, .axfr, .any]
        #expect(
            types.map(\.description) == [
                "A", "NS", "CNAME", "SOA", "TXT", "AAAA", "OPT", "TSIG", "IXFR", "AXFR", "ANY",
            ]
        )
        #expect(RRType(rawValue: 65_280).description == "TYPE65280")
        let classes: [RRClass] = [.in, .ch, .hs, .none, .any, RRClass(rawValue: 7)]
        #expect(classes.map(\.description) == ["IN", "CH", "HS", "NONE", "ANY", "CLASS7"])
        let codes: [DNSResponseCode] = [
            .noError, .formatError, .serverFailure, .noSuchName, .notImplemented, .refused, .notAuthorized,
            .notInZone, .badVersion,
        ]
        #expect(codes.map(\.rawValue) == [0, 1, 2, 3, 4, 5, 9, 10, 16])
        #expect(
            codes.map(\.description) == [
                "NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED", "NOTAUTH", "NOTZONE", "BADVERS",
            ]
        )
        #expect(DNSResponseCode(rawValue: 23)?.description == "RCODE23")
        #expect(DNSResponseCode(rawValue: 4_096) == nil)
        #expect(DNSOpcode(rawValue: 16) == nil)
        #expect([DNSOpcode.query, .status, .notify, .update].map(\.rawValue) == [0, 2, 4, 5])
    }
}
