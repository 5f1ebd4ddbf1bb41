/// A signed message, taken apart: what was signed, and the signature.
public struct TSIGMessage: Hashable, Sendable {
    /// The message as it was before it was signed; its id is the one that came.
    public let content: [UInt8]
    /// The owner of the TSIG record.
    public let keyName: DNSName
    public let data: TSIGData

    /// Takes a message apart.
    ///
    /// - Returns: `nil` for a message without TSIG.
    /// - Throws: ``DNSDecodeError``, also for a TSIG record anywhere but at the end, and for a second one.
    public init?(_ message: ArraySlice<UInt8>) throws(DNSDecodeError) {
        var reader = DNSReader(message)
        let header = try DNSHeader(from: &reader)
        for _ in 0..<header.counts.questions { _ = try DNSQuestion(from: &reader) }
        let others = Int(header.counts.answers) + Int(header.counts.authorities)
        let last = others + Int(header.counts.additionals) - 1
        for index in 0...max(0, last) where last >= 0 {
            let place = reader.offset
            let record = try RawRecord(from: &reader)
            guard record.type == .tsig else { continue }
            guard index == last, index >= others, record.recordClass == .any, record.timeToLive == 0 else {
                throw .misplacedTSIG(at: place)
            }
            try reader.expectEnd()
            self.keyName = record.name
            self.data = try TSIGData(decoding: record.data)
            self.content = Self.content(message.prefix(place), additionals: header.counts.additionals - 1)
            return
        }
        try reader.expectEnd()
        return nil
    }

    private static func content(_ message: ArraySlice<UInt8>, additionals: UInt16) -> [UInt8] {
        var content = Array(message)
        content[10] = UInt8(truncatingIfNeeded: additionals >> 8)
        content[11] = UInt8(truncatingIfNeeded: additionals)
        return content
    }

    /// The message as it came.
    public func encode() -> [UInt8] {
        self.data.appended(to: self.content, keyName: self.keyName) ?? self.content
    }
}

/// A record whose data isn't looked into.
private struct RawRecord {
    let name: DNSName
    let type: RRType
    let recordClass: RRClass
    let timeToLive: UInt32
    let data: ArraySlice<UInt8>

    init(from reader: inout DNSReader) throws(DNSDecodeError) {
        self.name = try reader.readName()
        self.type = RRType(rawValue: try reader.readUInt16())
        self.recordClass = RRClass(rawValue: try reader.readUInt16())
        self.timeToLive = try reader.readUInt32()
        self.data = try reader.readBytes(Int(try reader.readUInt16()))
    }
}
