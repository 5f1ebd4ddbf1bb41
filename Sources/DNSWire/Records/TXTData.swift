/// The data of a TXT record: character-strings of 0...255 bytes (RFC 1035, 3.3.14).
///
/// Where a value was split carries no meaning to most users of TXT: they read ``joined``.
public struct TXTData: Hashable, Sendable {
    /// The RDATA: each string after its length byte.
    let wireForm: [UInt8]

    /// Cuts a value of any length into strings of 255 bytes, the last one shorter. An empty value is one empty string.
    ///
    /// A value of more than 65,279 bytes makes a record that fits into no message.
    public init(_ value: some Collection<UInt8>) {
        var wireForm: [UInt8] = []
        wireForm.reserveCapacity(value.count + value.count / 255 + 1)
        var rest = value[...]
        repeat {
            let string = rest.prefix(255)
            wireForm.append(UInt8(truncatingIfNeeded: string.count))
            wireForm.append(contentsOf: string)
            rest = rest[string.endIndex...]
        } while !rest.isEmpty
        self.wireForm = wireForm
    }

    /// Keeps strings as they are cut, or returns `nil` if one has more than 255 bytes.
    public init?(strings: [[UInt8]]) {
        var wireForm: [UInt8] = []
        for string in strings {
            guard let length = UInt8(exactly: string.count) else { return nil }
            wireForm.append(length)
            wireForm += string
        }
        self.wireForm = wireForm
    }

    /// A record without data, as updates have it.
    static let none = TXTData(wireForm: [])

    private init(wireForm: [UInt8]) {
        self.wireForm = wireForm
    }

    /// The strings, each at most 255 bytes. None only for a record without data, as updates have it.
    public var strings: [ArraySlice<UInt8>] {
        var strings: [ArraySlice<UInt8>] = []
        var start = 0
        while start < self.wireForm.count {
            let end = start + 1 + Int(self.wireForm[start])
            strings.append(self.wireForm[start + 1..<end])
            start = end
        }
        return strings
    }

    /// The strings one after the other, without their lengths.
    public var joined: [UInt8] {
        var joined: [UInt8] = []
        joined.reserveCapacity(self.wireForm.count)
        var start = 0
        while start < self.wireForm.count {
            let end = start + 1 + Int(self.wireForm[start])
            joined.append(contentsOf: self.wireForm[start + 1..<end])
            start = end
        }
        return joined
    }

    init(from reader: inout DNSReader) throws(DNSDecodeError) {
        var walker = reader
        while walker.remaining > 0 {
            let length = try walker.readUInt8()
            _ = try walker.readBytes(Int(length))
        }
        self.wireForm = Array(try reader.readBytes(reader.remaining))
    }
}
