/// The status of an answer (RFC 9110, section 15).
struct HTTPStatus: Hashable, Sendable {
    let code: Int
    let reason: String

    private init(_ code: Int, _ reason: String) {
        self.code = code
        self.reason = reason
    }

    static let ok = HTTPStatus(200, "OK")
    static let created = HTTPStatus(201, "Created")
    static let noContent = HTTPStatus(204, "No Content")
    static let badRequest = HTTPStatus(400, "Bad Request")
    static let unauthorized = HTTPStatus(401, "Unauthorized")
    static let notFound = HTTPStatus(404, "Not Found")
    static let contentTooLarge = HTTPStatus(413, "Content Too Large")
    static let tooManyRequests = HTTPStatus(429, "Too Many Requests")
    static let notImplemented = HTTPStatus(501, "Not Implemented")
    static let serviceUnavailable = HTTPStatus(503, "Service Unavailable")
}
