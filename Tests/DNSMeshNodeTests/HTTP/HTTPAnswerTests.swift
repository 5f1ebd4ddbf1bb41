import DMPProtocol
import NIOCore
import Testing

@testable import DNSMeshNode

@Suite("The bytes of HTTP answers")
struct HTTPAnswerTests {
    private static func text(_ answer: HTTPAnswer, _ form: HTTPAnswer.Form = HTTPAnswer.Form()) -> String {
        var buffer = ByteBuffer()
        answer.write(into: &buffer, form: form, date: "D")
        return String(buffer: buffer)
    }

    private static let ok = HTTPAnswer.json(.ok, #"{"status": "ok"}"#)
    private static let head =
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nCache-Control: no-store\r\nContent-Length: 16\r\n"
    private static let tail = "Date: D\r\nServer: dnsmesh\r\n\r\n"

    @Test("An answer has the length of its body in bytes")
    func whole() {
        #expect(Self.text(Self.ok) == Self.head + Self.tail + #"{"status": "ok"}"#)
        let text = Self.text(HTTPAnswer(status: .ok, body: "é", contentType: nil))
        #expect(text == "HTTP/1.1 200 OK\r\nCache-Control: no-store\r\nContent-Length: 2\r\n" + Self.tail + "é")
    }

    @Test("HEAD is GET without the body")
    func head() {
        #expect(Self.text(Self.ok, HTTPAnswer.Form(hasBody: false)) == Self.head + Self.tail)
    }

    @Test("No content has no length, and nothing found has the length 0")
    func empty() {
        let start = "\r\nCache-Control: no-store\r\n"
        #expect(Self.text(.empty(.noContent)) == "HTTP/1.1 204 No Content" + start + Self.tail)
        #expect(Self.text(.empty(.notFound)) == "HTTP/1.1 404 Not Found" + start + "Content-Length: 0\r\n" + Self.tail)
    }

    @Test("A client is told when to come back, and that the connection ends")
    func extras() {
        var answer = HTTPAnswer.empty(.tooManyRequests)
        answer.retryAfter = 5
        let text = Self.text(answer, HTTPAnswer.Form(connection: "close"))
        #expect(text.contains("\r\nRetry-After: 5\r\n") && text.contains("\r\nConnection: close\r\n"))
    }

    @Test(
        "A date is written as HTTP wants it",
        arguments: [
            (0, "Thu, 01 Jan 1970 00:00:00 GMT"), (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"),
            (1_709_164_800, "Thu, 29 Feb 2024 00:00:00 GMT"), (1_709_251_199, "Thu, 29 Feb 2024 23:59:59 GMT"),
            (4_102_444_799, "Thu, 31 Dec 2099 23:59:59 GMT"),
        ] as [(UInt64, String)]
    )
    func date(seconds: UInt64, text: String) {
        var date = HTTPDate()
        #expect(date.text(UnixSeconds(rawValue: seconds)) == text)
        #expect(date.text(UnixSeconds(rawValue: seconds)) == text)
        #expect(HTTPDate.text(UnixSeconds(rawValue: .max)).hasSuffix(" GMT"))
    }
}
