/// JSON as the reference writes it: everything but ASCII escaped.
enum JSONText {
    static func quoted(_ text: String) -> String {
        var quoted = "\""
        for unit in text.utf16 {
            switch unit {
            case 0x22: quoted += #"\""#
            case 0x5c: quoted += #"\\"#
            case 0x08: quoted += #"\b"#
            case 0x09: quoted += #"\t"#
            case 0x0a: quoted += #"\n"#
            case 0x0c: quoted += #"\f"#
            case 0x0d: quoted += #"\r"#
            case 0x20..<0x80: quoted.unicodeScalars.append(Unicode.Scalar(UInt8(truncatingIfNeeded: unit)))
            default:
                let digits = String(unit, radix: 16)
                quoted += #"\u"# + String(repeating: "0", count: 4 - digits.count) + digits
            }
        }
        return quoted + "\""
    }

    static func list(_ texts: [String]) -> String {
        "[" + texts.map(self.quoted).joined(separator: ", ") + "]"
    }
}
