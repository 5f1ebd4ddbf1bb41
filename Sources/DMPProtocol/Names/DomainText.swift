/// The rules for domain names as text, shared by all kinds of names.
enum DomainText {
    /// The most characters of a name without its trailing dot.
    static let maximumByteCount = 253
    private static let maximumLabelByteCount = 63

    /// What a label may hold.
    enum Label {
        /// a-z, 0-9, `-` and `_` at any place: owner names and zones.
        case owner
        /// Letters of either case, digits and `-`, which is neither first nor last: names inside records.
        case host
    }

    /// - Throws: ``NameError/label(_:)`` for the first label against the rule.
    static func checkLabels(of name: some StringProtocol, as kind: Label) throws(NameError) {
        for label in name.split(separator: ".", omittingEmptySubsequences: false) {
            let bytes = Array(label.utf8)
            guard (1...Self.maximumLabelByteCount).contains(bytes.count), bytes.allSatisfy({ Self.isAllowed($0, kind) })
            else { throw .label(String(label)) }
            let hyphen = UInt8(ascii: "-")
            if kind == .host, bytes.first == hyphen || bytes.last == hyphen { throw .label(String(label)) }
        }
    }

    static func checkLength(of name: String) throws(NameError) {
        guard name.utf8.count <= Self.maximumByteCount else {
            throw .tooLong(byteCount: name.utf8.count, limit: Self.maximumByteCount)
        }
    }

    /// The rule for names inside records (records.md §6): takes one trailing dot away and checks every label. The case
    /// is kept and the length of the whole not looked at.
    static func recordName(_ name: String) throws(NameError) -> String {
        guard !name.isEmpty else { throw .empty }
        guard name.utf8.allSatisfy({ $0 < 0x80 }) else { throw .notASCII }
        let bare = name.hasSuffix(".") ? String(name.dropLast()) : name
        guard !bare.isEmpty else { throw .empty }
        try Self.checkLabels(of: bare, as: .host)
        return bare
    }

    private static func isAllowed(_ byte: UInt8, _ kind: Label) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"): true
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): kind == .host
        case UInt8(ascii: "_"): kind == .owner
        default: false
        }
    }
}
