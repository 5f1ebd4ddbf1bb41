/// Bytes as hexadecimal digits, two for each byte. Not for secrets: its tables are read at secret-dependent places.
package enum Hexadecimal {
    /// Lower-case digits.
    package static func encode(_ bytes: [UInt8]) -> String { self.encode(bytes.span) }

    /// Lower-case digits.
    package static func encode(_ bytes: ArraySlice<UInt8>) -> String { self.encode(bytes.span) }

    private static func encode(_ bytes: Span<UInt8>) -> String {
        var digits: [UInt8] = []
        digits.reserveCapacity(2 * bytes.count)
        for index in bytes.indices {
            digits.append(Self.digit(bytes[index] >> 4))
            digits.append(Self.digit(bytes[index] & 15))
        }
        return String(decoding: digits, as: UTF8.self)
    }

    /// Digits of either case and nothing else: no white space, prefix or odd count.
    ///
    /// - Returns: `nil` for any other text.
    package static func decode(_ text: String) -> [UInt8]? {
        let digits = Array(text.utf8)
        guard digits.count.isMultiple(of: 2) else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(digits.count / 2)
        for index in stride(from: 0, to: digits.count, by: 2) {
            guard let high = Self.value(digits[index]), let low = Self.value(digits[index + 1]) else { return nil }
            bytes.append(high << 4 | low)
        }
        return bytes
    }

    private static func digit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
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
