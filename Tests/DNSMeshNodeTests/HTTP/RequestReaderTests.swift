import NIOCore
import NIOHTTP1
import Testing

@testable import DNSMeshNode

@Suite("Requests from their parts")
struct RequestReaderTests {
    private static func head(
        _ headers: HTTPHeaders = [:],
        _ method: HTTPMethod = .POST,
        version: HTTPVersion = .http1_1
    ) -> HTTPServerRequestPart {
        .head(HTTPRequestHead(version: version, method: method, uri: "/", headers: headers))
    }

    private static func body(_ count: Int) -> HTTPServerRequestPart {
        .body(ByteBuffer(repeating: 0x61, count: count))
    }

    private static func request(_ outcome: RequestReader.Outcome) -> RequestReader.Request? {
        if case .request(let request) = outcome { request } else { nil }
    }

    @Test("A body is put together up to its limit")
    func whole() throws {
        var reader = RequestReader()
        for part in [Self.head(), Self.body(16_383), Self.body(1)] {
            #expect(Self.request(reader.take(part)) == nil)
            #expect(reader.isInRequest && !reader.isAnswered)
        }
        let request = try #require(Self.request(reader.take(.end(nil))))
        #expect(request.body == .whole([UInt8](repeating: 0x61, count: 16_384)) && request.keepsOpen)
        #expect(!reader.isInRequest)
    }

    @Test(
        "A body that is too long is answered at once, and its rest drained if its end is near",
        arguments: [
            (["Content-Length": "20000"], false), (["Content-Length": "1048576"], false),
            (["Content-Length": "1048577"], true), (["Transfer-Encoding": "chunked"], true),
        ] as [(HTTPHeaders, Bool)]
    )
    func tooLong(headers: HTTPHeaders, isEndless: Bool) throws {
        var reader = RequestReader()
        _ = reader.take(Self.head(headers))
        #expect(Self.request(reader.take(Self.body(16_384))) == nil)
        let request = try #require(Self.request(reader.take(Self.body(1))))
        #expect(request.body == .tooLong && request.keepsOpen)
        #expect(reader.isInRequest && reader.isAnswered && reader.drainsEndlessBody == isEndless)
        #expect(Self.request(reader.take(Self.body(3_000))) == nil)
        #expect(Self.request(reader.take(.end(nil))) == nil)
        #expect(!reader.isInRequest && !reader.drainsEndlessBody)
    }

    @Test("A client that waits for it is told to send its body, unless that is too long")
    func expectation() {
        func outcome(_ headers: HTTPHeaders, version: HTTPVersion = .http1_1) -> (RequestReader.Outcome, Bool) {
            var reader = RequestReader()
            return (reader.take(Self.head(headers, version: version)), reader.isAnswered)
        }
        let expecting = HTTPHeaders([("Expect", "100-Continue")])
        if case (.wantsContinue, false) = outcome(expecting + ["Content-Length": "16384"]) {} else { Issue.record() }
        if case (.wantsContinue, false) = outcome(expecting + ["Transfer-Encoding": "chunked"]) {
        } else {
            Issue.record()
        }
        if case (.nothing, false) = outcome(expecting + ["Content-Length": "0"]) {} else { Issue.record() }
        if case (.nothing, false) = outcome(expecting + ["Content-Length": "5"], version: .http1_0) {
        } else {
            Issue.record()
        }
        for length in ["16385", "99999999999999999999"] {
            let (outcome, isAnswered) = outcome(expecting + ["Content-Length": length])
            let request = Self.request(outcome)
            #expect(request?.body == .tooLong && request?.keepsOpen == false && isAnswered)
        }
    }

    @Test(
        "A connection stays open as the client wants it",
        arguments: [
            ([:], .http1_1, .GET, true), (["Connection": "close"], .http1_1, .GET, false),
            ([:], .http1_0, .GET, false), (["Connection": "keep-alive"], .http1_0, .GET, true),
            (["Connection": "upgrade", "Upgrade": "h2c"], .http1_1, .GET, false), ([:], .http1_1, .CONNECT, false),
        ] as [(HTTPHeaders, HTTPVersion, HTTPMethod, Bool)]
    )
    func keepAlive(headers: HTTPHeaders, version: HTTPVersion, method: HTTPMethod, keepsOpen: Bool) throws {
        var reader = RequestReader()
        _ = reader.take(Self.head(headers, method, version: version))
        #expect(try #require(Self.request(reader.take(.end(nil)))).keepsOpen == keepsOpen)
    }
}

private func + (left: HTTPHeaders, right: HTTPHeaders) -> HTTPHeaders {
    var headers = left
    headers.add(contentsOf: right)
    return headers
}
