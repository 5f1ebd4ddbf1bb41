import DMPCrypto
import DMPNetwork
import DMPProtocol
import DMPTesting
import DNSTransport
import Foundation
import GRDB
import Logging
import Synchronization

@testable import DNSMesh

/// What users and their surroundings do in a schedule.
extension ScheduleRun {
    func perform(_ act: Schedule.Act) async {
        switch act.action {
        case .pass(let seconds): await self.sleep(seconds)
        case .partition(let user, let zone, let seconds):
            let end = self.clock.now.advanced(by: .seconds(seconds))
            self.network.partition(self.users[user].name, from: self.zones[zone], until: end)
        case .silence(let zone, let seconds):
            self.network.silence(self.zones[zone], until: self.clock.now.advanced(by: .seconds(seconds)))
        case .jump(let user, let seconds):
            self.users[user].state.withLock { state in
                state.jump += seconds
                state.everJumped = true
            }
        case .crash(let user): self.end(self.users[user], act.process)
        case .strange(let recipient, let number): await self.sendAsStranger(number, to: self.users[recipient])
        case .intrude(let intrusion, let victim, let seed):
            do { try await self.intrude(intrusion, against: self.users[victim], seed) } catch {
                self.violate("\(intrusion) can't be made: \(error)")
            }
        default:
            guard let index = act.action.user else { return }
            await self.perform(act, by: self.users[index])
        }
    }

    private func sleep(_ seconds: Int) async {
        do { try await self.clock.sleep(until: self.clock.now.advanced(by: .seconds(seconds))) } catch {}
    }

    private func end(_ user: SimulatedUser, _ index: Int) {
        user.state.withLock { state in
            state.processes[index]?.gate.kill()
            state.processes[index] = nil
        }
    }

    private func perform(_ act: Schedule.Act, by user: SimulatedUser) async {
        do {
            var keys = try user.keys(user.generation)
            var process = user.state.withLock { $0.processes[act.process] }
            let isRotation = Self.isRotation(act.action)
            if isRotation {
                guard let next = self.rotationKeys(of: user, act.action) else { return }
                keys = next
                process = nil
            }
            let running = try process ?? self.start(user, keys)
            if !isRotation { user.state.withLock { $0.processes[act.process] = running } }
            let isCut = await self.run(act, user, running)
            if isCut {
                self.log.withLock { $0.cuts += 1 }
                if running.gate.isDead { self.log.withLock { $0.crashes += 1 } }
            }
            if running.gate.isDead, !isRotation { user.state.withLock { $0.processes[act.process] = nil } }
            if isRotation { for index in 0..<2 { self.end(user, index) } }
        } catch {
            self.violate("\(act.action) can't start: \(error)")
        }
    }

    private static func isRotation(_ action: Schedule.Action) -> Bool {
        switch action {
        case .rotate, .revoke: true
        default: false
        }
    }

    /// The keys that a rotation brings; `nil` where the clock is wrong, as a rotation then dates from another day.
    private func rotationKeys(of user: SimulatedUser, _ action: Schedule.Action) -> IdentityKeys? {
        let generation = user.state.withLock { state -> Int? in
            guard state.jump == 0 else { return nil }
            if state.pending == nil {
                var revokes = false
                if case .revoke = action { revokes = true }
                state.pending = (state.generation + 1, revokes)
            }
            return state.pending?.generation
        }
        do { return try generation.map { try user.keys($0) } } catch { return nil }
    }

    func start(_ user: SimulatedUser, _ keys: IdentityKeys) throws -> SimulatedProcess {
        let gate = ProcessGate()
        let stores = try user.openStores(for: gate)
        var configuration = MeshConfiguration(username: try Username(user.name), zone: user.zone)
        configuration.prekeyTarget = 3
        let link = ProcessLink(base: self.network.link(of: user.name), gate: gate)
        let clock = self.clock
        let client = try DMPClient(
            keys: keys,
            configuration: configuration,
            reader: link,
            writer: link,
            contacts: ProcessContacts(base: user.contacts, gate: gate),
            stores: stores,
            clock: clock,
            now: { Self.wall(clock, jump: user.state.withLock(\.jump)) },
            logger: Self.quiet
        )
        return SimulatedProcess(gate: gate, stores: stores, client: client)
    }

