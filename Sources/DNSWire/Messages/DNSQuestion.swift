/// What is asked (RFC 1035, 4.1.2), and the zone of an update (RFC 2136, 2.3).
public struct DNSQuestion: Hashable, Sendable {
    /// The owner of the records asked for.
    public var name: DNSName
    /// Their type.
    public var type: RRType
    /// Their class.
    public var questionClass: RRClass

    public init(name: DNSName, type: RRType, questionClass: RRClass = .in) {
        self.name = name
        self.type = type
        self.questionClass = questionClass
    }

    /// Reads a question as it stands in a message.
    public init(from reader: inout DNSReader) throws(DNSDecodeError) {
        self.name = try reader.readName()
        self.type = RRType(rawValue: try reader.readUInt16())
        self.questionClass = RRClass(rawValue: try reader.readUInt16())
    }

    func encode(into writer: inout DNSWriter) {
        writer.write(self.name)
        writer.write(self.type.rawValue)
        writer.write(self.questionClass.rawValue)
    }
}
