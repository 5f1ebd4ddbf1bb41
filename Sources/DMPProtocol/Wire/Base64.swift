/// Base64 with padding in its one canonical form (RFC 4648, section 4): what decodes encodes to the same text.
///
/// The reference takes more (see "TXT records", section 2). Honest records are canonical, and one signed blob should
/// have one text.
package enum Base64 {
    /// How many characters encode `count` bytes.
    package static func encodedByteCount(_ count: Int) -> Int { (count + 2) / 3 * 4 }

    /// Appends the text of `bytes` to `text`.
    package static func append(_ bytes: ArraySlice<UInt8>, to text: inout [UInt8]) {
        text.reserveCapacity(text.count + Self.encodedByteCount(bytes.count))
        let alphabet = Self.alphabet  // fetched once: a static table is looked up at each use
        var index = bytes.startIndex
        while bytes.endIndex - index >= 3 {
            let group = UInt32(bytes[index]) << 16 | UInt32(bytes[index + 1]) << 8 | UInt32(bytes[index + 2])
            text.append(alphabet[Int(group >> 18)])
            text.append(alphabet[Int(group >> 12 & 63)])
            text.append(alphabet[Int(group >> 6 & 63)])
            text.append(alphabet[Int(group & 63)])
            index += 3
        }
        if bytes.endIndex - index == 2 {
            let group = UInt32(bytes[index]) << 16 | UInt32(bytes[index + 1]) << 8
            text.append(alphabet[Int(group >> 18)])
            text.append(alphabet[Int(group >> 12 & 63)])
            text.append(alphabet[Int(group >> 6 & 63)])
            text.append(pad)
        } else if bytes.endIndex - index == 1 {
            let group = UInt32(bytes[index]) << 16
            text.append(alphabet[Int(group >> 18)])
            text.append(alphabet[Int(group >> 12 & 63)])
            text.append(pad)
            text.append(pad)
        }
    }

    package static func encode(_ bytes: [UInt8]) -> [UInt8] {
        var text: [UInt8] = []
        Self.append(bytes[...], to: &text)
        return text
    }

    /// - Returns: The bytes, or `nil` when `text` is not canonical base64. Empty text is no bytes.
    package static func decode(_ text: ArraySlice<UInt8>) -> [UInt8]? {
        guard text.count.isMultiple(of: 4) else { return nil }
        guard let last = text.last else { return [] }
        let padCount = last != pad ? 0 : text[text.endIndex - 2] != pad ? 1 : 2
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count / 4 * 3)
        let values = Self.values  // fetched once, as above
        var index = text.startIndex
        let fullEnd = padCount == 0 ? text.endIndex : text.endIndex - 4
        while index < fullEnd {
            let (a, b) = (values[Int(text[index])], values[Int(text[index + 1])])
            let (c, d) = (values[Int(text[index + 2])], values[Int(text[index + 3])])
            // The mark of a character outside the alphabet sets the high bit, which no value has.
            guard (a | b | c | d) < 64 else { return nil }
            bytes.append(a << 2 | b >> 4)
            bytes.append(b << 4 | c >> 2)
            bytes.append(c << 6 | d)
            index += 4
        }
        guard padCount > 0 else { return bytes }
        let (a, b) = (values[Int(text[index])], values[Int(text[index + 1])])
        let c = padCount == 1 ? values[Int(text[index + 2])] : 0
        let unusedBits = padCount == 1 ? c & 3 : b & 15
        guard (a | b | c) < 64, unusedBits == 0 else { return nil }
        bytes.append(a << 2 | b >> 4)
        if padCount == 1 { bytes.append(b << 4 | c >> 2) }
        return bytes
    }

    private static let pad = UInt8(ascii: "=")
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    /// The value of each character, 255 for those outside the alphabet.
    private static let values: [UInt8] = {
        var values = [UInt8](repeating: 255, count: 256)
        for (value, character) in alphabet.enumerated() { values[Int(character)] = UInt8(value) }
        return values
    }()
}
