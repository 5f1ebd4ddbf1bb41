/// Whose key a rotation or a revocation speaks about: a user's, a cluster operator's or a bootstrap signer's.
///
/// In a record: 2 + s bytes.
///
/// | Bytes | Field    | Meaning                                                       |
/// |------:|----------|---------------------------------------------------------------|
/// |     1 | ``kind`` | 1 user, 2 cluster operator, 3 bootstrap signer                |
/// |     1 |          | s, 1...255 for a user, 1...64 for the others                  |
/// |     s | ``text`` | UTF-8: `user@host`, or the name of the cluster, or the domain |
///
/// Host, name and domain may have one dot at their end. The reference also takes two, white space around the halves of
/// a user's subject, and control characters in it. They are refused here, for signing as for reading: no honest subject
/// has them.
///
/// Source: protocol documents, "TXT records", section 9.
public struct KeySubject: Hashable, Sendable {
    /// The number is the one in the records.
    public enum Kind: UInt8, Hashable, Sendable {
        /// The keys of a user's identity.
        case user = 1
        /// The key of a cluster's operator.
        case cluster = 2
        /// The key that signs a domain's bootstrap record.
        case bootstrap = 3

        /// The bytes that a subject of this kind may have, with a dot at its end.
        public var maximumByteCount: Int { self == .user ? 255 : RecordDomain.maximumByteCount }
    }

    /// Which sort of key it is.
    public let kind: Kind
    /// The subject in the case in which it was written. A record holds these bytes.
    public let text: String
    /// The user as written, and empty for the other kinds.
    private let user: [UInt8]
    private let domain: ZoneName

    /// Takes exactly the text that a record shall hold.
    ///
    /// - Throws: ``WireError/body(_:)``.
    public init(_ kind: Kind, _ text: String) throws(WireError) {
        guard (1...kind.maximumByteCount).contains(text.utf8.count) else { throw .body(.subject) }
        let (user, host) = kind == .user ? try Self.halves(of: text) : ("", text)
        guard user.isEmpty || Self.isPrintable(user) else { throw .body(.subject) }
        self.kind = kind
        self.text = text
        self.user = Array(user.utf8)
        do { self.domain = try ZoneName(DomainText.recordName(host)) } catch { throw .body(.subject) }
    }

    /// Takes a text that a user typed: white space around the halves of `user@host` goes, and only there.
    ///
    /// - Throws: ``WireError/body(_:)``.
    public init(_ kind: Kind, trimming text: String) throws(WireError) {
        guard kind == .user else {
            try self.init(kind, text)
            return
        }
        let (user, host) = try Self.halves(of: text)
        try self.init(kind, "\(user.trimmingWhiteSpace)@\(host.trimmingWhiteSpace)")
    }

    /// Whether both name the same, which the case of a host and a dot at its end don't change.
    public func isSame(as other: KeySubject) -> Bool {
        self.kind == other.kind && self.user == other.user && self.domain == other.domain
    }

    /// Splits at the first `@`. Later ones are left to the rule for hosts, which refuses them.
    private static func halves(of text: String) throws(WireError) -> (user: String, host: String) {
        // Characters won't do: one may be made of `@` and an accent.
        guard let at = text.utf8.firstIndex(of: UInt8(ascii: "@")), at > text.startIndex else { throw .body(.subject) }
        return (String(text[..<at]), String(text[text.utf8.index(after: at)...]))
    }

    private static func isPrintable(_ user: String) -> Bool {
        guard let first = user.unicodeScalars.first, let last = user.unicodeScalars.last,
            !first.properties.isWhitespace, !last.properties.isWhitespace
        else { return false }
        return user.unicodeScalars.allSatisfy { scalar in
            switch scalar.properties.generalCategory {
            case .control, .lineSeparator, .paragraphSeparator: false
            default: true
            }
        }
    }
}

extension KeySubject {
    /// The fewest bytes: a kind, a length and a name of one letter.
    static let minimumByteCount = 3
    static let maximumByteCount = 2 + 255

    /// - Throws: ``WireError/body(_:)``, ``WireError/truncated``.
    init(reading reader: inout ByteReader) throws(WireError) {
        let (kind, bytes) = try Self.readBytes(&reader)
        guard let text = String(validating: bytes, as: UTF8.self) else { throw .body(.subject) }
        try self.init(kind, text)
    }

    /// Reads only as much as finding what follows takes.
    static func skip(in reader: inout ByteReader) throws(WireError) {
        _ = try Self.readBytes(&reader)
    }

    func encode(into writer: inout ByteWriter) {
        writer.writeInteger(self.kind.rawValue)
        writer.writeInteger(UInt8(self.text.utf8.count))
        writer.write(self.text.utf8)
    }

    private static func readBytes(_ reader: inout ByteReader) throws(WireError) -> (Kind, ArraySlice<UInt8>) {
        guard let kind = try Kind(rawValue: reader.readInteger()) else { throw .body(.subjectKind) }
        let count = try Int(reader.readInteger(UInt8.self))
        guard (1...kind.maximumByteCount).contains(count) else { throw .body(.subject) }
        return (kind, try reader.read(count))
    }
}
