/// Reads a DNS message from the front. Integers are big-endian; offsets count from the start of the message.
public struct DNSReader: Sendable {
    private let message: ArraySlice<UInt8>
    /// Where the next read begins.
    public private(set) var offset = 0
    /// Where reading must stop: the end of the message, or of the RDATA being read.
    public private(set) var limit: Int
    private var isInRDATA = false
    /// The first name read: most owners in an answer are pointers to it.
    private var firstName: (offset: Int, name: DNSName)?

    /// Begins at the front of `message`, which pointers refer to.
    public init(_ message: ArraySlice<UInt8>) {
        self.message = message
        self.limit = message.count
    }

    /// How many bytes are left before ``limit``.
    public var remaining: Int { self.limit - self.offset }

    /// - Throws: ``DNSDecodeError/truncated(at:)``, or ``DNSDecodeError/rdataTooShort(at:)`` within RDATA.
    public mutating func readUInt8() throws(DNSDecodeError) -> UInt8 {
        try self.require(1)
        defer { self.offset += 1 }
        return self.message[self.message.startIndex + self.offset]
    }

    /// - Throws: As ``readUInt8()``.
    public mutating func readUInt16() throws(DNSDecodeError) -> UInt16 {
        try self.require(2)
        let index = self.message.startIndex + self.offset
        self.offset += 2
        return UInt16(self.message[index]) << 8 | UInt16(self.message[index + 1])
    }

    /// - Throws: As ``readUInt8()``.
    public mutating func readUInt32() throws(DNSDecodeError) -> UInt32 {
        let high = try self.readUInt16()
        return UInt32(high) << 16 | UInt32(try self.readUInt16())
    }

    /// Reads `count` bytes without copying them.
    ///
    /// - Throws: As ``readUInt8()``.
    public mutating func readBytes(_ count: Int) throws(DNSDecodeError) -> ArraySlice<UInt8> {
        try self.require(count)
        let start = self.message.startIndex + self.offset
        self.offset += count
        return self.message[start..<start + count]
    }

    /// Reads with `body` what the next `count` bytes hold, all of them. Not to be nested.
    ///
    /// - Throws: ``DNSDecodeError/truncated(at:)`` if the message has fewer bytes, what `body` throws, and
    ///   ``DNSDecodeError/rdataTooLong(at:)`` if it left some.
    mutating func within<Value>(
        _ count: Int,
        _ body: (inout DNSReader) throws(DNSDecodeError) -> Value
    ) throws(DNSDecodeError) -> Value {
        try self.require(count)
        let outer = self.limit
        self.limit = self.offset + count
        self.isInRDATA = true
        let value = try body(&self)
        guard self.remaining == 0 else { throw .rdataTooLong(at: self.offset) }
        self.limit = outer
        self.isInRDATA = false
        return value
    }

    /// - Throws: ``DNSDecodeError/trailingBytes(at:)`` unless everything was read.
    public func expectEnd() throws(DNSDecodeError) {
        guard self.remaining == 0 else { throw .trailingBytes(at: self.offset) }
    }

    /// Refuses to read `count` bytes if the message or the RDATA has fewer.
    private func require(_ count: Int) throws(DNSDecodeError) {
        guard count >= 0, count <= self.remaining else { throw self.endsEarly(at: self.offset) }
    }

    private func endsEarly(at place: Int) -> DNSDecodeError {
        self.isInRDATA ? .rdataTooShort(at: place) : .truncated(at: place)
    }
}

extension DNSReader {
    /// Reads a name and follows its compression pointers (RFC 1035, 4.1.4).
    ///
    /// Ends on every input: each pointer must aim below the one before it and below the name itself, and a name has at
    /// most 255 bytes (2.3.4).
    public mutating func readName() throws(DNSDecodeError) -> DNSName {
        let start = self.offset
        if let known = try self.readPointerToFirstName() { return known }
        var wireForm: [UInt8] = []
        wireForm.reserveCapacity(64)
        var position = start
        var ceiling = start  // the next pointer must aim below this
        var resume: Int?  // where reading goes on after the first pointer
        while true {
            let length = try self.byte(at: position)
            switch length >> 6 {
            case 0b00 where length == 0:
                wireForm.append(0)
                self.offset = resume ?? position + 1
                let name = DNSName(validated: wireForm)
                if self.firstName == nil { self.firstName = (start, name) }
                return name
            case 0b00:
                let end = position + 1 + Int(length)
                guard wireForm.count + 1 + Int(length) < DNSName.maximumByteCount else {
                    throw .nameTooLong(at: position)
                }
                guard end <= self.limit else { throw self.endsEarly(at: position + 1) }
                let base = self.message.startIndex
                wireForm.append(contentsOf: self.message[base + position..<base + end])
                position = end
            case 0b11:
                let target = Int(length & 0x3f) << 8 | Int(try self.byte(at: position + 1))
                guard target < ceiling else { throw .pointerNotBackward(at: position) }
                resume = resume ?? position + 2
                (position, ceiling) = (target, target)
            default:
                throw .reservedLabel(at: position)
            }
        }
    }

    /// Takes the shortcut for a name that is nothing but a pointer to the first name of the message.
    private mutating func readPointerToFirstName() throws(DNSDecodeError) -> DNSName? {
        guard let first = self.firstName, self.remaining >= 2 else { return nil }
        let index = self.message.startIndex + self.offset
        let pointer = Int(self.message[index]) << 8 | Int(self.message[index + 1])
        guard pointer == 0xc000 | first.offset else { return nil }
        self.offset += 2
        return first.name
    }

    private func byte(at position: Int) throws(DNSDecodeError) -> UInt8 {
        guard position < self.limit else { throw self.endsEarly(at: position) }
        return self.message[self.message.startIndex + position]
    }
}
