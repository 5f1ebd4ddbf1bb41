extension DNSMessage {
    /// The message in wire form, names compressed.
    ///
    /// A message that has more bytes than `limit` is replaced by its header with TC set, its questions and its OPT
    /// record; if even these don't fit, by its header with TC set. The OPT record comes before the other additional
    /// records, as a signature must be last.
    ///
    /// - Parameter limit: The most bytes that the transport takes, ``maximumByteCount`` by default and at most.
    /// - Returns: At most `limit` bytes, but never less than the 12 of a header.
    public func encode(limit: Int? = nil) -> [UInt8] {
        let limit = min(limit ?? Self.maximumByteCount, Self.maximumByteCount)
        if let bytes = self.encodeWhole(limit: limit) { return bytes }
        var short = self
        short.isTruncated = true
        (short.answers, short.authorities, short.additionals) = ([], [], [])
        if let bytes = short.encodeWhole(limit: limit) { return bytes }
        (short.questions, short.edns) = ([], nil)
        return short.encodeWhole(limit: Self.maximumByteCount) ?? []
    }

    private func encodeWhole(limit: Int) -> [UInt8]? {
        guard let counts = self.counts else { return nil }
        var writer = DNSWriter()
        writer.write(self.id)
        writer.write(self.flags)
        for count in counts { writer.write(count) }
        for question in self.questions {
            question.encode(into: &writer)
            guard writer.bytes.count <= limit else { return nil }
        }
        for record in self.answers where !record.encode(into: &writer, limit: limit) { return nil }
        for record in self.authorities where !record.encode(into: &writer, limit: limit) { return nil }
        self.edns?.encode(extendedCode: UInt8(truncatingIfNeeded: self.responseCode.rawValue >> 4), into: &writer)
        for record in self.additionals where !record.encode(into: &writer, limit: limit) { return nil }
        return writer.bytes.count <= limit ? writer.bytes : nil
    }

    /// The four counts of the header, or `nil` if a section has more records than can be counted.
    private var counts: [UInt16]? {
        let additionals = self.additionals.count + (self.edns == nil ? 0 : 1)
        let counts = [self.questions.count, self.answers.count, self.authorities.count, additionals]
            .compactMap(UInt16.init(exactly:))
        return counts.count == 4 ? counts : nil
    }

    private var flags: UInt16 {
        var flags = UInt16(self.opcode.rawValue) << 11 | self.responseCode.rawValue & 0xf
        func set(_ flag: DNSHeader.Flag, if condition: Bool) {
            if condition { flags |= flag.rawValue }
        }
        set(.response, if: self.isResponse)
        set(.authoritative, if: self.isAuthoritative)
        set(.truncated, if: self.isTruncated)
        set(.recursionDesired, if: self.isRecursionDesired)
        set(.recursionAvailable, if: self.isRecursionAvailable)
        set(.authenticData, if: self.isAuthenticData)
        set(.checkingDisabled, if: self.isCheckingDisabled)
        return flags
    }
}

extension DNSRecord {
    /// - Returns: Whether the message still fits. An RDATA above 65,535 bytes makes it too long for any limit.
    fileprivate func encode(into writer: inout DNSWriter, limit: Int) -> Bool {
        writer.write(self.name)
        writer.write(self.type.rawValue)
        writer.write(self.recordClass.rawValue)
        writer.write(self.timeToLive)
        writer.writeCounted { self.data.encode(into: &$0) }
        return writer.bytes.count <= limit
    }
}
