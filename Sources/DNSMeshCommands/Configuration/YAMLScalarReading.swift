import Yams

/// How a scalar of `config.yaml` is read: by its raw text, with the types of YAML 1.1, which the reference's loader uses.
///
/// Texts are never typed implicitly: the reference leaves `1e5`, `08` and hexadecimal digits with an `e` unquoted.
extension Node.Scalar {
    /// Whether the scalar is `null`: plain, and empty or one of the four words.
    var isNull: Bool {
        self.style == .plain && ["", "~", "null", "Null", "NULL"].contains(self.string)
    }

    /// The value of a YAML 1.1 boolean word, or `nil` for anything else; a quoted `'false'` is no boolean.
    var flag: Bool? {
        guard self.style == .plain else { return nil }
        return switch self.string {
        case "yes", "Yes", "YES", "on", "On", "ON", "true", "True", "TRUE": true
        case "no", "No", "NO", "off", "Off", "OFF", "false", "False", "FALSE": false
        default: nil
        }
    }

    /// A whole number: a YAML 1.1 integer if plain, else decimal digits with an optional sign.
    var wholeNumber: Int? {
        if self.style == .plain, let number = YAMLInteger.parse(self.string) { return number }
        let digits = self.string.drop { $0 == " " }
        return digits.utf8.allSatisfy { $0 < 0x80 } ? Int(digits) : nil
    }

    /// Whether the plain text is read as the same text by every YAML version: it starts with a letter and is no word
    /// that one of them takes for a boolean or for `null`. Quoted text always is.
    var isPlainlyText: Bool {
        guard self.style == .plain else { return self.style == .singleQuoted || self.style == .doubleQuoted }
        guard let first = self.string.utf8.first, self.string.utf8.allSatisfy({ (0x20...0x7e).contains($0) }) else {
            return false
        }
        let isLetter = (0x41...0x5a).contains(first) || (0x61...0x7a).contains(first)
        return isLetter && self.flag == nil && !self.isNull && !["y", "Y", "n", "N"].contains(self.string)
    }
}

/// Integers in the forms of YAML 1.1: decimal, `0b` binary, leading-zero octal, `0x` hexadecimal, and base 60 (`1:30`).
enum YAMLInteger {
    /// - Returns: `nil` if the text is none of the forms, or doesn't fit.
    static func parse(_ text: String) -> Int? {
        let isNegative = text.hasPrefix("-")
        let digits = (isNegative || text.hasPrefix("+") ? String(text.dropFirst()) : text).filter { $0 != "_" }
        guard let first = digits.utf8.first, (0x30...0x39).contains(first), !text.hasPrefix("_") else { return nil }
        return magnitude(digits).map { isNegative ? -$0 : $0 }
    }

    private static func magnitude(_ digits: String) -> Int? {
        if digits.contains(":") { return sexagesimal(digits) }
        if digits == "0" { return 0 }
        if digits.hasPrefix("0b") { return unsigned(digits.dropFirst(2), radix: 2) }
        if digits.hasPrefix("0x") { return unsigned(digits.dropFirst(2), radix: 16) }
        if digits.hasPrefix("0") { return unsigned(digits.dropFirst(), radix: 8) }
        return unsigned(digits[...], radix: 10)
    }

    private static func sexagesimal(_ digits: String) -> Int? {
        var total = 0
        for part in digits.split(separator: ":", omittingEmptySubsequences: false) {
            guard let value = unsigned(part, radix: 10) else { return nil }
            let (scaled, overflow) = total.multipliedReportingOverflow(by: 60)
            let (sum, carry) = scaled.addingReportingOverflow(value)
            guard !overflow, !carry else { return nil }
            total = sum
        }
        return total
    }

    private static func unsigned(_ digits: Substring, radix: Int) -> Int? {
        guard let first = digits.first, first != "-", first != "+" else { return nil }
        return Int(digits, radix: radix)
    }
}
