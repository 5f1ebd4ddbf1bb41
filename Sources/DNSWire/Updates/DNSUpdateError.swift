/// Why a message is no update that can be carried out: what a server answers with FORMERR (RFC 2136, section 3).
///
/// Indices count the records of a section from 0.
public enum DNSUpdateError: Error, Hashable, Sendable {
    /// An answer, or another opcode than UPDATE.
    case notAnUpdate
    /// Not exactly one zone.
    case zoneCount(Int)
    /// The type of the zone section is not SOA.
    case zoneType(RRType)
    /// The class of the zone is NONE or ANY.
    case zoneClass(RRClass)
    /// A prerequisite that means nothing.
    case prerequisite(at: Int, Fault)
    /// A change that means nothing.
    case change(at: Int, Fault)

    /// What is wrong with a record of an update.
    public enum Fault: Hashable, Sendable {
        /// Neither the class of the zone nor NONE nor ANY.
        case recordClass(RRClass)
        /// A TTL where there must be none.
        case timeToLive(UInt32)
        /// Data where there must be none.
        case unexpectedData
        /// No data where there must be some.
        case missingData
        /// A type that no record of a zone can have.
        case type(RRType)
    }
}

extension DNSUpdateError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .notAnUpdate: "not an UPDATE request"
        case .zoneCount(let count): "\(count) zones instead of one"
        case .zoneType(let type): "a zone section of type \(type) instead of SOA"
        case .zoneClass(let zoneClass): "a zone of class \(zoneClass)"
        case .prerequisite(let index, let fault): "prerequisite \(index): \(fault)"
        case .change(let index, let fault): "change \(index): \(fault)"
        }
    }
}

extension DNSUpdateError.Fault: CustomStringConvertible {
    public var description: String {
        switch self {
        case .recordClass(let recordClass): "a class of \(recordClass)"
        case .timeToLive(let timeToLive): "a TTL of \(timeToLive) where it must be 0"
        case .unexpectedData: "data where there must be none"
        case .missingData: "no data"
        case .type(let type): "the type \(type)"
        }
    }
}
