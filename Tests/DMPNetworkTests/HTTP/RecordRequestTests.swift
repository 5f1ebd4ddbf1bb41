import DMPNetwork
import DMPProtocol
import Testing

@Suite("Requests of the records route")
struct RecordRequestTests {
    private let name: OwnerName
    private let endpoint: HTTPEndpoint

    init() throws {
        self.name = try OwnerName("_dmp.slot-1.mesh.test")
        self.endpoint = try HTTPEndpoint("http://127.0.0.1:8053/base/")
    }

    @Test(
        "Values are escaped as JSON text",
        arguments: [
            ("v=dmp1;t=chunk;d=AAA+/==", "v=dmp1;t=chunk;d=AAA+/=="), ("", ""), (#"say "hi""#, #"say \"hi\""#),
            (#"back\slash"#, #"back\\slash"#), ("\u{0}\n\u{1f}", #"\u0000\u000a\u001f"#), ("hé\u{7f}🙂", "hé\u{7f}🙂"),
        ]
    )
    func publishBody(text: String, escaped: String) throws {
        let request = try RecordRequest.publish(TXTValue(text), at: self.name, ttl: 86_400, endpoint: self.endpoint)
        #expect(request.method == .post)
        #expect(request.target == "/base/v1/records/_dmp.slot-1.mesh.test")
        #expect(String(decoding: request.body, as: UTF8.self) == #"{"value": "\#(escaped)", "ttl": 86400}"#)
    }

    @Test("A delete names its value, or has no body")
    func deleteBody() throws {
        let one = try RecordRequest.delete(TXTValue(#"a"b"#), at: self.name, endpoint: self.endpoint)
        #expect(one.method == .delete)
        #expect(String(decoding: one.body, as: UTF8.self) == #"{"value": "a\"b"}"#)
        #expect(try RecordRequest.delete(nil, at: self.name, endpoint: self.endpoint).body.isEmpty)
    }

    @Test("What the route can't carry is refused before it is sent")
    func unsupported() throws {
        let notText = TXTValue([0x61, 0xff])
        for attempt in [
            { _ = try RecordRequest.publish(notText, at: self.name, ttl: 1, endpoint: self.endpoint) },
            { _ = try RecordRequest.publish(TXTValue("a"), at: self.name, ttl: 0, endpoint: self.endpoint) },
            { _ = try RecordRequest.delete(notText, at: self.name, endpoint: self.endpoint) },
            { _ = try RecordRequest.delete(TXTValue(""), at: self.name, endpoint: self.endpoint) },
        ] {
            #expect(#expect(throws: NetworkFailure.self, performing: attempt)?.code == .unsupportedValue)
        }
    }
}
