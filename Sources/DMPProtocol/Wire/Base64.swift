private import DMPCrypto

/// Base64 with padding in its one canonical form (RFC 4648, section 4): what decodes encodes to the same text.
///
/// The reference takes more (see "TXT records", section 2). Honest records are canonical, and one signed blob should
/// have one text.
///
/// Most of the text is worked on in parts of 12 bytes and 16 characters, whose accesses need one check together.
package enum Base64 {
    private static let partByteCount = 12
    private static let partCharacterCount = 16

    /// How many characters encode `count` bytes.
    package static func encodedByteCount(_ count: Int) -> Int { (count + 2) / 3 * 4 }

    // MARK: Encoding

    package static func encode(_ bytes: [UInt8]) -> [UInt8] {
        var text = [UInt8](repeating: Self.pad, count: Self.encodedByteCount(bytes.count))
        var output = text.mutableSpan
        Self.encode(bytes.span, to: &output, at: 0)
        return text
    }

    /// Writes the text of `bytes`, but not its padding.
    static func encode(_ bytes: Span<UInt8>, to text: inout MutableSpan<UInt8>, at start: Int) {
        let fullCount = bytes.count / Self.partByteCount
        let table = Self.pairs
        let pairs = table.span
        precondition(pairs.count == 4096)
        for number in 0..<fullCount {
            let first = Self.partByteCount * number
            let part = bytes.extracting(first..<first + Self.partByteCount)
            for half in 0..<2 {
                let (high, low) = (Self.group(part, at: 6 * half), Self.group(part, at: 6 * half + 3))
                let characters =
                    UInt64(pairs[high >> 12]) << 48 | UInt64(pairs[high & 4095]) << 32
                    | UInt64(pairs[low >> 12]) << 16 | UInt64(pairs[low & 4095])
                let place = start + Self.partCharacterCount * number + 8 * half
                text.store(bigEndian: characters, at: place)
            }
        }
        Self.encodeRest(
            bytes.extracting(droppingFirst: Self.partByteCount * fullCount),
            to: &text,
            at: start + Self.partCharacterCount * fullCount
        )
    }

    /// The same for less than a part.
    private static func encodeRest(_ bytes: Span<UInt8>, to text: inout MutableSpan<UInt8>, at start: Int) {
        var place = start
        var index = 0
        while index < bytes.count {
            let count = min(3, bytes.count - index)
            var group = Int(bytes[index]) << 16
            if count > 1 { group |= Int(bytes[index + 1]) << 8 }
            if count > 2 { group |= Int(bytes[index + 2]) }
            for position in 0...count { text[place + position] = Self.alphabet[group >> (18 - 6 * position) & 63] }
            index += 3
            place += 4
        }
    }

    @inline(__always)
    private static func group(_ bytes: Span<UInt8>, at index: Int) -> Int {
        Int(bytes[index]) << 16 | Int(bytes[index + 1]) << 8 | Int(bytes[index + 2])
    }

    // MARK: Decoding

    /// - Returns: The bytes, or `nil` when `text` is not canonical base64. Empty text is no bytes.
    package static func decode(_ text: ArraySlice<UInt8>) -> [UInt8]? {
        guard text.count.isMultiple(of: 4) else { return nil }
        guard let last = text.last else { return [] }
        let padCount = last != pad ? 0 : text[text.endIndex - 2] != pad ? 1 : 2
        var bytes = [UInt8](repeating: 0, count: text.count / 4 * 3)
        var output = bytes.mutableSpan
        guard Self.decode(text.span, to: &output, padCount: padCount) else { return nil }
        bytes.removeLast(padCount)
        return bytes
    }

    private static func decode(_ text: Span<UInt8>, to bytes: inout MutableSpan<UInt8>, padCount: Int) -> Bool {
        let fullCount = (text.count - (padCount == 0 ? 0 : 4)) / Self.partCharacterCount
        let table = Self.values
        let values = table.span
        precondition(values.count == 256)
        for number in 0..<fullCount {
            let first = Self.partCharacterCount * number
            let part = text.extracting(first..<first + Self.partCharacterCount)
            let (a, b) = (Self.group(part, at: 0, values), Self.group(part, at: 4, values))
            let (c, d) = (Self.group(part, at: 8, values), Self.group(part, at: 12, values))
            guard (a | b | c | d) < Self.mark else { return false }
            let place = Self.partByteCount * number
            bytes.store(bigEndian: a << 40 | b << 16 | c >> 8, at: place)
            bytes.store(bigEndian: UInt32(truncatingIfNeeded: c << 24 | d), at: place + 8)
        }
        return Self.decodeRest(
            text.extracting(droppingFirst: Self.partCharacterCount * fullCount),
            to: &bytes,
            at: Self.partByteCount * fullCount,
            padCount: padCount
        )
    }

    /// The same for less than a part, and for the characters before padding.
    private static func decodeRest(
        _ text: Span<UInt8>,
        to bytes: inout MutableSpan<UInt8>,
        at start: Int,
        padCount: Int
    ) -> Bool {
        var place = start
        var index = 0
        while index < text.count {
            let count = text.count - index > 4 ? 4 : 4 - padCount
            var group: UInt64 = 0
            for position in 0..<count {
                group |= UInt64(Self.values[Int(text[index + position])]) << UInt64(18 - 6 * position)
            }
            // Bits of the last character that no byte takes must be zero.
            guard group < Self.mark, count == 4 || group & (count == 3 ? 0xff : 0xffff) == 0 else { return false }
            for position in 0..<3 {
                bytes[place + position] = UInt8(truncatingIfNeeded: group >> UInt64(16 - 8 * position))
            }
            index += 4
            place += 3
        }
        return true
    }

    /// The 24 bits of four characters; at least ``mark`` if one is outside the alphabet.
    @inline(__always)
    private static func group(_ text: Span<UInt8>, at index: Int, _ values: Span<UInt32>) -> UInt64 {
        UInt64(values[Int(text[index])]) << 18 | UInt64(values[Int(text[index + 1])]) << 12
            | UInt64(values[Int(text[index + 2])]) << 6 | UInt64(values[Int(text[index + 3])])
    }

    // MARK: Tables

    static let pad = UInt8(ascii: "=")
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    /// The two characters of 12 bits, the first in the high byte.
    private static let pairs: [UInt16] = (0..<4096).map { bits in
        UInt16(alphabet[bits >> 6]) << 8 | UInt16(alphabet[bits & 63])
    }

    /// No group of four values reaches this.
    private static let mark: UInt64 = 1 << 24

    /// The value of each character; ``mark`` for those outside the alphabet.
    private static let values: [UInt32] = {
        var values = [UInt32](repeating: UInt32(mark), count: 256)
        for (value, character) in alphabet.enumerated() { values[Int(character)] = UInt32(value) }
        return values
    }()
}
