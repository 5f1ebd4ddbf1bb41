/// One node of a cluster, as the cluster's manifest lists it.
///
/// 5 + a + b + d bytes, integers big-endian.
///
/// | Bytes | Field            | Meaning                    |
/// |------:|------------------|----------------------------|
/// |     1 |                  | a, 1...16                  |
/// |     a | ``id``           | ASCII                      |
/// |     2 |                  | b, 1...128                 |
/// |     b | ``httpEndpoint`` | UTF-8                      |
/// |     2 |                  | d, 0...64; 0 means absent  |
/// |     d | ``dnsEndpoint``  | UTF-8                      |
///
/// Only lengths are checked: the texts may hold anything. Escape them before they are shown, and check the endpoints
/// before they are used. Source: protocol documents, "TXT records", section 7.
public struct ClusterNode: Hashable, Sendable {
    /// The most bytes of ``id``.
    public static let maximumIDByteCount = 16
    /// The most bytes of ``httpEndpoint``.
    public static let maximumHTTPEndpointByteCount = 128
    /// The most bytes of ``dnsEndpoint``.
    public static let maximumDNSEndpointByteCount = 64

    /// What the operator calls the node, different for each node of a cluster. Case counts.
    public let id: String
    /// Where the node takes records over HTTP, meant to be a URL.
    public let httpEndpoint: String
    /// Where the node answers DNS, meant to be an IP address and a port.
    public let dnsEndpoint: String?

    /// - Throws: ``WireError/body(_:)`` for the first text that is empty or too long, or an id outside ASCII.
    public init(id: String, httpEndpoint: String, dnsEndpoint: String?) throws(WireError) {
        guard (1...Self.maximumIDByteCount).contains(id.utf8.count), id.utf8.allSatisfy({ $0 < 0x80 }) else {
            throw .body(.nodeID)
        }
        guard (1...Self.maximumHTTPEndpointByteCount).contains(httpEndpoint.utf8.count) else {
            throw .body(.httpEndpoint)
        }
        if let dnsEndpoint, !(1...Self.maximumDNSEndpointByteCount).contains(dnsEndpoint.utf8.count) {
            throw .body(.dnsEndpoint)
        }
        self.id = id
        self.httpEndpoint = httpEndpoint
        self.dnsEndpoint = dnsEndpoint
    }
}

extension ClusterNode {
    /// The bytes of the shortest node: two texts of one byte, one absent.
    static let minimumByteCount = 7

    init(reading reader: inout ByteReader) throws(WireError) {
        let id = try reader.readText(UInt8.self, 1...Self.maximumIDByteCount, .nodeID)
        let http = try reader.readText(UInt16.self, 1...Self.maximumHTTPEndpointByteCount, .httpEndpoint)
        let dns = try reader.readText(UInt16.self, 0...Self.maximumDNSEndpointByteCount, .dnsEndpoint)
        try self.init(id: id, httpEndpoint: http, dnsEndpoint: dns.isEmpty ? nil : dns)
    }

    func encode(into writer: inout ByteWriter) {
        writer.writeInteger(UInt8(self.id.utf8.count))
        writer.write(self.id.utf8)
        writer.writeInteger(UInt16(self.httpEndpoint.utf8.count))
        writer.write(self.httpEndpoint.utf8)
        writer.writeInteger(UInt16(self.dnsEndpoint?.utf8.count ?? 0))
        if let dnsEndpoint { writer.write(dnsEndpoint.utf8) }
    }

    /// How many bytes the node takes in a manifest.
    var encodedByteCount: Int {
        5 + self.id.utf8.count + self.httpEndpoint.utf8.count + (self.dnsEndpoint?.utf8.count ?? 0)
    }
}

extension ByteReader {
    /// Reads a length of the width of `Length` and as many bytes of UTF-8.
    fileprivate mutating func readText<Length: FixedWidthInteger & UnsignedInteger>(
        _ length: Length.Type,
        _ allowed: ClosedRange<Int>,
        _ field: WireError.Field
    ) throws(WireError) -> String {
        let count = try Int(self.readInteger(length))
        guard allowed.contains(count) else { throw .body(field) }
        guard let text = String(validating: try self.read(count), as: UTF8.self) else { throw .body(field) }
        return text
    }
}
