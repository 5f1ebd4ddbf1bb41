import DMPCrypto
import DMPNetwork
import DMPProtocol
import DMPTesting
import Foundation
import GRDB
import Logging
import Synchronization

@testable import DNSMesh

extension ScheduleRun {
    /// What lies in each inbox: who signed it, and its id.
    func inboxKeys() async throws -> [Set<ReplayCache.Key>] {
        var all: [Set<ReplayCache.Key>] = []
        for user in self.users {
            let rows = try await user.openStores().state.read { database in
                try Row.fetchAll(database, cached: "SELECT sender_key, message_id FROM inbox").map { row in
                    ReplayCache.Key(
                        sender: try Ed25519.PublicKey(try row.bytes("sender_key")),
                        message: try MessageID(try row.bytes("message_id"))
                    )
                }
            }
            all.append(Set(rows))
        }
        return all
    }

    /// All keys of those who have one of `keys`: a block holds for whoever has a blocked key, whatever comes after it.
    func keys(ofAllWith keys: Set<Ed25519.PublicKey>) throws -> Set<Ed25519.PublicKey> {
        guard !keys.isEmpty else { return [] }
        return try self.users.reduce(into: keys) { all, user in
            let own = try user.signingKeys
            if !keys.isDisjoint(with: own) { all.formUnion(own) }
        }
    }

    /// Up to when the files of a user throw away what has expired.
    private func settledTime(of user: SimulatedUser) async throws -> UnixSeconds {
        let settled = try await user.openStores().state.read { database in
            try Int64.fetchOne(database, cached: "SELECT settled FROM settled_time WHERE id = 1") ?? 0
        }
        return UnixSeconds(rawValue: UInt64(clamping: settled))
    }

    /// What must hold after each step.
    ///
    /// - Returns: What lies in each inbox now.
    func checkStep(
        before: [Set<ReplayCache.Key>],
        blocked: [Set<Ed25519.PublicKey>]
    ) async throws -> [Set<ReplayCache.Key>] {
        let after = try await self.inboxKeys()
        let accepted = try self.users.reduce(into: Set()) { $0.formUnion(try $1.signingKeys) }
        for user in self.users {
            if after[user.index].contains(where: { !accepted.contains($0.sender) }) {
                self.violate("\(user.name) got a message of somebody who is no contact")
            }
            let state = user.state.withLock { $0 }
            let refused = try self.keys(ofAllWith: blocked[user.index].intersection(state.blocked))
            if after[user.index].subtracting(before[user.index]).contains(where: { refused.contains($0.sender) }) {
                self.violate("\(user.name) got a message of a sender who is blocked")
            }
            if try await self.settledTime(of: user) > self.now.adding(SettledTime.confirmation) {
                user.state.withLock { $0.hasBelievedFuture = true }
            }
            for process in state.processes.values where !process.gate.isDead {
                if await process.stores.replay.claimCount > 0 { self.violate("\(user.name) holds a claim") }
            }
        }
        if self.time.sleeperCount > 0 { self.violate("\(self.time.sleeperCount) tasks still sleep") }
        return after
    }
}

/// What must hold when all faults are over and everybody has looked for mail.
struct ScheduleCheck {
    let run: ScheduleRun

    /// A message that a node has taken, and until when it keeps it.
    private struct Stored {
        let manifest: SlotManifest
        let from: SimulatedUser
        let generation: Int
        let to: SimulatedUser
        var kept: UnixSeconds
    }

    private struct Delivered: Hashable {
        let user: Int
        let key: ReplayCache.Key
    }

    func check() async throws {
        let everything = try self.stored()
        let stored = everything.filter { $0.from !== self.run.stranger }
        var delivered: [Delivered: String] = [:]
        for user in self.run.users {
            let inbox = try Inbox(
                database: user.openStores().state,
                keys: user.keys(user.generation),
                logger: .init(label: "check")
            )
            let messages = try await inbox.list()
            for message in messages {
                let key = ReplayCache.Key(sender: message.senderKey, message: message.messageID)
                delivered[Delivered(user: user.index, key: key)] = message.text ?? ""
            }
            let rows = try await self.run.inboxKeys()[user.index].count
            if rows != messages.count { self.run.violate("\(user.name) can't open \(rows - messages.count) messages") }
            self.checkTexts(messages, user)
            try await self.checkFiles(user)
        }
        var excused: Set<[Int]> = []
        for message in stored {
            let key = ReplayCache.Key(sender: message.manifest.sender, message: message.manifest.messageID)
            guard delivered[Delivered(user: message.to.index, key: key)] == nil else { continue }
            guard try self.excuse(for: message, among: everything) == nil else {
                excused.insert([message.from.index, message.to.index])
                continue
            }
            let text = self.text(of: message.manifest.messageID)
            self.run.violate("\(text) from \(message.from.name) is stored and not delivered to \(message.to.name)")
        }
        self.checkSendings(stored, delivered, excused: excused)
        self.checkPrekeys(stored)
    }

    // MARK: - The model

    /// What nodes have taken, by the manifests, each once.
    private func stored() throws -> [Stored] {
        var stored: [ReplayCache.Key: Stored] = [:]
        // Also what was made by clocks that are weeks ahead, which receivers refuse.
        let latest = self.run.now.adding(100 * 86_400)
        for publication in self.run.network.publications {
            guard let manifest = try? Signed<SlotManifest>(parsing: publication.value, now: latest).body,
                let (from, generation) = try self.owner({ $0.signingKey == manifest.sender }),
                let (to, _) = try self.owner({ $0.userID == manifest.recipient })
            else { continue }
            let key = ReplayCache.Key(sender: manifest.sender, message: manifest.messageID)
            let kept = max(stored[key]?.kept ?? publication.expires, publication.expires)
            stored[key] = Stored(manifest: manifest, from: from, generation: generation, to: to, kept: kept)
        }
        return Array(stored.values)
    }

