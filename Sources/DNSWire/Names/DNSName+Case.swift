extension DNSName {
    /// The name with the letters A to Z turned into a to z.
    public func lowercased() -> DNSName {
        DNSName(validated: self.wireForm.map(\.foldedASCII))
    }

    /// The name with each letter in upper or lower case at random.
    ///
    /// A server that echoes the spelling of a question proves that it saw that question: one more bit per letter for a
    /// forger to guess (draft-vixie-dnsext-dns0x20).
    public func randomizingCase(using random: inout some RandomNumberGenerator) -> DNSName {
        var wireForm = self.wireForm
        var coins: UInt64 = 0
        var left = 0
        for index in wireForm.indices where wireForm[index].isASCIILetter {
            if left == 0 {
                coins = random.next()
                left = UInt64.bitWidth
            }
            wireForm[index] = wireForm[index] & ~0x20 | UInt8(truncatingIfNeeded: coins & 1) << 5
            coins >>= 1
            left -= 1
        }
        return DNSName(validated: wireForm)
    }
}
