extension StringProtocol {
    /// The text without white space around it.
    package func trimmingWhitespace() -> Substring {
        var text = Substring(self)
        while text.first?.isWhitespace == true { text.removeFirst() }
        while text.last?.isWhitespace == true { text.removeLast() }
        return text
    }

    /// At most `limit` characters of the text on one line, with every scalar that could steer a terminal or turn the
    /// direction of writing shown as U+FFFD.
    package func displayable(limit: Int) -> String {
        var shown = ""
        for character in self.prefix(Swift.max(0, limit)) {
            for scalar in character.unicodeScalars.prefix(8) {
                switch scalar.properties.generalCategory {
                case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .surrogate, .unassigned:
                    shown.unicodeScalars.append("\u{FFFD}")
                default:
                    shown.unicodeScalars.append(scalar)
                }
            }
        }
        return shown
    }
}