    private func owner(_ matches: (IdentityKeys) -> Bool) throws -> (SimulatedUser, Int)? {
        for user in self.run.users + [self.run.stranger].compactMap(\.self) {
            let state = user.state.withLock { $0 }
            for generation in 0...(state.pending?.generation ?? state.generation) {
                if matches(try user.keys(generation)) { return (user, generation) }
            }
        }
        return nil
    }

    /// Why a message that is stored may stay undelivered; `nil` if it may not.
    private func excuse(for message: Stored, among all: [Stored]) throws -> String? {
        let manifest = message.manifest
        // Some minutes are left to all who look: chunks go a little before the manifest.
        let soon = self.run.now.adding(600)
        let from = message.from.state.withLock { $0 }
        let to = message.to.state.withLock { $0 }
        if manifest.expires < soon || message.kept < soon { return "expired" }
        if manifest.expires > self.run.now.adding(30 * 86_400) { return "made by a clock that is weeks ahead" }
        if manifest.issued > self.run.now { return "made by a clock that is ahead" }
        if try self.run.keys(ofAllWith: to.blocked.union(to.unsure)).contains(manifest.sender) { return "blocked" }
        if from.revoked.contains(message.generation) { return "signed with a revoked key" }
        if from.revoked.contains(where: { $0 < message.generation }) { return "signed with a key that nobody pinned" }
        let isForPresentKey = try manifest.recipient == message.to.keys(to.generation).userID
        if to.hasBelievedFuture, manifest.prekey != nil || !isForPresentKey {
            return "its key had expired by a clock that was believed"
        }
        let rivals = all.filter {
            $0.manifest.prekey != nil && $0.manifest.prekey == manifest.prekey && $0.to.index == message.to.index
                && $0.from.index != message.from.index
        }
        if !rivals.isEmpty { return "another sender drew the same prekey" }
        return nil
    }

    private func text(of id: MessageID) -> String {
        let sendings = self.run.log.withLock { $0.sendings.values.map(\.self) }
        for sending in sendings {
            if case .stored(id) = sending.outcome { return ScheduleRun.text(sending.number) }
        }
        return "message \(id.hex.prefix(8))"
    }

    // MARK: - Parts

    private func checkTexts(_ messages: [ReceivedMessage], _ user: SimulatedUser) {
        for (text, copies) in Dictionary(grouping: messages, by: { $0.text ?? "" }) where copies.count > 1 {
            self.run.violate("\(user.name) has \(text) \(copies.count) times")
        }
        for (text, count) in self.run.log.withLock(\.handedOut) where count > 1 {
            self.run.violate("\(text) was handed out \(count) times")
        }
    }

    /// What was said of a text holds. The id of one that was kept is not known: it may be one that is stored and excused,
    /// if there is such a one between these two.
    private func checkSendings(_ stored: [Stored], _ delivered: [Delivered: String], excused: Set<[Int]>) {
        let ids = Set(stored.map(\.manifest.messageID))
        let texts = Set(delivered.map { "\($0.key.user) \($0.value)" })
        for sending in self.run.log.withLock({ Array($0.sendings.values) }) {
            let text = ScheduleRun.text(sending.number)
            switch sending.outcome {
            case .stored(let id):
                if !ids.contains(id) { self.run.violate("\(text) was said to be stored, and is not") }
            case .kept:
                let from = self.run.users[sending.from].state.withLock { $0 }
                let to = self.run.users[sending.to].state.withLock { $0 }
                let maySettle =
                    from.generation == 0 && to.generation == 0 && !from.everJumped && !to.everJumped
                    && to.everBlocked.isEmpty && from.pending == nil && to.pending == nil
                    && sending.sent.seconds(until: self.run.now) < 80_000
                    && !excused.contains([sending.from, sending.to])
                if maySettle, !texts.contains("\(sending.to) \(text)") {
                    self.run.violate("\(text) was said to be kept, and is not delivered")
                }
            case .refused, .unknown: break
            }
        }
    }

    /// No sender uses a prekey for two messages.
    private func checkPrekeys(_ stored: [Stored]) {
        let users = Dictionary(grouping: stored.filter { $0.manifest.prekey != nil }) { message in
            "\(message.from.name) uses prekey \(message.manifest.prekey?.rawValue ?? 0) of \(message.to.name)"
        }
        for (use, messages) in users where messages.count > 1 {
            self.run.violate("\(use) for \(messages.count) messages")
        }
    }

    /// Nothing is left to be done in a user's files.
    private func checkFiles(_ user: SimulatedUser) async throws {
        let stores = try user.openStores()
        let now = self.run.now
        let (outbox, withdrawals) = try await stores.state.read { database in
            (
                try Int.fetchOne(
                    database,
                    sql: "SELECT COUNT(*) FROM outbox WHERE expires > ? AND busy_until < ?",
                    arguments: [now.stored, Outbox.outdatedMark]
                ) ?? 0,
                try Int.fetchOne(
                    database,
                    sql: "SELECT COUNT(*) FROM withdrawals WHERE expires > ?",
                    arguments: [now.stored]
                ) ?? 0
            )
        }
        if outbox > 0 { self.run.violate("\(outbox) messages still wait in the outbox of \(user.name)") }
        if withdrawals > 0 { self.run.violate("\(user.name) has still \(withdrawals) values to withdraw") }
    }
}
