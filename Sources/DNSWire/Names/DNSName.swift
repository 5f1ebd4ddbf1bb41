/// A domain name: a list of labels that ends at the root.
///
/// Two names are equal when their labels are, letters A to Z counting as a to z (RFC 4343). The spelling is kept: use
/// ``exactlyEquals(_:)`` to compare it.
///
/// A label has 1...63 bytes of any value, a name at most 255 bytes with its length bytes (RFC 1035, 2.3.4).
public struct DNSName: Hashable, Sendable {
    /// The uncompressed form of messages: each label after its length byte, then a zero. 1...255 bytes.
    public let wireForm: [UInt8]

    /// The name without labels, above all others.
    public static let root = DNSName(validated: [0])

    /// - Parameter wireForm: Labels of 1...63 bytes and a closing zero, at most 255 bytes in all.
    init(validated wireForm: [UInt8]) {
        self.wireForm = wireForm
    }

    /// Makes a name of its labels, the one next to the root last.
    ///
    /// - Throws: ``DNSNameError`` if a label is empty or too long, or the name is.
    public init(labels: some Sequence<some Collection<UInt8>>) throws(DNSNameError) {
        var wireForm: [UInt8] = []
        for label in labels {
            guard let length = UInt8(exactly: label.count), length <= Self.maximumLabelByteCount else {
                throw .labelTooLong(at: wireForm.count)
            }
            guard length > 0 else { throw .emptyLabel(at: wireForm.count) }
            wireForm.append(length)
            wireForm.append(contentsOf: label)
            guard wireForm.count < Self.maximumByteCount else { throw .nameTooLong }
        }
        wireForm.append(0)
        self.wireForm = wireForm
    }

    /// 63, the most bytes of a label.
    public static let maximumLabelByteCount = 63
    /// 255, the most bytes of ``wireForm``.
    public static let maximumByteCount = 255

    public static func == (left: Self, right: Self) -> Bool {
        guard left.wireForm.count == right.wireForm.count else { return false }
        // Length bytes are below every letter, so that folding leaves them alone.
        for index in left.wireForm.indices {
            guard left.wireForm[index].foldedASCII == right.wireForm[index].foldedASCII else { return false }
        }
        return true
    }

    public func hash(into hasher: inout Hasher) {
        // Eight bytes at a time: the hasher's own cost lies in the call.
        var word: UInt64 = 0
        var filled = 0
        for byte in self.wireForm {
            word = word << 8 | UInt64(byte.foldedASCII)
            filled += 1
            if filled == 8 {
                hasher.combine(word)
                (word, filled) = (0, 0)
            }
        }
        hasher.combine(word)
    }

    /// Whether both names are written with the same letters, upper and lower case told apart.
    public func exactlyEquals(_ other: DNSName) -> Bool {
        self.wireForm == other.wireForm
    }
}

extension UInt8 {
    /// The byte with the letters A to Z turned into a to z.
    @inline(__always)
    var foldedASCII: UInt8 {
        self &- UInt8(ascii: "A") < 26 ? self | 0x20 : self
    }

    /// Whether the byte is one of A to Z and a to z.
    @inline(__always)
    var isASCIILetter: Bool {
        (self | 0x20) &- UInt8(ascii: "a") < 26
    }
}