    private static let quiet = Logger(label: "schedule") { _ in SwiftLogNoOpLogHandler() }

    /// How long an operation may take at most, in simulated time.
    private static let patience = Duration.seconds(1_800)

    /// - Returns: Whether it was cut.
    private func run(_ act: Schedule.Act, _ user: SimulatedUser, _ process: SimulatedProcess) async -> Bool {
        let wasCut = Mutex(false)
        let clock = self.clock
        await withTaskGroup(of: Bool.self) { group in
            let task = Task(executorPreference: self.time) {
                await StoreAccess.$gate.withValue(process.gate) { await self.carryOut(act.action, user, process) }
            }
            process.gate.arm(act.cut) {
                wasCut.withLock { $0 = true }
                task.cancel()
            }
            group.addTask {
                await task.value
                return true
            }
            group.addTask {
                do { try await clock.sleep(until: clock.now.advanced(by: Self.patience)) } catch { return true }
                task.cancel()
                return false
            }
            if await group.next() == false { self.violate("\(act) hangs") }
            group.cancelAll()
        }
        process.gate.disarm()
        return wasCut.withLock { $0 }
    }

    private func carryOut(_ action: Schedule.Action, _ user: SimulatedUser, _ process: SimulatedProcess) async {
        let client = process.client
        do {
            switch action {
            case .send(let from, let to, let number):
                let sending = Sending(
                    number: number,
                    from: from,
                    to: to,
                    generation: user.generation,
                    sent: self.now,
                    outcome: .unknown
                )
                await self.send(sending, client)
            case .sendAgain(let from):
                if let sending = try await self.unfinished(of: from) { await self.send(sending, client) }
            case .resume: _ = try await client.resumeSending()
            case .poll: self.noteHandedOut(try await client.receive().messages, user)
            case .watch(_, let seconds): try await self.watch(client, seconds)
            case .refresh(_, let replacing):
                _ = try await client.refreshPrekeys(target: 3, replacing: replacing)
            case .publish: _ = try await client.publishIdentity()
            case .rotate, .revoke: try await self.rotate(user, client)
            case .block(_, let other): try await self.block(user, self.users[other], client)
            case .unblock(_, let other): try await self.unblock(user, self.users[other], client)
            default: break
            }
        } catch is CancellationError {
            return
        } catch let error as MeshError where error.code.isNetworkFailure || error.code == .busy {
            return
        } catch let error as MeshError where error.code == .rotationImpossible {
            user.state.withLock { $0.pending = nil }
        } catch {
            self.violate("\(action): \(error)")
        }
    }

    // MARK: - Parts

    static func text(_ number: Int) -> String { "text \(number)" }

    private func send(_ sending: Sending, _ client: DMPClient) async {
        var sending = sending
        sending.outcome = .unknown
        self.log.withLock { $0.sendings[sending.number] = sending }
        do {
            let receipt = try await client.send(Self.text(sending.number), to: self.users[sending.to].name)
            sending.outcome = .stored(receipt.messageID)
        } catch is CancellationError {
            return
        } catch {
            sending.outcome = "\(error)".contains("the message is kept") ? .kept : .refused
        }
        self.log.withLock { $0.sendings[sending.number] = sending }
    }

    private func sendAsStranger(_ number: Int, to recipient: SimulatedUser) async {
        guard let stranger = self.stranger else { return }
        do {
            let client = try self.start(stranger, stranger.keys(0)).client
            let receipt = try await client.send("stranger \(number)", to: recipient.name)
            self.log.withLock { _ = $0.strange.insert(receipt.messageID) }
        } catch is MeshError {
            return  // the network
        } catch {
            self.violate("a stranger can't send: \(error)")
        }
    }

