extension DNSUpdate {
    /// Reads the sections of an update. EDNS, additional records and signatures are left to the caller.
    ///
    /// - Throws: ``DNSUpdateError``.
    public init(_ message: DNSMessage) throws(DNSUpdateError) {
        guard message.opcode == .update, !message.isResponse else { throw .notAnUpdate }
        guard let zone = message.questions.first, message.questions.count == 1 else {
            throw .zoneCount(message.questions.count)
        }
        guard zone.type == .soa else { throw .zoneType(zone.type) }
        guard zone.questionClass != .none, zone.questionClass != .any else { throw .zoneClass(zone.questionClass) }
        self.init(zone: zone.name, zoneClass: zone.questionClass)
        for (index, record) in message.answers.enumerated() {
            do throws(DNSUpdateError.Fault) {
                self.prerequisites.append(try Prerequisite(record, zoneClass: self.zoneClass))
            } catch {
                throw .prerequisite(at: index, error)
            }
        }
        for (index, record) in message.authorities.enumerated() {
            do throws(DNSUpdateError.Fault) {
                self.changes.append(try Change(record, zoneClass: self.zoneClass))
            } catch {
                throw .change(at: index, error)
            }
        }
    }

    /// The update as a request, without EDNS and signature.
    public func message(id: UInt16) -> DNSMessage {
        var message = DNSMessage(id: id)
        message.opcode = .update
        message.questions = [DNSQuestion(name: self.zone, type: .soa, questionClass: self.zoneClass)]
        message.answers = self.prerequisites.map { $0.record(zoneClass: self.zoneClass) }
        message.authorities = self.changes.map { $0.record(zoneClass: self.zoneClass) }
        return message
    }
}

extension DNSUpdateError.Fault: Error {}

extension DNSUpdate.Prerequisite {
    /// The table of RFC 2136, section 2.4.
    fileprivate init(_ record: DNSRecord, zoneClass: RRClass) throws(DNSUpdateError.Fault) {
        let (name, type) = (record.name, record.type)
        guard record.timeToLive == 0 else { throw .timeToLive(record.timeToLive) }
        switch record.recordClass {
        case .any:
            guard record.data.isEmpty else { throw .unexpectedData }
            self = type == .any ? .nameInUse(name) : .setExists(name, try type.ofRecords())
        case .none:
            guard record.data.isEmpty else { throw .unexpectedData }
            self = type == .any ? .nameNotInUse(name) : .setAbsent(name, try type.ofRecords())
        case zoneClass:
            _ = try type.ofRecords()
            guard !record.data.isEmpty else { throw .missingData }
            self = .setHolds(name, record.data)
        default:
            throw .recordClass(record.recordClass)
        }
    }

    fileprivate func record(zoneClass: RRClass) -> DNSRecord {
        switch self {
        case .nameInUse(let name): .withoutData(name, .any, .any)
        case .nameNotInUse(let name): .withoutData(name, .any, .none)
        case .setExists(let name, let type): .withoutData(name, type, .any)
        case .setAbsent(let name, let type): .withoutData(name, type, .none)
        case .setHolds(let name, let data):
            DNSRecord(name: name, recordClass: zoneClass, timeToLive: 0, data: data)
        }
    }
}

extension DNSUpdate.Change {
    /// The table of RFC 2136, section 2.5.
    fileprivate init(_ record: DNSRecord, zoneClass: RRClass) throws(DNSUpdateError.Fault) {
        let (name, type) = (record.name, record.type)
        switch record.recordClass {
        case .any:
            guard record.timeToLive == 0 else { throw .timeToLive(record.timeToLive) }
            guard record.data.isEmpty else { throw .unexpectedData }
            self = type == .any ? .deleteName(name) : .deleteSet(name, try type.ofRecords())
        case .none:
            guard record.timeToLive == 0 else { throw .timeToLive(record.timeToLive) }
            _ = try type.ofRecords()
            guard !record.data.isEmpty else { throw .missingData }
            self = .deleteValue(name, record.data)
        case zoneClass:
            _ = try type.ofRecords()
            guard !record.data.isEmpty else { throw .missingData }
            self = .add(name, timeToLive: record.timeToLive, record.data)
        default:
            throw .recordClass(record.recordClass)
        }
    }

    fileprivate func record(zoneClass: RRClass) -> DNSRecord {
        switch self {
        case .add(let name, let timeToLive, let data):
            DNSRecord(name: name, recordClass: zoneClass, timeToLive: timeToLive, data: data)
        case .deleteSet(let name, let type): .withoutData(name, type, .any)
        case .deleteName(let name): .withoutData(name, .any, .any)
        case .deleteValue(let name, let data):
            DNSRecord(name: name, recordClass: .none, timeToLive: 0, data: data)
        }
    }
}

extension RRType {
    /// - Throws: ``DNSUpdateError/Fault/type(_:)`` for types of questions, of messages and none at all (RFC 6895, 3.1).
    fileprivate func ofRecords() throws(DNSUpdateError.Fault) -> RRType {
        let isMeta = self.rawValue == 0 || self == .opt || (128...255).contains(self.rawValue)
        guard !isMeta else { throw .type(self) }
        return self
    }
}

extension RecordData {
    /// Whether the record has no bytes of data.
    fileprivate var isEmpty: Bool {
        switch self {
        case .txt(let data): data.wireForm.isEmpty
        case .unknown(_, let bytes): bytes.isEmpty
        case .a, .aaaa, .ns, .cname, .soa: false
        }
    }
}

extension DNSRecord {
    fileprivate static func withoutData(_ name: DNSName, _ type: RRType, _ recordClass: RRClass) -> DNSRecord {
        let data: RecordData = type == .txt ? .txt(.none) : .unknown(type, [])
        return DNSRecord(name: name, recordClass: recordClass, timeToLive: 0, data: data)
    }
}
