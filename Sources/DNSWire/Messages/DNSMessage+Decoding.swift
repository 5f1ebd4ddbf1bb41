extension DNSMessage {
    /// Reads one message, all of it.
    ///
    /// Memory grows with the bytes that are there, never with the counts that the header announces.
    ///
    /// - Throws: ``DNSDecodeError``. ``DNSDecodeError/truncated(at:)`` stands for a message that ends before what it
    ///   announced, every other case for one that contradicts the format.
    public init(decoding bytes: ArraySlice<UInt8>) throws(DNSDecodeError) {
        guard bytes.count <= Self.maximumByteCount else { throw .messageTooLong }
        var reader = DNSReader(bytes)
        let header = try DNSHeader(from: &reader)
        self.init(header: header)
        for _ in 0..<header.counts.questions { self.questions.append(try DNSQuestion(from: &reader)) }
        self.answers = try Self.records(header.counts.answers, from: &reader)
        self.authorities = try Self.records(header.counts.authorities, from: &reader)
        for _ in 0..<header.counts.additionals { try self.readAdditional(from: &reader) }
        try reader.expectEnd()
    }

    /// 65,535, the most bytes of a message over any transport.
    public static let maximumByteCount = 65_535

    private init(header: DNSHeader) {
        self.id = header.id
        self.isResponse = header.isResponse
        self.opcode = header.opcode
        self.isAuthoritative = header.has(.authoritative)
        self.isTruncated = header.isTruncated
        self.isRecursionDesired = header.has(.recursionDesired)
        self.isRecursionAvailable = header.has(.recursionAvailable)
        self.isAuthenticData = header.has(.authenticData)
        self.isCheckingDisabled = header.has(.checkingDisabled)
        self.responseCode = header.responseCode
    }

    private static func records(
        _ count: UInt16,
        from reader: inout DNSReader
    ) throws(DNSDecodeError) -> [DNSRecord] {
        var records: [DNSRecord] = []
        for _ in 0..<count {
            let place = reader.offset
            let name = try reader.readName()
            let type = RRType(rawValue: try reader.readUInt16())
            guard type != .opt else { throw .misplacedOPT(at: place) }
            records.append(try DNSRecord(name: name, type: type, from: &reader))
        }
        return records
    }

    private mutating func readAdditional(from reader: inout DNSReader) throws(DNSDecodeError) {
        let place = reader.offset
        let name = try reader.readName()
        let type = RRType(rawValue: try reader.readUInt16())
        guard type == .opt else {
            self.additionals.append(try DNSRecord(name: name, type: type, from: &reader))
            return
        }
        guard name == .root else { throw .misplacedOPT(at: place) }
        guard self.edns == nil else { throw .repeatedOPT(at: place) }
        let payloadSize = try reader.readUInt16()
        let flags = try reader.readUInt32()
        let count = try reader.readUInt16()
        self.edns = try reader.within(Int(count)) { (reader) throws(DNSDecodeError) in
            try EDNS(udpPayloadSize: payloadSize, flags: flags, from: &reader)
        }
        self.responseCode = DNSResponseCode(lowBitsOf: UInt16(flags >> 24) << 4 | self.responseCode.rawValue)
    }
}

extension DNSRecord {
    /// Reads what follows the owner name and the type.
    fileprivate init(name: DNSName, type: RRType, from reader: inout DNSReader) throws(DNSDecodeError) {
        let recordClass = RRClass(rawValue: try reader.readUInt16())
        self.name = name
        self.recordClass = recordClass
        self.timeToLive = try reader.readUInt32()
        let count = try reader.readUInt16()
        self.data = try reader.within(Int(count)) { (reader) throws(DNSDecodeError) in
            try RecordData(type: type, recordClass: recordClass, from: &reader)
        }
    }
}
