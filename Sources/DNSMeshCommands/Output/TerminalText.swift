/// Text of others, made harmless for a terminal: what could move the cursor, colour, hide or reorder is shown as an escape.
enum TerminalText {
    /// One line: line ends are shown too.
    static func line(_ text: String) -> String {
        self.visible(text, lineEnds: true)
    }

    /// The lines of a text, each with the same indent, so that no line can pass for one of ours.
    static func block(_ text: String, indent: String) -> String {
        text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false)
            .map { indent + self.visible(String($0), lineEnds: true) }
            .joined(separator: "\n")
    }

    /// Our own messages may hold line ends; all else in them may come from others.
    static func message(_ text: String) -> String {
        self.visible(text, lineEnds: false)
    }

    private static func visible(_ text: String, lineEnds: Bool) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\n" where !lineEnds, "\t": result.unicodeScalars.append(scalar)
            case _ where Self.isHarmless(scalar): result.unicodeScalars.append(scalar)
            default: result += Self.escape(scalar)
            }
        }
        return result
    }

    private static func isHarmless(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .lineSeparator, .paragraphSeparator, .surrogate: false
        // Joiners and tags build emoji; other format characters reorder or hide text.
        case .format: scalar == "\u{200c}" || scalar == "\u{200d}" || ("\u{e0020}"..."\u{e007f}").contains(scalar)
        default: true
        }
    }

    private static func escape(_ scalar: Unicode.Scalar) -> String {
        switch scalar {
        case "\n": return "\\n"
        case "\r": return "\\r"
        default:
            let digits = String(scalar.value, radix: 16)
            return scalar.value < 0x100
                ? "\\x" + String(repeating: "0", count: max(0, 2 - digits.count)) + digits
                : "\\u{\(digits)}"
        }
    }
}
