extension QRCode {
    /// The light margin that readers need.
    private static let margin = 4

    /// The code as text: two rows of modules to a line. Light modules are drawn, as most terminals are dark.
    var blocks: String {
        let range = -Self.margin..<(Self.size + Self.margin)
        return stride(from: range.lowerBound, to: range.upperBound, by: 2).map { row in
            String(
                range.map { column in
                    let upper = self.isDark(row: row, column: column)
                    let lower = row + 1 < range.upperBound && self.isDark(row: row + 1, column: column)
                    return Self.block(upperIsDark: upper, lowerIsDark: lower)
                }
            )
        }.joined(separator: "\n")
    }

    private static func block(upperIsDark: Bool, lowerIsDark: Bool) -> Character {
        switch (upperIsDark, lowerIsDark) {
        case (false, false): "█"
        case (false, true): "▀"
        case (true, false): "▄"
        case (true, true): " "
        }
    }
}
