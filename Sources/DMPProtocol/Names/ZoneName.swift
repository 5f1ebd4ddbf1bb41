/// The name of a zone in its one normal form: lower case, no trailing dot.
///
/// Labels of 1 to 63 characters out of a-z, 0-9, `-` and `_`; at most 253 characters in all.
public struct ZoneName: Hashable, Sendable, CustomStringConvertible {
    /// The name without trailing dot.
    public let text: String

    /// Folds A-Z and takes one trailing dot away.
    ///
    /// - Throws: ``NameError``.
    public init(_ text: String) throws(NameError) {
        let folded = text.asciiLowercased
        let bare = folded.hasSuffix(".") ? String(folded.dropLast()) : folded
        guard !bare.isEmpty else { throw .empty }
        try DomainText.checkLength(of: bare)
        try DomainText.checkLabels(of: bare, as: .owner)
        self.text = bare
    }

    public var description: String { self.text }
}
