/// Hexadecimal digits as others may write them in a message header.
package enum HexDigits {
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
