private import DNSWire

/// Where a node takes records over HTTP: scheme, host, port and the path in front of `/v1/records`.
///
/// Source: protocol documents, "The network layer", section 10.
public struct HTTPEndpoint: Hashable, Sendable, CustomStringConvertible {
    /// The normalised URL, without a slash at the end.
    public var text: String { "\(self.isEncrypted ? "https" : "http")://\(self.authority)\(self.path)" }
    /// The host: a name in lower case, or an IP literal without brackets.
    public let host: String
    /// The port, if it is given.
    public let port: UInt16?
    /// Whether the scheme is `https`.
    public let isEncrypted: Bool

    /// What stands in front of every path, without a slash at the end.
    let path: String

    /// The host, and the port if it is given, as they stand in the URL: what tells two nodes of one machine apart.
    var authority: String {
        let shown = self.host.contains(":") ? "[\(self.host)]" : self.host
        return "\(shown)\(self.port.map { ":\($0)" } ?? "")"
    }

    /// Reads a URL as people write it: white space around it and slashes at its end are dropped, and `https://` is put
    /// in front if there is no scheme.
    ///
    /// - Throws: ``NetworkFailure`` with the code `invalidConfiguration` for another scheme, no host, a user name or
    ///   password, a query or fragment, a port outside 1...65535, or characters that have no place in a URL.
    public init(_ text: String) throws(NetworkFailure) {
        let trimmed = text.trimmingWhitespace()
        let (scheme, rest) = Self.splitScheme(trimmed)
        guard scheme == "https" || scheme == "http" else { throw Self.invalid("only https and http work") }
        guard rest.utf8.count <= 2048, rest.utf8.allSatisfy(Self.isAllowed) else {
            throw Self.invalid("it has characters that don't belong there")
        }
        let authority = rest.prefix { $0 != "/" }
        guard let (host, port) = Self.splitAuthority(authority) else {
            throw Self.invalid("the part before the path must be a host, or host:port")
        }
        var path = rest.dropFirst(authority.count)
        while path.last == "/" { path.removeLast() }
        self.host = host
        self.port = port
        self.isEncrypted = scheme == "https"
        self.path = String(path)
    }

    public var description: String { self.text }

    /// Whether requests stay on this machine: 127.0.0.0/8, ::1 or `localhost`.
    public var isLoopback: Bool {
        self.host == "localhost" || IPv4Address(self.host)?.isLoopback == true
            || IPv6Address(self.host) == IPv6Address.loopback
    }

    /// Whether a token may go there.
    ///
    /// - Throws: ``NetworkFailure`` with the code `insecureCredential` if there is a token, and the endpoint is neither
    ///   encrypted nor on this machine.
    func checkCanCarry(_ token: BearerToken?) throws(NetworkFailure) {
        guard token == nil || self.isEncrypted || self.isLoopback else {
            throw NetworkFailure(
                .insecureCredential,
                "the token for \(self.host) would travel without encryption; use an https endpoint"
            )
        }
    }

    /// The text itself isn't shown, as it may hold a password.
    private static func invalid(_ reason: String) -> NetworkFailure {
        NetworkFailure(.invalidConfiguration, "the endpoint must be a URL such as https://node.example: \(reason)")
    }

    private static func splitScheme(_ text: Substring) -> (scheme: String, rest: Substring) {
        guard let separator = text.firstRange(of: "://") else { return ("https", text) }
        return (text[..<separator.lowerBound].lowercased(), text[separator.upperBound...])
    }

    /// Visible ASCII that may stand in a host or path: no query, fragment, user information, backslash or quotes.
    private static func isAllowed(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        case UInt8(ascii: "0")...UInt8(ascii: "9"): true
        default: "-._~/:[]%!$&'()*+,;=".utf8.contains(byte)
        }
    }

    private static func splitAuthority(_ authority: Substring) -> (host: String, port: UInt16?)? {
        let host: Substring
        var rest: Substring
        if authority.first == "[" {
            guard let end = authority.firstIndex(of: "]") else { return nil }
            host = authority[authority.index(after: authority.startIndex)..<end]
            rest = authority[authority.index(after: end)...]
            guard IPv6Address(host) != nil else { return nil }
        } else {
            host = authority.prefix { $0 != ":" }
            rest = authority[host.endIndex...]
            guard self.isHostName(host) else { return nil }
        }
        guard !rest.isEmpty else { return (host.lowercased(), nil) }
        guard rest.removeFirst() == ":", rest.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let port = UInt16(rest), port > 0
        else { return nil }
        return (host.lowercased(), port)
    }

    private static func isHostName(_ host: Substring) -> Bool {
        (1...253).contains(host.utf8.count)
            && host.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
                case UInt8(ascii: "0")...UInt8(ascii: "9"): true
                default: "-._".utf8.contains(byte)
                }
            }
    }
}
