/// Base64 with padding in its one canonical form (RFC 4648, section 4): what decodes encodes to the same text.
///
/// The reference takes more (see "TXT records", section 2). Honest records are canonical, and one signed blob should
/// have one text.
package enum Base64 {
    /// How many characters encode `count` bytes.
    package static func encodedByteCount(_ count: Int) -> Int { (count + 2) / 3 * 4 }

    /// Appends the text of `bytes` to `text`.
    package static func append(_ bytes: ArraySlice<UInt8>, to text: inout [UInt8]) {
        let start = text.count
        // Padding wherever nothing else is written.
        text.append(contentsOf: repeatElement(Self.pad, count: Self.encodedByteCount(bytes.count)))
        var output = text.mutableSpan
        Self.encode(bytes.span, to: &output, at: start)
    }

    package static func encode(_ bytes: [UInt8]) -> [UInt8] {
        var text: [UInt8] = []
        Self.append(bytes[...], to: &text)
        return text
    }

    /// Writes the text of `bytes`, but not its padding.
    private static func encode(_ bytes: Span<UInt8>, to text: inout MutableSpan<UInt8>, at start: Int) {
        let alphabet = Self.alphabet  // fetched once: a static table is looked up at each use
        var place = start
        var index = 0
        while bytes.count - index >= 3 {
            let group = UInt32(bytes[index]) << 16 | UInt32(bytes[index + 1]) << 8 | UInt32(bytes[index + 2])
            text[place] = alphabet[Int(group >> 18 & 63)]
            text[place + 1] = alphabet[Int(group >> 12 & 63)]
            text[place + 2] = alphabet[Int(group >> 6 & 63)]
            text[place + 3] = alphabet[Int(group & 63)]
            index += 3
            place += 4
        }
        guard index < bytes.count else { return }
        let isPair = bytes.count - index == 2
        let group = UInt32(bytes[index]) << 16 | (isPair ? UInt32(bytes[index + 1]) << 8 : 0)
        text[place] = alphabet[Int(group >> 18 & 63)]
        text[place + 1] = alphabet[Int(group >> 12 & 63)]
        if isPair { text[place + 2] = alphabet[Int(group >> 6 & 63)] }
    }

    /// - Returns: The bytes, or `nil` when `text` is not canonical base64. Empty text is no bytes.
    package static func decode(_ text: ArraySlice<UInt8>) -> [UInt8]? {
        guard text.count.isMultiple(of: 4) else { return nil }
        guard let last = text.last else { return [] }
        let padCount = last != pad ? 0 : text[text.endIndex - 2] != pad ? 1 : 2
        let characters = text.span
        let values = Self.values  // fetched once, as above
        var bytes = [UInt8](repeating: 0, count: text.count / 4 * 3)
        var output = bytes.mutableSpan
        let fullCount = padCount == 0 ? text.count : text.count - 4
        var (index, place) = (0, 0)
        while index < fullCount {
            let (a, b) = (values[Int(characters[index])], values[Int(characters[index + 1])])
            let (c, d) = (values[Int(characters[index + 2])], values[Int(characters[index + 3])])
            // The mark of a character outside the alphabet sets the high bit, which no value has.
            guard (a | b | c | d) < 64 else { return nil }
            output[place] = a << 2 | b >> 4
            output[place + 1] = b << 4 | c >> 2
            output[place + 2] = c << 6 | d
            index += 4
            place += 3
        }
        guard padCount > 0 else { return bytes }
        let (a, b) = (values[Int(characters[index])], values[Int(characters[index + 1])])
        let c = padCount == 1 ? values[Int(characters[index + 2])] : 0
        let unusedBits = padCount == 1 ? c & 3 : b & 15
        guard (a | b | c) < 64, unusedBits == 0 else { return nil }
        output[place] = a << 2 | b >> 4
        output[place + 1] = b << 4 | c >> 2
        bytes.removeLast(padCount)
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
