/// A user's name inside a zone, in the case in which its owner wrote it.
///
/// 1 to 64 bytes of UTF-8 without `@`, white space and control characters. Owner names are made from a hash of the
/// exact bytes, so `alice` and `Alice` are two users.
public struct Username: Hashable, Sendable {
    /// The most bytes of UTF-8.
    public static let maximumByteCount = 64

    /// The name as it is hashed.
    public let text: String

    /// - Throws: ``NameError/empty``, ``NameError/tooLong(byteCount:limit:)``, ``NameError/username(_:)``.
    public init(_ text: String) throws(NameError) {
        guard !text.isEmpty else { throw .empty }
        guard text.utf8.count <= Self.maximumByteCount else {
            throw .tooLong(byteCount: text.utf8.count, limit: Self.maximumByteCount)
        }
        guard text.unicodeScalars.allSatisfy(Self.isAllowed) else { throw .username(text) }
        self.text = text
    }

    private init(checked text: String) {
        self.text = text
    }

    /// The name with A-Z as a-z, as addresses spell it. Other letters keep their case.
    public var lowercased: Username { Username(checked: self.text.asciiLowercased) }

    // Bytes decide, as in the hash: String compares letters and their composed forms as equal.
    public static func == (left: Username, right: Username) -> Bool {
        left.text.utf8.elementsEqual(right.text.utf8)
    }

    public func hash(into hasher: inout Hasher) {
        for byte in self.text.utf8 { hasher.combine(byte) }
    }

    private static func isAllowed(_ scalar: Unicode.Scalar) -> Bool {
        scalar != "@" && !scalar.properties.isWhitespace && scalar.properties.generalCategory != .control
    }
}

extension Username: CustomStringConvertible {
    public var description: String { self.text }
}

extension String {
    /// The text with A-Z as a-z and everything else as it was.
    package var asciiLowercased: String {
        String(decoding: self.utf8.map { (0x41...0x5a).contains($0) ? $0 | 0x20 : $0 }, as: UTF8.self)
    }
}
