internal import DMPProtocol
internal import DNSWire

/// What an update of the zone may be, before the store is asked.
///
/// Source: RFC 2136, section 3; protocol documents, "The node's DNS server", sections 6 and 7.
struct UpdateRules: Sendable {
    let zone: ServedZone
    let limits: RecordLimits

    /// A record added with a TTL of 0 lives this long, as at nodes of the reference.
    private static let leastLifetime: UInt32 = 60

    /// Reads an update by the rules, all of it before anything is done.
    func read(_ message: DNSMessage, by scope: UpdateScope, now: UnixSeconds) throws(UpdateRefusal) -> StoreUpdate {
        let update: DNSUpdate
        do throws(DNSUpdateError) { update = try DNSUpdate(message) } catch { throw UpdateRefusal(.formatError) }
        guard update.zone == self.zone.name, update.zoneClass == .in else { throw UpdateRefusal(.notAuthorized) }
        let names = update.prerequisites.map(\.name) + update.changes.map(\.name)
        guard names.allSatisfy({ $0.isSubdomain(of: self.zone.name) }) else { throw UpdateRefusal(.notInZone) }
        var result = StoreUpdate()
        result.conditions = try self.conditions(update.prerequisites, now: now)
        for change in update.changes {
            if let change = try self.change(change, by: scope) { result.changes.append(change) }
        }
        return result
    }

    // MARK: Prerequisites

    private func conditions(
        _ prerequisites: [DNSUpdate.Prerequisite],
        now: UnixSeconds
    ) throws(UpdateRefusal) -> [StoreUpdate.Condition] {
        var conditions: [StoreUpdate.Condition] = []
        var sets: [RecordName: Set<[UInt8]>] = [:]
        for prerequisite in prerequisites {
            switch prerequisite {
            case .nameInUse(let name):
                if name == self.zone.name { continue }
                conditions.append(try self.condition(name, .hasValues, otherwise: .noSuchName))
            case .nameNotInUse(let name):
                guard name != self.zone.name else { throw UpdateRefusal(.nameExists) }
                if let name = RecordName(lookingUp: name) {
                    conditions.append(.init(name: name, kind: .hasNoValues, otherwise: .nameExists))
                }
            case .setExists(let name, let type):
                if self.isAtApex(name, type, now: now) { continue }
                guard type == .txt else { throw UpdateRefusal(.noSuchSet) }
                conditions.append(try self.condition(name, .hasValues, otherwise: .noSuchSet))
            case .setAbsent(let name, let type):
                guard !self.isAtApex(name, type, now: now) else { throw UpdateRefusal(.setExists) }
                if type == .txt, let name = RecordName(lookingUp: name) {
                    conditions.append(.init(name: name, kind: .hasNoValues, otherwise: .setExists))
                }
            case .setHolds(let name, let data):
                guard case .txt(let text) = data, let name = RecordName(lookingUp: name) else {
                    throw UpdateRefusal(.noSuchSet)
                }
                sets[name, default: []].insert(text.joined)
            }
        }
        return conditions + sets.map { .init(name: $0.key, kind: .holds($0.value), otherwise: .noSuchSet) }
    }

    /// A name that can't be stored has no values.
    private func condition(
        _ name: DNSName,
        _ kind: StoreUpdate.Condition.Kind,
        otherwise code: DNSResponseCode
    ) throws(UpdateRefusal) -> StoreUpdate.Condition {
        guard let name = RecordName(lookingUp: name) else { throw UpdateRefusal(code) }
        return StoreUpdate.Condition(name: name, kind: kind, otherwise: code)
    }

    private func isAtApex(_ name: DNSName, _ type: RRType, now: UnixSeconds) -> Bool {
        name == self.zone.name && self.zone.record(type, now: now) != nil
    }

    // MARK: Changes

    /// - Returns: `nil` for the deletion of what is never stored.
    private func change(_ change: DNSUpdate.Change, by scope: UpdateScope) throws(UpdateRefusal) -> StoreUpdate
        .Change?
    {
        switch change {
        case .add(let name, let timeToLive, let data):
            guard case .txt(let text) = data, scope.allowsAdding(name), let owner = RecordName(name.description) else {
                throw UpdateRefusal(.refused)
            }
            let value = try self.text(text)
            guard Self.isStorable(value), self.limits.valueBytes == 0 || value.utf8.count <= self.limits.valueBytes
            else {
                throw UpdateRefusal(.refused)
            }
            return .add(value, at: owner, lifetime: try self.lifetime(timeToLive))
        case .deleteValue(let name, let data):
            guard scope.allowsDeleting(name) else { throw UpdateRefusal(.refused) }
            guard case .txt(let text) = data, let owner = RecordName(lookingUp: name) else { return nil }
            return .remove(try self.text(text), at: owner)
        case .deleteSet(let name, let type):
            guard scope.allowsDeleting(name) else { throw UpdateRefusal(.refused) }
            return type == .txt ? RecordName(lookingUp: name).map { .removeAll(at: $0) } : nil
        case .deleteName(let name):
            guard scope.allowsDeleting(name) else { throw UpdateRefusal(.refused) }
            return RecordName(lookingUp: name).map { .removeAll(at: $0) }
        }
    }

    private func text(_ data: TXTData) throws(UpdateRefusal) -> String {
        guard let text = String(validating: data.joined, as: UTF8.self) else { throw UpdateRefusal(.formatError) }
        return text
    }

    /// RFC 2181, section 8: a TTL above 2³¹ − 1 is 0.
    private func lifetime(_ timeToLive: UInt32) throws(UpdateRefusal) -> UInt32 {
        guard timeToLive > 0, timeToLive <= RecordLimits.longestLifetime else { return Self.leastLifetime }
        guard self.limits.lifetime == 0 || timeToLive <= self.limits.lifetime else { throw UpdateRefusal(.refused) }
        return timeToLive
    }

    /// What the HTTP API takes too: no quotation mark and no control character.
    private static func isStorable(_ value: String) -> Bool {
        value.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7f && $0 != UInt8(ascii: "\"") }
    }
}
