internal import NIOCore

/// What the node answers to an HTTP request.
struct HTTPAnswer: Hashable, Sendable {
    var status: HTTPStatus
    var body: String
    var contentType: String?
    /// Seconds to wait before the next try.
    var retryAfter: Int?

    static func json(_ status: HTTPStatus, _ body: String) -> HTTPAnswer {
        HTTPAnswer(status: status, body: body, contentType: "application/json")
    }

    /// The shape of every refusal: `{"error": "…"}`.
    static func error(_ status: HTTPStatus, _ text: String) -> HTTPAnswer {
        .json(status, #"{"error": \#(JSONText.quoted(text))}"#)
    }

    static func empty(_ status: HTTPStatus) -> HTTPAnswer {
        HTTPAnswer(status: status, body: "")
    }

    static let notFound = error(.notFound, "not found")
    static let unauthorized = error(.unauthorized, "unauthorized")

    /// How the bytes of an answer follow from its request.
    struct Form: Hashable, Sendable {
        /// An answer to HEAD has the headers of GET and no body.
        var hasBody = true
        /// The value of a `Connection` header.
        var connection: String?
    }

    /// Writes the answer as HTTP/1.1 (RFC 9112, section 4); `date` is that of its header.
    func write(into buffer: inout ByteBuffer, form: Form, date: String) {
        buffer.writeStaticString("HTTP/1.1 ")
        buffer.writeString(String(self.status.code))
        buffer.writeStaticString(" ")
        buffer.writeString(self.status.reason)
        if let contentType {
            buffer.writeStaticString("\r\nContent-Type: ")
            buffer.writeString(contentType)
        }
        buffer.writeStaticString("\r\nCache-Control: no-store")
        if let retryAfter {
            buffer.writeStaticString("\r\nRetry-After: ")
            buffer.writeString(String(retryAfter))
        }
        if self.status != .noContent {
            buffer.writeStaticString("\r\nContent-Length: ")
            buffer.writeString(String(self.body.utf8.count))
        }
        if let connection = form.connection {
            buffer.writeStaticString("\r\nConnection: ")
            buffer.writeString(connection)
        }
        buffer.writeStaticString("\r\nDate: ")
        buffer.writeString(date)
        buffer.writeStaticString("\r\nServer: dnsmesh\r\n\r\n")
        if form.hasBody { buffer.writeString(self.body) }
    }
}
