private import DMPCrypto

/// The value of one TXT record: its character-strings, joined with nothing between.
///
/// Any bytes, as zones hold records of others too. Records of this protocol are ASCII.
public struct TXTValue: Hashable, Sendable {
    /// The value without the length bytes of its character-strings.
    public let bytes: [UInt8]

    /// A value of any bytes.
    public init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// The UTF-8 bytes of a text.
    public init(_ text: String) {
        self.bytes = Array(text.utf8)
    }

    /// The value for people and JSON; bytes that are not UTF-8 are replaced.
    public var text: String { String(decoding: self.bytes, as: UTF8.self) }

    /// What the limits of stores count.
    public var byteCount: Int { self.bytes.count }
}

extension TXTValue {
    /// Makes a value of a prefix and the base64 text of `bytes`, in one buffer.
    package init(prefix: StaticString, encoding bytes: [UInt8]) {
        let prefixCount = prefix.utf8CodeUnitCount
        var text = [UInt8](repeating: Base64.pad, count: prefixCount + Base64.encodedByteCount(bytes.count))
        var output = text.mutableSpan
        prefix.withUTF8Span { prefix in
            for index in prefix.indices { output[index] = prefix[index] }
        }
        Base64.encode(bytes.span, to: &output, at: prefixCount)
        self.bytes = text
    }

    /// Decodes what follows `prefix`, if that is no more than `maximumByteCount` bytes.
    ///
    /// - Throws: ``WireError/notThisKind``, ``WireError/wireTooLong(_:)``, ``WireError/base64``.
    package func decode(after prefix: StaticString, maximumByteCount: Int) throws(WireError) -> [UInt8] {
        guard self.starts(with: prefix) else { throw .notThisKind }
        let text = self.bytes.dropFirst(prefix.utf8CodeUnitCount)
        guard text.count <= Base64.encodedByteCount(maximumByteCount) else { throw .wireTooLong(self.bytes.count) }
        guard let decoded = Base64.decode(text) else { throw .base64 }
        return decoded
    }

    private func starts(with prefix: StaticString) -> Bool {
        prefix.withUTF8Span { prefix in
            guard self.bytes.count >= prefix.count else { return false }
            for index in prefix.indices where self.bytes[index] != prefix[index] { return false }
            return true
        }
    }
}
