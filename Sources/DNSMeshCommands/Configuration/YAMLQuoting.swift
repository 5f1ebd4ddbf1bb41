/// Text as YAML that every loader reads as this very text: always quoted, always ASCII, never folded.
enum YAMLQuoting {
    /// Single quotes, or double quotes with escapes where a control or non-ASCII character is inside.
    static func quoted(_ text: String) -> String {
        guard text.unicodeScalars.allSatisfy({ (0x20...0x7e).contains($0.value) }) else { return self.escaped(text) }
        return "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''") + "'"
    }

    private static func escaped(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\": result += "\\" + String(scalar)
            case "\n": result += "\\n"
            case "\t": result += "\\t"
            case " "..."~": result.unicodeScalars.append(scalar)
            default: result += self.escape(scalar.value)
            }
        }
        return result + "\""
    }

    private static func escape(_ value: UInt32) -> String {
        let digits = String(value, radix: 16, uppercase: true)
        let (mark, width) =
            switch value {
            case ...0xff: ("\\x", 2)
            case ...0xffff: ("\\u", 4)
            default: ("\\U", 8)
            }
        return mark + String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}
