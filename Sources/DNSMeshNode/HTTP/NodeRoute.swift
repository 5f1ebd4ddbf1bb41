/// What a request path names. The query belongs to the path, except where noted.
///
/// Source: protocol documents, "The node's HTTP API", section 2.
enum NodeRoute: Hashable, Sendable {
    /// `/v1/records/{name}`: the text of the name, decoded but not yet checked.
    case record(String)
    case health
    case stats
    case metrics
    /// `/v1/sync/…`, any query.
    case sync
    /// Registration, which this node doesn't have, and everything else.
    case unknown

    init(path: String) {
        let bytes = path.utf8
        switch path {
        case "/health": self = .health
        case "/stats": self = .stats
        case "/metrics": self = .metrics
        case _ where bytes.starts(with: Self.recordPrefix):
            let name = Self.name(bytes.dropFirst(Self.recordPrefix.count))
            self = name.isEmpty ? .unknown : .record(name)
        default:
            let target = path.prefix { $0 != "?" }
            self = Self.syncPaths.contains(String(target)) ? .sync : .unknown
        }
    }

    private static let recordPrefix = Array("/v1/records/".utf8)
    private static let syncPaths: Set = ["/v1/sync/digest", "/v1/sync/pull", "/v1/sync/cluster-manifest"]

    /// Percent-decoded; a slash at the end, white space around and final dots don't count.
    private static func name(_ segment: Substring.UTF8View) -> String {
        let segment = segment.last == UInt8(ascii: "/") ? segment.dropLast() : segment
        var name = String(decoding: Self.percentDecoded(Array(segment)), as: UTF8.self).trimmingASCIIWhitespace()
        while name.hasSuffix(".") { name.removeLast() }
        return String(name)
    }

    /// `%` that isn't followed by two digits stays as it is.
    private static func percentDecoded(_ text: [UInt8]) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count)
        var index = 0
        while index < text.count {
            if text[index] == UInt8(ascii: "%"), index + 2 < text.count,
                let byte = Self.byte(text[index + 1], text[index + 2])
            {
                bytes.append(byte)
                index += 3
            } else {
                bytes.append(text[index])
                index += 1
            }
        }
        return bytes
    }

    private static func byte(_ high: UInt8, _ low: UInt8) -> UInt8? {
        guard let high = Character(Unicode.Scalar(high)).hexDigitValue,
            let low = Character(Unicode.Scalar(low)).hexDigitValue
        else { return nil }
        return UInt8(truncatingIfNeeded: high << 4 | low)
    }
}
