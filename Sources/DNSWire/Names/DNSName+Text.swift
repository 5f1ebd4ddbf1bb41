extension DNSName: CustomStringConvertible {
    /// Reads a name such as `www.example.org`, always taken as complete; a final dot is allowed. `.` is the root.
    ///
    /// `\.` is a dot within a label, `\\` a backslash, `\DDD` the byte of that decimal value (RFC 1035, 5.1). Bytes
    /// outside 0x21...0x7E can only be written in that last form.
    ///
    /// - Throws: ``DNSNameError`` with the place in the UTF-8 text.
    public init(_ text: String) throws(DNSNameError) {
        if text == "." {
            self = .root
            return
        }
        let bytes = Array(text.utf8)  // many times faster to walk through than the text itself
        guard !bytes.isEmpty else { throw .emptyName }
        var builder = NameBuilder(capacity: bytes.count + 2)
        var rest = bytes[...]
        while let byte = rest.popFirst() {
            let place = rest.startIndex - 1
            switch byte {
            case UInt8(ascii: "."): try builder.endLabel(at: place)
            case UInt8(ascii: "\\"): try builder.append(Self.unescape(&rest, at: place), at: place)
            case 0x21...0x7e: try builder.append(byte, at: place)
            default: throw .unprintable(at: place)
            }
        }
        self = try builder.finish(at: bytes.count)
    }

    /// The name without a final dot, escaped as ``init(_:)`` reads it; `.` for the root.
    public var description: String {
        guard self != .root else { return "." }
        var text: [UInt8] = []
        text.reserveCapacity(self.wireForm.count)
        var start = 0
        while let end = self.labelEnd(from: start) {
            if start > 0 { text.append(UInt8(ascii: ".")) }
            for byte in self.wireForm[start + 1..<end] { Self.escape(byte, into: &text) }
            start = end
        }
        return String(decoding: text, as: UTF8.self)
    }

    private static func unescape(_ rest: inout ArraySlice<UInt8>, at place: Int) throws(DNSNameError) -> UInt8 {
        guard let first = rest.popFirst() else { throw .badEscape(at: place) }
        guard let hundreds = digit(first) else {
            guard (0x21...0x7e).contains(first) else { throw .badEscape(at: place) }
            return first
        }
        guard let second = rest.popFirst(), let tens = digit(second),
            let third = rest.popFirst(), let ones = digit(third),
            let byte = UInt8(exactly: hundreds * 100 + tens * 10 + ones)
        else { throw .badEscape(at: place) }
        return byte
    }

    private static func digit(_ byte: UInt8) -> Int? {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) ? Int(byte - UInt8(ascii: "0")) : nil
    }

    private static func escape(_ byte: UInt8, into text: inout [UInt8]) {
        switch byte {
        case UInt8(ascii: "."), UInt8(ascii: "\\"): text += [UInt8(ascii: "\\"), byte]
        case 0x21...0x7e: text.append(byte)
        default:
            text.append(UInt8(ascii: "\\"))
            text += [byte / 100, byte / 10 % 10, byte % 10].map { $0 + UInt8(ascii: "0") }
        }
    }
}

/// Collects labels byte by byte and keeps their bounds.
private struct NameBuilder {
    private var wireForm: [UInt8] = []
    private var labelStart = 0

    init(capacity: Int) {
        self.wireForm.reserveCapacity(min(capacity, DNSName.maximumByteCount))
        self.wireForm.append(0)
    }

    mutating func append(_ byte: UInt8, at place: Int) throws(DNSNameError) {
        guard self.wireForm.count - self.labelStart <= DNSName.maximumLabelByteCount else {
            throw .labelTooLong(at: place)
        }
        guard self.wireForm.count < DNSName.maximumByteCount - 1 else { throw .nameTooLong }
        self.wireForm.append(byte)
        self.wireForm[self.labelStart] += 1
    }

    mutating func endLabel(at place: Int) throws(DNSNameError) {
        guard self.wireForm[self.labelStart] > 0 else { throw .emptyLabel(at: place) }
        self.labelStart = self.wireForm.count
        self.wireForm.append(0)
    }

    /// Ends the name; a label that is still empty here stands after a final dot and becomes the root.
    mutating func finish(at place: Int) throws(DNSNameError) -> DNSName {
        if self.wireForm[self.labelStart] > 0 { try self.endLabel(at: place) }
        return DNSName(validated: self.wireForm)
    }
}
