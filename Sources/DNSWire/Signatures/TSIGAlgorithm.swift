internal import DMPCrypto

/// How a TSIG code is made (RFC 8945, section 6). The raw value is the name of the algorithm.
public enum TSIGAlgorithm: String, Hashable, Sendable, CaseIterable {
    case hmacSHA256 = "hmac-sha256"
    /// The first 16 bytes of HMAC-SHA-256.
    case hmacSHA256Truncated128 = "hmac-sha256-128"
    case hmacSHA384 = "hmac-sha384"
    /// The first 24 bytes of HMAC-SHA-384.
    case hmacSHA384Truncated192 = "hmac-sha384-192"
    case hmacSHA512 = "hmac-sha512"
    /// The first 32 bytes of HMAC-SHA-512.
    case hmacSHA512Truncated256 = "hmac-sha512-256"

    /// Reads a name in any case, with or without a final dot.
    public init?(_ text: some StringProtocol) {
        let name = text.lowercased()
        self.init(rawValue: name.hasSuffix(".") ? String(name.dropLast()) : name)
    }

    init?(_ name: DNSName) {
        guard let label = name.labels.first, name.labelCount == 1 else { return nil }
        self.init(String(decoding: label, as: UTF8.self))
    }

    /// The name as it stands in a TSIG record.
    public var name: DNSName {
        let label = Array(self.rawValue.utf8)
        return DNSName(validated: [UInt8(truncatingIfNeeded: label.count)] + label + [0])
    }

    /// How many bytes a code has.
    public var codeByteCount: Int {
        switch self {
        case .hmacSHA256Truncated128: 16
        case .hmacSHA384Truncated192: 24
        case .hmacSHA512Truncated256: 32
        case .hmacSHA256, .hmacSHA384, .hmacSHA512: self.function.byteCount
        }
    }

    var function: HMAC {
        switch self {
        case .hmacSHA256, .hmacSHA256Truncated128: .sha256
        case .hmacSHA384, .hmacSHA384Truncated192: .sha384
        case .hmacSHA512, .hmacSHA512Truncated256: .sha512
        }
    }
}
