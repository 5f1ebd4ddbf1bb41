internal import DMPProtocol
internal import DNSTransport
internal import DNSWire

extension NodeResponder {
    /// Answers one question of class IN.
    func fill(_ answer: inout DNSMessage, for question: DNSQuestion) async throws {
        let now = self.now()
        let zone = self.zone.flatMap { question.name.isSubdomain(of: $0.name) ? $0 : nil }
        answer.isAuthoritative = true
        if let zone, zone.name == question.name, let data = zone.record(question.type, now: now) {
            answer.answers = [DNSRecord(name: question.name, timeToLive: self.timeToLive, data: data)]
            return
        }
        switch try await self.find(question, in: zone, now: now) {
        case .values(let values) where question.type == .txt:
            answer.answers = self.records(of: values, for: question, in: answer)
        case .values, .onlyDescendants:
            answer.authorities = zone.map { [$0.negativeRecord(now: now)] } ?? []
        case .absent where zone == nil && self.hasBoundary:
            answer.isAuthoritative = false
            answer.responseCode = .refused
        case .absent:
            answer.responseCode = .noSuchName
            answer.authorities = zone.map { [$0.negativeRecord(now: now)] } ?? []
        }
    }

    private var hasBoundary: Bool { self.refusesForeignNames && self.zone != nil }

    /// What is known about the name asked for.
    private func find(_ question: DNSQuestion, in zone: ServedZone?, now: UnixSeconds) async throws -> StoredName {
        let isOutside = zone == nil && self.hasBoundary
        // For other types there is nothing to look up: every name of ours may be about to exist, so none is denied.
        if !isOutside, question.type != .txt || question.name == .root { return .onlyDescendants }
        guard let name = RecordName(lookingUp: question.name) else { return .absent }
        let found = try await self.store.find(name, now: now)
        switch found {
        case .absent where question.name == zone?.name: return .onlyDescendants
        // Names above the zone belong to others, though there are names below them.
        case .onlyDescendants where isOutside: return .absent
        default: return found
        }
    }

    /// One record for each value, all with the same TTL (RFC 2181, section 5.2). Of a set that no message can hold, as
    /// another program may have stored it, the newest that fit.
    private func records(of values: [StoredValue], for question: DNSQuestion, in answer: DNSMessage) -> [DNSRecord] {
        var room = DNSMessage.maximumByteCount - answer.encode().count
        let fitting = values.reversed().prefix { value in
            room -= RecordLimits.wireByteCount(valueBytes: value.text.utf8.count)
            return room >= 0
        }
        let left = fitting.map(\.secondsLeft).min() ?? 0
        let timeToLive = UInt32(min(UInt64(self.timeToLive), left))
        return fitting.reversed().map { value in
            DNSRecord(name: question.name, timeToLive: timeToLive, data: .txt(TXTData(Array(value.text.utf8))))
        }
    }
}
