/// What an OPT record says (RFC 6891, 6.1). The upper bits of the response code stand in ``DNSMessage/responseCode``.
public struct EDNS: Hashable, Sendable {
    /// The EDNS version; only 0 is defined.
    public var version: UInt8
    /// The largest UDP payload that the sender can take, in bytes.
    public var udpPayloadSize: UInt16
    /// The DO bit: the sender wants DNSSEC records.
    public var dnssecOK: Bool
    /// The options in the order of the message.
    public var options: [Option]

    /// 1,232 bytes: what passes everywhere without fragments (DNS Flag Day 2020).
    public static let safePayloadSize: UInt16 = 1_232

    public init(
        version: UInt8 = 0,
        udpPayloadSize: UInt16 = EDNS.safePayloadSize,
        dnssecOK: Bool = false,
        options: [Option] = []
    ) {
        self.version = version
        self.udpPayloadSize = udpPayloadSize
        self.dnssecOK = dnssecOK
        self.options = options
    }

    /// An option, kept as it came: code and data (RFC 6891, 6.1.2). At most 65,535 bytes of data.
    public struct Option: Hashable, Sendable {
        /// The number of the option.
        public var code: UInt16
        /// What it says.
        public var data: [UInt8]

        public init(code: UInt16, data: [UInt8]) {
            self.code = code
            self.data = data
        }
    }
}

extension EDNS {
    private static let dnssecOKBit: UInt32 = 0x8000

    /// Reads the rest of an OPT record, whose class and TTL fields have a meaning of their own.
    init(udpPayloadSize: UInt16, flags: UInt32, from reader: inout DNSReader) throws(DNSDecodeError) {
        self.version = UInt8(truncatingIfNeeded: flags >> 16)
        self.udpPayloadSize = udpPayloadSize
        self.dnssecOK = flags & Self.dnssecOKBit != 0
        self.options = []
        while reader.remaining > 0 {
            let code = try reader.readUInt16()
            let count = try reader.readUInt16()
            self.options.append(Option(code: code, data: Array(try reader.readBytes(Int(count)))))
        }
    }

    func encode(extendedCode: UInt8, into writer: inout DNSWriter) {
        writer.write(DNSName.root)
        writer.write(RRType.opt.rawValue)
        writer.write(self.udpPayloadSize)
        writer.write(
            UInt32(extendedCode) << 24 | UInt32(self.version) << 16 | (self.dnssecOK ? Self.dnssecOKBit : 0)
        )
        writer.writeCounted { writer in
            for option in self.options {
                writer.write(option.code)
                writer.writeCounted { $0.write(option.data) }
            }
        }
    }
}
