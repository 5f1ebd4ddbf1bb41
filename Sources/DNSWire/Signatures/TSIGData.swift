/// The data of a TSIG record (RFC 8945, section 4.2).
///
/// | Bytes    | Field                                          |
/// |----------|------------------------------------------------|
/// | 1...255  | name of the algorithm, not compressed          |
/// | 6        | Unix seconds of signing                        |
/// | 2        | seconds that the clocks may differ             |
/// | 2 + code | length of the code, code                       |
/// | 2        | id of the message when it was signed           |
/// | 2        | error                                          |
/// | 2 + data | length of the other data, other data           |
public struct TSIGData: Hashable, Sendable {
    public var algorithm: DNSName
    /// Unix seconds, below 2⁴⁸; higher bits are not encoded.
    public var timeSigned: UInt64
    /// How many seconds the clock of the receiver may differ.
    public var fudge: UInt16
    /// The code over the message; empty in an answer that can't be signed.
    public var code: [UInt8]
    /// The id that the message had when it was signed.
    public var originalID: UInt16
    public var error: TSIGError
    /// The time of the server with ``TSIGError/badTime``, else empty.
    public var otherData: [UInt8]

    /// 300 s, what RFC 8945 recommends (section 10).
    public static let usualFudge: UInt16 = 300

    public init(
        algorithm: DNSName,
        timeSigned: UInt64,
        fudge: UInt16 = TSIGData.usualFudge,
        code: [UInt8] = [],
        originalID: UInt16,
        error: TSIGError = .none,
        otherData: [UInt8] = []
    ) {
        self.algorithm = algorithm
        self.timeSigned = timeSigned
        self.fudge = fudge
        self.code = code
        self.originalID = originalID
        self.error = error
        self.otherData = otherData
    }

    /// Reads the data of a record, all of it.
    ///
    /// - Throws: ``DNSDecodeError`` with places that count from the start of the data.
    public init(decoding bytes: ArraySlice<UInt8>) throws(DNSDecodeError) {
        var reader = DNSReader(bytes)
        self.algorithm = try reader.readName()
        self.timeSigned = UInt64(try reader.readUInt16()) << 32
        self.timeSigned |= UInt64(try reader.readUInt32())
        self.fudge = try reader.readUInt16()
        self.code = Array(try reader.readBytes(Int(try reader.readUInt16())))
        self.originalID = try reader.readUInt16()
        self.error = TSIGError(rawValue: try reader.readUInt16())
        self.otherData = Array(try reader.readBytes(Int(try reader.readUInt16())))
        try reader.expectEnd()
    }

    /// The data as it stands in a record.
    public func encode() -> [UInt8] {
        var writer = DNSWriter(capacity: 64 + self.code.count)
        writer.write(self.algorithm.wireForm)
        writer.write(self.times)
        writer.writeCounted { $0.write(self.code) }
        writer.write(self.originalID)
        writer.write(self.error.rawValue)
        writer.writeCounted { $0.write(self.otherData) }
        return writer.bytes
    }

    /// Time and fudge.
    var times: [UInt8] {
        var writer = DNSWriter(capacity: 8)
        writer.write(UInt16(truncatingIfNeeded: self.timeSigned >> 32))
        writer.write(UInt32(truncatingIfNeeded: self.timeSigned))
        writer.write(self.fudge)
        return writer.bytes
    }

    /// The time of the server, where it refused for the time.
    public var serverTime: UInt64? {
        guard self.error == .badTime, self.otherData.count == 6 else { return nil }
        return self.otherData.reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// What ``serverTime`` is read from.
    public static func otherData(serverTime: UInt64) -> [UInt8] {
        stride(from: 40, through: 0, by: -8).map { UInt8(truncatingIfNeeded: serverTime >> UInt64($0)) }
    }
}

/// What a server found wrong with a signature (RFC 8945, section 3; numbers from IANA).
public struct TSIGError: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    public let rawValue: UInt16

    public init(rawValue: UInt16) {
        self.rawValue = rawValue
    }

    /// Nothing.
    public static let none = TSIGError(rawValue: 0)
    /// BADSIG: the code is not that of the message under this key.
    public static let badSignature = TSIGError(rawValue: 16)
    /// BADKEY: the server doesn't know the key, or not with this algorithm.
    public static let badKey = TSIGError(rawValue: 17)
    /// BADTIME: the clocks differ by more than the fudge.
    public static let badTime = TSIGError(rawValue: 18)
    /// BADTRUNC: the code is shorter than the server takes.
    public static let badTruncation = TSIGError(rawValue: 22)

    /// The mnemonic, or the number.
    public var description: String {
        switch self {
        case .none: "NOERROR"
        case .badSignature: "BADSIG"
        case .badKey: "BADKEY"
        case .badTime: "BADTIME"
        case .badTruncation: "BADTRUNC"
        default: "TSIG error \(self.rawValue)"
        }
    }
}
