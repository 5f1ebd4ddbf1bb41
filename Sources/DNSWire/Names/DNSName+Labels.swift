extension DNSName {
    /// The labels without their length bytes, the one next to the root last. Empty for the root.
    public var labels: [ArraySlice<UInt8>] {
        var labels: [ArraySlice<UInt8>] = []
        var start = 0
        while let next = self.labelEnd(from: start) {
            labels.append(self.wireForm[start + 1..<next])
            start = next
        }
        return labels
    }

    /// How many labels there are; 0 for the root.
    public var labelCount: Int {
        var count = 0
        var start = 0
        while let next = self.labelEnd(from: start) {
            count += 1
            start = next
        }
        return count
    }

    /// The name without its first label, or `nil` for the root.
    public var parent: DNSName? {
        guard let next = self.labelEnd(from: 0) else { return nil }
        return DNSName(validated: Array(self.wireForm[next...]))
    }

    /// Whether this name is `ancestor` or lies below it, letter case aside.
    public func isSubdomain(of ancestor: DNSName) -> Bool {
        let surplus = self.wireForm.count - ancestor.wireForm.count
        guard surplus >= 0 else { return false }
        var start = 0
        while start < surplus {
            guard let next = self.labelEnd(from: start) else { return false }
            start = next
        }
        guard start == surplus else { return false }
        for index in ancestor.wireForm.indices {
            guard self.wireForm[surplus + index].foldedASCII == ancestor.wireForm[index].foldedASCII else {
                return false
            }
        }
        return true
    }

    /// This name below another label.
    ///
    /// - Throws: ``DNSNameError`` if the label is empty or has more than 63 bytes, or the name would pass 255 bytes.
    public func prepending(_ label: some Collection<UInt8>) throws(DNSNameError) -> DNSName {
        guard let length = UInt8(exactly: label.count), length <= Self.maximumLabelByteCount else {
            throw .labelTooLong(at: 0)
        }
        guard length > 0 else { throw .emptyLabel(at: 0) }
        guard self.wireForm.count + 1 + Int(length) <= Self.maximumByteCount else { throw .nameTooLong }
        return DNSName(validated: [length] + label + self.wireForm)
    }

    /// Where the label that starts at `start` ends, or `nil` for the closing zero.
    @inline(__always)
    func labelEnd(from start: Int) -> Int? {
        let length = Int(self.wireForm[start])
        return length == 0 ? nil : start + 1 + length
    }
}
