import DNSWire

/// Why a text is no ``UpstreamAddress``.
public enum UpstreamAddressError: Error, Hashable, Sendable {
    /// `[` without `]`.
    case missingBracket
    /// Text after `]` that doesn't begin with a colon.
    case textAfterBracket
    /// A port that isn't written in ASCII digits alone.
    case portNotANumber
    /// A port outside 1...65,535.
    case portOutOfRange
    /// A host that is no address literal: a host name, nothing at all, an octet with a leading zero.
    case notAnAddress
}

extension UpstreamAddressError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .missingBracket: "\"[\" without \"]\""
        case .textAfterBracket: "only a colon and a port may follow \"]\""
        case .portNotANumber: "the port is not a number"
        case .portOutOfRange: "the port is outside 1...65535"
        case .notAnAddress: "the host is not an IP address literal"
        }
    }
}

extension UpstreamAddress {
    /// Reads `192.0.2.1`, `192.0.2.1:53`, `2001:db8::1`, `[2001:db8::1]` or `[2001:db8::1]:53`.
    ///
    /// Text with two or more colons and no bracket is one IPv6 address: `2001:db8::8888:53` has no port. An IPv6 address
    /// may carry a zone (`fe80::1%eth0`).
    ///
    /// - Parameters:
    ///   - text: The address, without spaces around it.
    ///   - defaultPort: The port where the text has none.
    /// - Throws: ``UpstreamAddressError``, in the order of its cases.
    public init(_ text: some StringProtocol, defaultPort: UInt16 = 53) throws(UpstreamAddressError) {
        let (host, portText) = try Self.split(Substring(text))
        let port = try portText.map(Self.port) ?? Int(defaultPort)
        let parts = host.split(separator: "%", maxSplits: 1, omittingEmptySubsequences: false)
        let zone = parts.count == 2 ? String(parts[1]) : nil
        guard let address = parts.first.flatMap({ IPAddress($0) }) else { throw .notAnAddress }
        if let zone {
            guard case .v6 = address, Self.isZone(zone) else { throw .notAnAddress }
        }
        guard let upstream = Self(host: address, zone: zone, port: port) else { throw .portOutOfRange }
        self = upstream
    }

    private static func split(
        _ text: Substring
    ) throws(UpstreamAddressError) -> (host: Substring, port: Substring?) {
        if text.hasPrefix("[") {
            guard let end = text.firstIndex(of: "]") else { throw .missingBracket }
            let rest = text[text.index(after: end)...]
            guard rest.isEmpty || rest.hasPrefix(":") else { throw .textAfterBracket }
            return (text[text.index(after: text.startIndex)..<end], rest.isEmpty ? nil : rest.dropFirst())
        }
        guard let colon = text.firstIndex(of: ":"), !text[text.index(after: colon)...].contains(":") else {
            return (text, nil)
        }
        return (text[..<colon], text[text.index(after: colon)...])
    }

    private static func port(_ text: Substring) throws(UpstreamAddressError) -> Int {
        guard !text.isEmpty, text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else {
            throw .portNotANumber
        }
        guard let port = Int(text), (1...65_535).contains(port) else { throw .portOutOfRange }
        return port
    }

    /// Whether the text can name a network interface: 1...15 printable ASCII characters.
    private static func isZone(_ text: String) -> Bool {
        (1...15).contains(text.utf8.count) && text.utf8.allSatisfy { (0x21...0x7e).contains($0) }
    }
}
