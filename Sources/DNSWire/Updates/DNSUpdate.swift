/// A change to a zone: what must hold, and what is then done in one step (RFC 2136, section 2).
public struct DNSUpdate: Hashable, Sendable {
    /// The apex of the zone.
    public var zone: DNSName
    /// The class of the zone; neither NONE nor ANY.
    public var zoneClass: RRClass
    /// What must hold before anything is changed.
    public var prerequisites: [Prerequisite]
    /// What is done, in this order.
    public var changes: [Change]

    public init(
        zone: DNSName,
        zoneClass: RRClass = .in,
        prerequisites: [Prerequisite] = [],
        changes: [Change] = []
    ) {
        self.zone = zone
        self.zoneClass = zoneClass
        self.prerequisites = prerequisites
        self.changes = changes
    }

    /// What must hold (RFC 2136, section 2.4).
    public enum Prerequisite: Hashable, Sendable {
        /// Some record stands at the name.
        case nameInUse(DNSName)
        /// No record stands at the name.
        case nameNotInUse(DNSName)
        /// The name has a record of the type.
        case setExists(DNSName, RRType)
        /// The name has no record of the type.
        case setAbsent(DNSName, RRType)
        /// One record of a set. All that are given for a name and type together are the whole set.
        case setHolds(DNSName, RecordData)
    }

    /// What is done (RFC 2136, section 2.5).
    public enum Change: Hashable, Sendable {
        /// Adds a record that lives for so many seconds.
        case add(DNSName, timeToLive: UInt32, RecordData)
        /// Deletes all records of a type at a name.
        case deleteSet(DNSName, RRType)
        /// Deletes all records at a name.
        case deleteName(DNSName)
        /// Deletes one record.
        case deleteValue(DNSName, RecordData)
    }
}

extension DNSUpdate.Prerequisite {
    /// The name that it is about.
    public var name: DNSName {
        switch self {
        case .nameInUse(let name), .nameNotInUse(let name), .setExists(let name, _), .setAbsent(let name, _),
            .setHolds(let name, _):
            name
        }
    }
}

extension DNSUpdate.Change {
    /// The name that it is about.
    public var name: DNSName {
        switch self {
        case .add(let name, _, _), .deleteSet(let name, _), .deleteName(let name), .deleteValue(let name, _): name
        }
    }
}