    /// The latest text of a user that may not have gone out, and that is still the same message if it is sent again.
    private func unfinished(of user: Int) async throws -> Sending? {
        let latest = self.log.withLock { $0.sendings.values.filter { $0.from == user }.max { $0.number < $1.number } }
        guard let latest, latest.sent.seconds(until: self.now) < 500,
            !self.users[user].state.withLock(\.everJumped), self.users[user].generation == latest.generation
        else { return nil }
        switch latest.outcome {
        case .kept: return latest
        case .unknown: return try await self.isWaiting(latest) ? latest : nil
        case .stored, .refused: return nil
        }
    }

    /// Whether the outbox of the sender holds a text that is not known to be out.
    private func isWaiting(_ sending: Sending) async throws -> Bool {
        let (user, recipient) = (self.users[sending.from], self.users[sending.to])
        let outbox = Outbox(
            database: try user.openStores().state,
            seal: try StorageSeal(keys: try user.keys(sending.generation), label: "outbox")
        )
        guard let contact = await user.contacts.load().first(where: { $0.name == recipient.name }) else { return false }
        let digest = Data(outbox.digest(contact: contact, body: Array(Self.text(sending.number).utf8)))
        return try await StoreAccess.$gate.withValue(OpenGate()) {
            try await outbox.database.read { database in
                try Bool.fetchOne(
                    database,
                    cached: "SELECT EXISTS (SELECT 1 FROM outbox WHERE digest = ? AND busy_until < ?)",
                    arguments: [digest, Outbox.sentMark]
                ) ?? false
            }
        }
    }

    private func noteHandedOut(_ messages: [ReceivedMessage], _ user: SimulatedUser) {
        self.log.withLock { log in
            for message in messages { log.handedOut["\(user.name) \(message.text ?? "")", default: 0] += 1 }
        }
    }

    private func watch(_ client: DMPClient, _ seconds: Int) async throws {
        let clock = self.clock
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { for try await _ in client.messages(every: .seconds(5)) {} }
            group.addTask { try await clock.sleep(until: clock.now.advanced(by: .seconds(seconds))) }
            try await group.next()
            group.cancelAll()
            while !group.isEmpty { do { try await group.next() } catch is CancellationError {} }
        }
    }

    private func rotate(_ user: SimulatedUser, _ client: DMPClient) async throws {
        guard let pending = user.state.withLock(\.pending) else { return }
        let old = user.generation
        if old == pending.generation, try await client.pendingRotation() == nil {
            user.state.withLock { $0.pending = nil }  // it ended with its last access
            return
        }
        if pending.revokes { user.state.withLock { _ = $0.revoked.insert(pending.generation - 1) } }
        _ = try await client.rotateIdentity(
            from: old == pending.generation ? nil : try user.keys(old),
            RotationRequest(reason: pending.revokes ? .compromise : .routine)
        ) {
            guard let gate = StoreAccess.gate else { return }
            _ = try await gate.access { user.state.withLock { $0.generation = pending.generation } }
        }
        user.state.withLock { $0.pending = nil }
    }

    private func pinnedKey(of other: SimulatedUser, by user: SimulatedUser) async -> Ed25519.PublicKey? {
        await user.contacts.load().first { $0.name == other.name }?.signingKey
    }

    private func block(_ user: SimulatedUser, _ other: SimulatedUser, _ client: DMPClient) async throws {
        guard let key = await self.pinnedKey(of: other, by: user) else { return }
        user.state.withLock { state in
            state.everBlocked.insert(key)
            state.unsure.insert(key)
        }
        try await client.intros.block(key, now: self.now)
        user.state.withLock { state in
            state.blocked.insert(key)
            state.unsure.remove(key)
        }
    }

    private func unblock(_ user: SimulatedUser, _ other: SimulatedUser, _ client: DMPClient) async throws {
        guard let key = await self.pinnedKey(of: other, by: user) else { return }
        let all = try other.signingKeys
        user.state.withLock { state in
            state.blocked.subtract(all)
            state.unsure.insert(key)
        }
        _ = try await client.intros.unblock(key)
        user.state.withLock { _ = $0.unsure.remove(key) }
    }
}
