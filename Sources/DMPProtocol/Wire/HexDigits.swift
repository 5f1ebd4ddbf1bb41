/// Hexadecimal digits as the protocol writes them (lower case) and reads them (either case).
package enum HexDigits {
    /// Appends two lower-case digits for each byte.
    package static func append(_ bytes: some Collection<UInt8>, to text: inout [UInt8]) {
        text.reserveCapacity(text.count + 2 * bytes.count)
        for byte in bytes {
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
    }

    package static func text(_ bytes: some Collection<UInt8>) -> String {
        var text: [UInt8] = []
        Self.append(bytes, to: &text)
        return String(decoding: text, as: UTF8.self)
    }

    /// Reads pairs of digits; ASCII white space may stand before, between and after the pairs.
    ///
    /// - Returns: The bytes, or `nil` at any other character or at a pair that is torn apart.
    package static func bytes(_ text: some Collection<UInt8>) -> [UInt8]? {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count / 2)
        var high: UInt8?
        for character in text {
            if let first = high {
                guard let low = Self.value(character) else { return nil }
                bytes.append(first << 4 | low)
                high = nil
            } else if let digit = Self.value(character) {
                high = digit
            } else if !Self.isWhiteSpace(character) {
                return nil
            }
        }
        return high == nil ? bytes : nil
    }

    private static let digits = Array("0123456789abcdef".utf8)

    private static func isWhiteSpace(_ character: UInt8) -> Bool {
        character == 0x20 || (0x09...0x0d).contains(character)
    }

    private static func value(_ digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
