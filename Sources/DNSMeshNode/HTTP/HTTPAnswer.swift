internal import HTTPTypes
internal import Hummingbird
internal import NIOCore

/// What the node answers to an HTTP request.
struct HTTPAnswer: Hashable, Sendable {
    var status: HTTPResponse.Status
    var body: String
    var contentType: String?
    /// Seconds to wait before the next try.
    var retryAfter: Int?

    static func json(_ status: HTTPResponse.Status, _ body: String) -> HTTPAnswer {
        HTTPAnswer(status: status, body: body, contentType: "application/json")
    }

    /// The shape of every refusal: `{"error": "…"}`.
    static func error(_ status: HTTPResponse.Status, _ text: String) -> HTTPAnswer {
        .json(status, #"{"error": \#(JSONText.quoted(text))}"#)
    }

    static func empty(_ status: HTTPResponse.Status) -> HTTPAnswer {
        HTTPAnswer(status: status, body: "")
    }

    static let notFound = error(.notFound, "not found")
    static let unauthorized = error(.unauthorized, "unauthorized")

    var response: Response {
        var headers = HTTPFields()
        headers[.contentType] = self.contentType
        headers[.cacheControl] = "no-store"
        headers[.retryAfter] = self.retryAfter.map(String.init)
        if self.status != .noContent { headers[.contentLength] = String(self.body.utf8.count) }
        return Response(status: self.status, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(string: body)))
    }
}
