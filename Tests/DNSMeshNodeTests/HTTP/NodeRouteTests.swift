import Testing

@testable import DNSMeshNode

@Suite("HTTP paths")
struct NodeRouteTests {
    @Test(
        "A path names a route, its query belonging to it",
        arguments: [
            ("/health", .health), ("/stats", .stats), ("/metrics", .metrics),
            ("/health/", .unknown), ("/health?x=1", .unknown), ("/HEALTH", .unknown), ("", .unknown), ("/", .unknown),
            ("/v1/records", .unknown), ("/v1/records/", .unknown), ("/v1/records//", .unknown),
            ("/v1/records/a.test", .record("a.test")), ("/v1/records/a.test/", .record("a.test")),
            ("/v1/records/a.test.", .record("a.test")), ("/v1/records/%20a.test..%20", .record("a.test")),
            ("/v1/records/...", .unknown), ("/v1/records/%61%2etest", .record("a.test")),
            ("/v1/records/a%2Fb", .record("a/b")), ("/v1/records/a?x=1", .record("a?x=1")),
            ("/v1/records/%", .record("%")), ("/v1/records/%4", .record("%4")), ("/v1/records/%zz", .record("%zz")),
            ("/v1/records/%ff", .record("\u{fffd}")), ("/v1/records/Ab", .record("Ab")),
            ("/v1/sync/digest", .sync), ("/v1/sync/digest?limit=1", .sync), ("/v1/sync/pull", .sync),
            ("/v1/sync/cluster-manifest", .sync), ("/v1/sync/other", .unknown),
            ("/v1/registration/challenge", .unknown), ("/v1/info", .unknown), ("/nodes", .unknown),
        ] as [(String, NodeRoute)]
    )
    func route(path: String, expected: NodeRoute) {
        #expect(NodeRoute(path: path) == expected)
    }

    @Test(
        "JSON text is ASCII, escaped as the reference escapes it",
        arguments: [
            ("", #""""#), ("a\"b\\c/", #""a\"b\\c/""#),
            ("\u{8}\u{9}\u{a}\u{c}\u{d}\u{0}\u{1f}", #""\b\t\n\f\r\u0000\u001f""#),
            ("hé€", #""h\u00e9\u20ac""#), ("😀", #""\ud83d\ude00""#), ("\u{7f}", "\"\u{7f}\""),
        ]
    )
    func json(text: String, expected: String) {
        #expect(JSONText.quoted(text) == expected)
    }
}
