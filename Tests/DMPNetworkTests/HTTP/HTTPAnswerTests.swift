import DMPNetwork
import NIOHTTP1
import Testing

@Suite("Answers of the records route")
struct HTTPAnswerTests {
    private func answer(_ status: Int, _ body: String = "", headers: HTTPHeaders = [:]) -> HTTPAnswer {
        var answer = HTTPAnswer(status: status, version: .http1_1, headers: headers)
        answer.readError(from: Array(body.utf8))
        return answer
    }

    @Test("Accepted are 201 and 204, and 404 when something was to be deleted")
    func accepted() {
        for method in [RecordRequest.Method.post, .delete] {
            #expect(self.answer(201, #"{"ok": true}"#).verdict(on: method) == .done(.accepted))
            #expect(self.answer(204).verdict(on: method) == .done(.accepted))
        }
        #expect(self.answer(404).verdict(on: .delete) == .done(.accepted))
    }

    @Test(
        "Refused is what a repetition wouldn't change",
        arguments: [
            (400, "invalid record name", .refused, nil),
            (400, "value (str) and ttl (int > 0) required", .refused, nil),
            (400, "ttl exceeds cap of 3600s", .lifetimeTooLong, 3600),
            (400, "ttl exceeds cap of days", .refused, nil),
            (400, "value exceeds cap of 1024 bytes", .tooLarge, 1024),
            (400, "value exceeds cap of 99999999999999999999 bytes", .refused, nil),
            (401, "unauthorized", .unauthorized, nil), (403, "forbidden", .unauthorized, nil),
            (413, "RRset at slot-1.mesh.test already holds 64 values", .nameFull, 64),
            (413, "RRset at slot-1.mesh.test already holds many values", .nameFull, nil),
            (413, "Request Entity Too Large", .tooLarge, nil),
        ] as [(Int, String, NetworkFailure.Code, Int?)]
    )
    func refused(status: Int, text: String, code: NetworkFailure.Code, limit: Int?) {
        guard case .done(.refused(let failure)) = self.answer(status, #"{"error": "\#(text)"}"#).verdict(on: .post)
        else {
            Issue.record("\(status) isn't a refusal")
            return
        }
        #expect(failure.code == code)
        #expect(failure.limit == limit)
        #expect(failure.httpStatus == status)
        #expect(failure.message.contains("HTTP \(status)"))
        #expect(failure.message.contains(text))
    }

    @Test(
        "What may pass is tried again",
        arguments: [
            (429, .rateLimited), (500, .serverFailure), (502, .serverFailure), (503, .serverFailure),
            (599, .serverFailure),
        ] as [(Int, NetworkFailure.Code)]
    )
    func retried(status: Int, code: NetworkFailure.Code) {
        let answer = self.answer(status, headers: ["Retry-After": " 7 "])
        guard case .failed(let failure) = answer.verdict(on: .delete) else {
            Issue.record("\(status) isn't tried again")
            return
        }
        #expect(failure.code == code)
        #expect(failure.httpStatus == status)
        #expect(failure.retryAfter == .seconds(7))
    }

    @Test(
        "Everything else is unavailable",
        arguments: [
            (404, .unexpectedAnswer), (200, .unexpectedAnswer), (202, .unexpectedAnswer), (301, .unexpectedAnswer),
            (307, .unexpectedAnswer), (405, .unexpectedAnswer), (409, .unexpectedAnswer), (501, .serverFailure),
            (600, .unexpectedAnswer), (999, .unexpectedAnswer),
        ] as [(Int, NetworkFailure.Code)]
    )
    func unavailable(status: Int, code: NetworkFailure.Code) {
        guard case .done(.unavailable(let failure)) = self.answer(status).verdict(on: .post) else {
            Issue.record("\(status) isn't unavailable")
            return
        }
        #expect(failure.code == code)
        #expect(failure.httpStatus == status)
    }

    @Test(
        "A body that isn't the node's says nothing",
        arguments: [
            "", "null", "[]", "[1]", #"{"error": 5}"#, #"{"ok": false}"#, "<html>no</html>",
            String(repeating: "[", count: 60_000),
        ]
    )
    func foreignBody(body: String) {
        #expect(self.answer(400, body).errorText == nil)
    }

    @Test("The server's words are short, and can't steer a terminal")
    func displayableText() {
        let hostile = #"{"error": "a\u001b[2Jb\nc\u202ed\u0007\#(String(repeating: "x", count: 500))"}"#
        let text = self.answer(400, hostile).errorText
        #expect(text?.hasPrefix("a\u{FFFD}[2Jb\u{FFFD}c\u{FFFD}d\u{FFFD}xxx") == true)
        #expect(text?.count == 200)
    }

    @Test(
        "Only a whole number of seconds tells how long to wait",
        arguments: [
            ("0", .zero), ("120", .seconds(120)), ("-1", nil), ("1.5", nil), ("", nil), ("12345678901", nil),
            ("Wed, 21 Oct 2026 07:28:00 GMT", nil),
        ] as [(String, Duration?)]
    )
    func retryAfter(text: String, expected: Duration?) {
        #expect(self.answer(503, headers: ["Retry-After": text]).retryAfter == expected)
    }

    @Test(
        "Whether the connection stays follows from version and header",
        arguments: [
            (.http1_1, [:], true), (.http1_1, ["Connection": "close"], false),
            (.http1_1, ["Connection": "x, CLOSE"], false),
            (.http1_0, [:], false), (.http1_0, ["Connection": "Keep-Alive"], true), (.http2, [:], true),
        ] as [(HTTPVersion, HTTPHeaders, Bool)]
    )
    func keepsConnection(version: HTTPVersion, headers: HTTPHeaders, expected: Bool) {
        #expect(HTTPAnswer(status: 201, version: version, headers: headers).keepsConnection == expected)
    }
}
