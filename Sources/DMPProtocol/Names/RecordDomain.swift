/// A domain name inside a record: a cluster, or a domain whose users a cluster serves.
///
/// 1 to 64 bytes without the trailing dot, in labels of 1 to 63 letters, digits and `-`, which is neither first nor
/// last. Source: protocol documents, "TXT records", section 6.
public struct RecordDomain: Hashable, Sendable, CustomStringConvertible {
    /// The most bytes of a name without its trailing dot.
    public static let maximumByteCount = 64

    /// The name in the case in which it was written, without a trailing dot.
    public let text: String
    /// The name in lower case, by which it is compared and looked up.
    public let zone: ZoneName

    /// Takes one trailing dot away.
    ///
    /// - Throws: ``NameError``.
    public init(_ text: String) throws(NameError) {
        let bare = try DomainText.recordName(text)
        guard bare.utf8.count <= Self.maximumByteCount else {
            throw .tooLong(byteCount: bare.utf8.count, limit: Self.maximumByteCount)
        }
        self.text = bare
        self.zone = try ZoneName(bare)
    }

    /// The name as written.
    public var description: String { self.text }

    /// How many bytes the name takes in a record, with its length.
    var encodedByteCount: Int { 1 + self.text.utf8.count }
}

extension ByteReader {
    /// Reads a length of one byte and a name, which may have a trailing dot.
    ///
    /// - Throws: ``WireError/body(_:)`` with `field` for what is not a name, ``WireError/truncated``.
    mutating func readDomain(_ field: WireError.Field) throws(WireError) -> RecordDomain {
        let count = try Int(self.readInteger(UInt8.self))
        guard (1...RecordDomain.maximumByteCount + 1).contains(count) else { throw .body(field) }
        guard let text = String(validating: try self.read(count), as: UTF8.self) else { throw .body(field) }
        do { return try RecordDomain(text) } catch { throw .body(field) }
    }

    /// Reads the mark at the front of a body, which tells its kind and version.
    ///
    /// - Throws: ``WireError/body(_:)`` for another mark, ``WireError/truncated``.
    mutating func expectMagic(_ magic: StaticString) throws(WireError) {
        guard try self.read(magic.utf8CodeUnitCount).elementsEqual(magic.description.utf8) else { throw .body(.magic) }
    }
}

extension ByteWriter {
    mutating func writeDomain(_ domain: RecordDomain) {
        self.writeInteger(UInt8(domain.text.utf8.count))
        self.write(domain.text.utf8)
    }
}
