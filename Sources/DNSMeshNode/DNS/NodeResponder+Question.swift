internal import DMPProtocol
internal import DNSTransport
internal import DNSWire

extension NodeResponder {
    /// Answers a question of class IN that is about the apex, or that no stored value can answer.
    ///
    /// - Returns: `false` if the store must be asked.
    func fillWithoutStore(_ answer: inout DNSMessage, for question: DNSQuestion) -> Bool {
        let now = self.now()
        let zone = self.zone(of: question.name)
        if let zone, zone.name == question.name, let data = zone.record(question.type, now: now) {
            answer.isAuthoritative = true
            answer.answers = [DNSRecord(name: question.name, timeToLive: self.timeToLive, data: data)]
        } else if zone != nil || !self.hasBoundary, question.type != .txt || question.name == .root {
            // There is nothing to look up for other types: every name of ours may be about to exist, so none is denied.
            self.conclude(&answer, for: question, with: .onlyDescendants, now: now)
        } else if RecordName(lookingUp: question.name) == nil {
            self.conclude(&answer, for: question, with: .absent, now: now)
        } else {
            return false
        }
        return true
    }

    /// Answers one question of class IN from the store.
    ///
    /// - Returns: When something expires that the answer says or rests on.
    func fill(_ answer: inout DNSMessage, for question: DNSQuestion, now: UnixSeconds) async throws -> UnixSeconds {
        guard let name = RecordName(lookingUp: question.name) else { return now }
        let (found, ends) = try await self.store.look(up: name, now: now)
        self.conclude(&answer, for: question, with: found, now: now)
        return ends
    }

    /// Writes what is known about the name asked for.
    private func conclude(
        _ answer: inout DNSMessage,
        for question: DNSQuestion,
        with found: StoredName,
        now: UnixSeconds
    ) {
        let zone = self.zone(of: question.name)
        answer.isAuthoritative = true
        switch found {
        case .values(let values) where question.type == .txt:
            answer.answers = self.records(of: values, for: question, in: answer)
        // Names above the zone belong to others, though there are names below them.
        case .onlyDescendants where zone == nil && self.hasBoundary, .absent where zone == nil && self.hasBoundary:
            answer.isAuthoritative = false
            answer.responseCode = .refused
        case .absent where question.name != zone?.name:
            answer.responseCode = .noSuchName
            answer.authorities = zone.map { [$0.negativeRecord(now: now)] } ?? []
        case .values, .onlyDescendants, .absent:
            answer.authorities = zone.map { [$0.negativeRecord(now: now)] } ?? []
        }
    }

    private func zone(of name: DNSName) -> ServedZone? {
        self.zone.flatMap { name.isSubdomain(of: $0.name) ? $0 : nil }
    }

    private var hasBoundary: Bool { self.refusesForeignNames && self.zone != nil }

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
