internal import DMPProtocol
internal import DNSWire

/// What an update does to the record store, in one transaction.
struct StoreUpdate: Sendable {
    /// What must hold, and the answer where it doesn't.
    struct Condition: Sendable {
        enum Kind: Sendable {
            case hasValues
            case hasNoValues
            /// Exactly these, in any order.
            case holds(Set<[UInt8]>)
        }

        let name: RecordName
        let kind: Kind
        let otherwise: DNSResponseCode
    }

    enum Change: Sendable {
        case add(String, at: RecordName, lifetime: UInt32)
        case remove(String, at: RecordName)
        case removeAll(at: RecordName)

        var name: RecordName {
            switch self {
            case .add(_, let name, _), .remove(_, let name), .removeAll(let name): name
            }
        }
    }

    var conditions: [Condition] = []
    var changes: [Change] = []
}

/// Why an update changes nothing: the code of its answer.
struct UpdateRefusal: Error, Hashable {
    let code: DNSResponseCode

    init(_ code: DNSResponseCode) {
        self.code = code
    }
}

/// Where updates end up. All of an update is done, or nothing.
protocol UpdateStore: Sendable {
    /// - Returns: NOERROR, or why nothing was changed: a condition, or REFUSED for a limit.
    /// - Throws: The error of the database.
    func apply(_ update: StoreUpdate, now: UnixSeconds) async throws -> DNSResponseCode
}
