internal import DNSWire
internal import HTTPTypes

/// A request, as far as the node looks at it.
struct HTTPQuestion: Sendable {
    var method: HTTPRequest.Method
    /// With the query.
    var path: String
    var authorization: String?
    var body: Body
    var source: IPAddress

    enum Body: Hashable, Sendable {
        case whole([UInt8])
        case tooLong
    }

    /// The token of an `Authorization: Bearer …` header.
    var bearerToken: Substring? {
        guard let authorization, authorization.hasPrefix("Bearer ") else { return nil }
        return authorization.dropFirst("Bearer ".count)
    }
}
