/// Where a user is found, `user@host`, in canonical form.
///
/// Source: protocol documents, "Cryptography", section 6.3. Control characters are refused everywhere, although the
/// reference lets a newline stand at the end of some parts.
public struct UserAddress: Hashable, Sendable {
    /// First a-z or 0-9, then up to 63 of a-z, 0-9, `_-.`; no dot at the end and no two in a row.
    public let username: Username
    /// Labels of a-z, 0-9 and `-`, which is neither first nor last; at most 253 characters.
    public let host: ZoneName

    /// The address as `user@host`.
    public var text: String { "\(self.username.text)@\(self.host.text)" }

    /// Brings an address into canonical form: white space around it goes, letters become small, dots at the end go.
    ///
    /// - Throws: ``NameError`` for anything that has no canonical form.
    public init(canonicalizing address: String) throws(NameError) {
        guard address.utf8.allSatisfy({ $0 < 0x80 }) else { throw .notASCII }
        let trimmed = String(decoding: Self.trim(Array(address.utf8)), as: UTF8.self).asciiLowercased
        let parts = trimmed.split(separator: "@", omittingEmptySubsequences: false)
        guard parts.count == 2 else { throw .notAnAddress }
        let host = String(parts[1]).droppingTrailingDots
        guard !parts[0].isEmpty, !host.isEmpty else { throw .notAnAddress }
        try DomainText.checkLength(of: host)
        try Self.checkLocalPart(parts[0])
        try DomainText.checkLabels(of: host, as: .host)
        self.username = try Username(String(parts[0]))
        self.host = try ZoneName(host)
    }

    private static func trim(_ bytes: [UInt8]) -> ArraySlice<UInt8> {
        func isSpace(_ byte: UInt8) -> Bool {
            byte == 0x20 || (0x09...0x0d).contains(byte) || (0x1c...0x1f).contains(byte)
        }
        guard let first = bytes.firstIndex(where: { !isSpace($0) }), let last = bytes.lastIndex(where: { !isSpace($0) })
        else { return [] }
        return bytes[first...last]
    }

    private static func checkLocalPart(_ local: Substring) throws(NameError) {
        func isLetterOrDigit(_ byte: UInt8) -> Bool {
            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
                || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
        }
        let bytes = local.utf8
        guard bytes.count <= Username.maximumByteCount, let first = bytes.first, isLetterOrDigit(first),
            bytes.allSatisfy({ isLetterOrDigit($0) || "_-.".utf8.contains($0) }),
            !local.hasSuffix("."), !local.contains("..")
        else { throw .username(String(local)) }
    }
}

extension UserAddress: CustomStringConvertible {
    public var description: String { self.text }
}

extension UserAddress {
    /// Splits what a user typed as `user@host`, in the case in which it was typed, without the rules of an address.
    ///
    /// - Returns: The two halves without white space around them and without dots at the end of the host, or `nil`
    ///   unless there is exactly one `@` with something on both sides.
    package static func split(_ text: String) -> (user: String, host: String)? {
        let halves = text.split(separator: "@", omittingEmptySubsequences: false)
        guard halves.count == 2 else { return nil }
        let user = String(halves[0]).trimmingWhiteSpace
        let host = String(halves[1]).trimmingWhiteSpace.droppingTrailingDots
        return user.isEmpty || host.isEmpty ? nil : (user, host)
    }
}

extension String {
    var droppingTrailingDots: String {
        guard let last = self.lastIndex(where: { $0 != "." }) else { return "" }
        return String(self[...last])
    }

    var trimmingWhiteSpace: String {
        guard let first = self.firstIndex(where: { !$0.isWhitespace }),
            let last = self.lastIndex(where: { !$0.isWhitespace })
        else { return "" }
        return String(self[first...last])
    }
}
