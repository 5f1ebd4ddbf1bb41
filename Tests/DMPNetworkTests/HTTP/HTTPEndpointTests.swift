import DMPNetwork
import Testing

@Suite("HTTP endpoints")
struct HTTPEndpointTests {
    @Test(
        "What people write becomes one form",
        arguments: [
            ("node.example", "https://node.example"),
            ("  https://Node.Example/ \n", "https://node.example"),
            ("HTTP://127.0.0.1:8053//", "http://127.0.0.1:8053"),
            ("https://node.example/dmp/api/", "https://node.example/dmp/api"),
            ("node.example:8443", "https://node.example:8443"),
            ("http://[::1]:8053", "http://[::1]:8053"),
            ("[2001:DB8::1]", "https://[2001:db8::1]"),
            ("my_node", "https://my_node"),
        ]
    )
    func normalisation(text: String, expected: String) throws {
        let endpoint = try HTTPEndpoint(text)
        #expect(endpoint.text == expected)
        #expect(endpoint.description == expected)
        #expect(endpoint.isEncrypted == expected.hasPrefix("https"))
        #expect(try HTTPEndpoint(expected) == endpoint)
    }

    @Test("Host and port are taken apart")
    func parts() throws {
        let endpoint = try HTTPEndpoint("http://[::1]:8053/path")
        #expect(endpoint.host == "::1")
        #expect(endpoint.port == 8053)
        #expect(try HTTPEndpoint("node.example").port == nil)
    }

    @Test(
        "What can't be an endpoint is refused",
        arguments: [
            "", "   ", "https://", "https:///path", "ftp://node.example", "://node.example",
            "https://user@node.example",
            "https://user:secret@node.example", "https://node.example?x=1", "https://node.example/#top",
            "https://node.example:0", "https://node.example:65536", "https://node.example:", "https://node.example:8o",
            "https://node.example:+80", "https://node example", "https://nöde.example", #"http://127.0.0.1\@evil.test"#,
            "https://[::1", "https://[::1]x", "https://[::g]", "https://[]", "https://a\u{0}b", "https://:80",
            "https://%31.test", "https://" + String(repeating: "a", count: 254),
            "http://a/" + String(repeating: "b", count: 2050),
        ]
    )
    func refusal(text: String) {
        let error = #expect(throws: NetworkFailure.self) { try HTTPEndpoint(text) }
        #expect(error?.code == .invalidConfiguration)
        #expect(error.map { "\($0)" }?.contains("secret") == false)
    }

    @Test(
        "Only addresses of this machine are loopback",
        arguments: [
            ("http://127.0.0.1:8053", true), ("http://127.255.1.2", true), ("http://[::1]", true),
            ("http://[0:0:0:0:0:0:0:1]:80", true), ("http://localhost:1", true), ("http://LOCALHOST", true),
            ("http://127.1", false), ("http://127.0.0.1.evil.test", false), ("http://localhost.evil.test", false),
            ("http://0127.0.0.1", false), ("http://128.0.0.1", false), ("http://10.0.0.1", false),
            ("http://[::2]", false), ("http://[::ffff:10.0.0.1]", false), ("http://0.0.0.0", false),
            ("http://2130706433", false), ("http://node.example/127.0.0.1", false),
        ]
    )
    func loopback(text: String, isLoopback: Bool) throws {
        #expect(try HTTPEndpoint(text).isLoopback == isLoopback)
    }
}

@Suite("Bearer tokens")
struct BearerTokenTests {
    @Test("A token never shows itself")
    func descriptions() throws {
        let token = try BearerToken(" dmp_secret-token \n")
        var dumped = ""
        dump(token, to: &dumped)
        dump([token], to: &dumped)
        for shown in ["\(token)", String(reflecting: token), "\([token])", "\(Optional(token) as Any)", dumped] {
            #expect(!shown.contains("secret"))
        }
    }

    @Test(
        "What can't stand in a header is refused",
        arguments: [
            "", " ", "two words", "line\r\nbreak", "tab\tbed", "nö", "\u{7f}", String(repeating: "x", count: 4097),
        ]
    )
    func refusal(text: String) {
        let error = #expect(throws: NetworkFailure.self) { try BearerToken(text) }
        #expect(error?.code == .invalidConfiguration)
    }
}
