/// The data of a record, by its type.
public enum RecordData: Hashable, Sendable {
    case a(IPv4Address)
    case aaaa(IPv6Address)
    case ns(DNSName)
    case cname(DNSName)
    case soa(SOAData)
    case txt(TXTData)
    /// A type without a case of its own, or no data at all (class NONE and ANY in updates): the bytes as they came.
    case unknown(RRType, [UInt8])

    /// The type that goes with the data.
    public var type: RRType {
        switch self {
        case .a: .a
        case .aaaa: .aaaa
        case .ns: .ns
        case .cname: .cname
        case .soa: .soa
        case .txt: .txt
        case .unknown(let type, _): type
        }
    }
}

extension RecordData {
    /// Reads data that fills what is left before the reader's limit.
    init(type: RRType, recordClass: RRClass, from reader: inout DNSReader) throws(DNSDecodeError) {
        let isDeletion = recordClass == .any || recordClass == .none
        if reader.remaining == 0, isDeletion, type != .txt {
            self = .unknown(type, [])
            return
        }
        switch type {
        case .a: self = .a(IPv4Address(rawValue: try reader.readUInt32()))
        case .aaaa: self = .aaaa(try IPv6Address(from: &reader))
        case .ns: self = .ns(try reader.readName())
        case .cname: self = .cname(try reader.readName())
        case .soa: self = .soa(try SOAData(from: &reader))
        case .txt: self = .txt(try TXTData(from: &reader))
        default: self = .unknown(type, Array(try reader.readBytes(reader.remaining)))
        }
    }

    func encode(into writer: inout DNSWriter) {
        switch self {
        case .a(let address): writer.write(address.rawValue)
        case .aaaa(let address): writer.write(address.bytes)
        case .ns(let name), .cname(let name): writer.write(name)
        case .soa(let data): data.encode(into: &writer)
        case .txt(let data): writer.write(data.wireForm)
        case .unknown(_, let bytes): writer.write(bytes)
        }
    }
}
