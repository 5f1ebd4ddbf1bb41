internal import DNSWire

/// A request, as far as the node looks at it.
struct HTTPQuestion: Sendable {
    var method: Method
    /// With the query.
    var path: String
    var authorization: String?
    var body: Body
    var source: IPAddress

    /// What the node can be asked to do, in the names that its counts use.
    enum Method: String, Sendable {
        case get = "GET"
        case head = "HEAD"
        case post = "POST"
        case delete = "DELETE"
        case other
    }

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
