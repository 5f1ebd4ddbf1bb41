internal import DNSWire

/// The name that records are stored under: lower case, no final dot.
package struct RecordName: Hashable, Sendable, CustomStringConvertible {
    package let text: String

    /// Reads a name that a writer asks for.
    ///
    /// At most 253 characters; each label has at most 63: an optional `_`, then letters, digits and hyphens, the first and
    /// the last of these no hyphen.
    ///
    /// - Returns: `nil` for any other text.
    package init?(_ text: String) {
        let bytes = Array(text.utf8)
        guard bytes.count <= 253 else { return nil }
        let labels = bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard labels.allSatisfy(Self.isWritable) else { return nil }
        self.text = String(decoding: bytes.map(\.lowercasedASCII), as: UTF8.self)
    }

    /// The stored form of a name that is asked for in DNS.
    ///
    /// - Returns: `nil` for the root and for names with bytes that no stored name has.
    init?(lookingUp name: DNSName) {
        var bytes: [UInt8] = []
        for label in name.labels {
            guard label.allSatisfy({ (0x21...0x7e).contains($0) && $0 != UInt8(ascii: ".") }) else { return nil }
            if !bytes.isEmpty { bytes.append(UInt8(ascii: ".")) }
            bytes.append(contentsOf: label.lazy.map(\.lowercasedASCII))
        }
        guard !bytes.isEmpty else { return nil }
        self.text = String(decoding: bytes, as: UTF8.self)
    }

    package var description: String { self.text }

    private static func isWritable(_ label: ArraySlice<UInt8>) -> Bool {
        guard label.count <= 63 else { return false }
        let rest = label.first == UInt8(ascii: "_") ? label.dropFirst() : label
        guard let first = rest.first, let last = rest.last else { return false }
        let hyphen = UInt8(ascii: "-")
        return first != hyphen && last != hyphen && rest.allSatisfy { $0.isASCIIAlphanumeric || $0 == hyphen }
    }
}

extension UInt8 {
    var lowercasedASCII: UInt8 {
        (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(self) ? self | 0x20 : self
    }

    fileprivate var isASCIIAlphanumeric: Bool {
        switch self {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "A")...UInt8(ascii: "Z"):
            true
        default: false
        }
    }
}
