extension StringProtocol {
    /// Without the ASCII white space around it.
    func trimmingASCIIWhitespace() -> SubSequence {
        func isSpace(_ character: Character) -> Bool { character.isASCII && character.isWhitespace }
        guard let first = self.firstIndex(where: { !isSpace($0) }), let last = self.lastIndex(where: { !isSpace($0) })
        else { return self[self.endIndex...] }
        return self[first...last]
    }
}
