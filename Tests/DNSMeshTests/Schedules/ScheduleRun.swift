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

/// One run of a schedule, with everything that was seen of it.
final class ScheduleRun: Sendable {
    /// A text that was to be sent, and what was said of it.
    struct Sending: Sendable {
        enum Outcome: Sendable {
            case stored(MessageID)
            /// The error said that the message is kept.
            case kept
            /// Another error: nothing was kept.
            case refused
            /// The process ended, or the task was cancelled.
            case unknown
        }

        let number: Int
        let from: Int
        let to: Int
        let generation: Int
        let sent: UnixSeconds
        var outcome: Outcome
    }

    struct Log {
        var sendings: [Int: Sending] = [:]
        /// How often each text was handed out as read for good.
        var handedOut: [String: Int] = [:]
        var violations: [String] = []
        var cuts = 0
        var crashes = 0
    }

    let schedule: Schedule
    let time: SimulatedTime
    let clock: ErasedClock
    let network: SimulatedNetwork
    let users: [SimulatedUser]
    let zones: [ZoneName]
    let log = Mutex(Log())

    static let start: UInt64 = 1_800_000_000

    init(_ schedule: Schedule, time: SimulatedTime, folder: URL?) throws {
        self.schedule = schedule
        self.time = time
        let clock = ErasedClock(time)
        self.clock = clock
        let zones = try (0..<schedule.zoneCount).map { try ZoneName("z\($0).test") }
        self.zones = zones
        self.network = SimulatedNetwork(seed: schedule.seed, zones: zones, clock: clock) {
            Self.wall(clock, jump: 0)
        }
        self.users = try (0..<schedule.userCount).map {
            try SimulatedUser(index: $0, zone: zones[$0 % zones.count], folder: folder)
        }
    }

    /// Runs a schedule and returns the run, with what was violated and counted in it.
    static func run(
        _ schedule: Schedule,
        in folder: URL? = nil,
        planting plant: PlantedBug? = nil
    ) async throws -> ScheduleRun {
        try await self.withWorld(schedule, in: folder) { run in
            if let plant { for user in run.users { try await plant.plant(in: try user.openStores()) } }
            try await run.runSteps()
            return run
        }
    }

    /// Makes the users of a schedule, each a contact of all others, and runs `body` in their time.
    static func withWorld<Value: Sendable>(
        _ schedule: Schedule,
        in folder: URL? = nil,
        _ body: @escaping @Sendable (ScheduleRun) async throws -> Value
    ) async throws -> Value {
        let time = SimulatedTime(seed: schedule.seed)
        return try await withTaskExecutorPreference(time) {
            try await StoreAccess.$gate.withValue(OpenGate()) {
                let run = try ScheduleRun(schedule, time: time, folder: folder)
                for user in run.users {
                    for other in run.users where other.index != user.index { try await user.pin(other) }
                }
                // Processes know their users, and users their processes.
                defer { for user in run.users { user.state.withLock { $0.processes = [:] } } }
                return try await body(run)
            }
        }
    }

    var violations: [String] { self.log.withLock(\.violations) }

    func violate(_ text: String) { self.log.withLock { $0.violations.append(text) } }

    static func wall(_ clock: ErasedClock, jump: Int) -> UnixSeconds {
        UnixSeconds(rawValue: UInt64(Int64(Self.start) + clock.now.offset.components.seconds + Int64(jump)))
    }

    /// The right time.
    var now: UnixSeconds { Self.wall(self.clock, jump: 0) }

    // MARK: - Steps

    private func runSteps() async throws {
        for (index, step) in self.schedule.steps.enumerated() {
            self.network.set(.even(self.schedule.faultRate), round: UInt64(index))
            let before = try await self.inboxKeys()
            let blocked = self.users.map { $0.state.withLock(\.blocked) }
            await withTaskGroup { group in
                for act in step { group.addTask { await self.perform(act) } }
            }
            try await self.checkStep(before: before, blocked: blocked)
            guard self.violations.isEmpty else { return }
            try await self.clock.sleep(until: self.clock.now.advanced(by: .seconds(1)))
        }
        try await self.heal()
        guard self.violations.isEmpty else { return }
        try await ScheduleCheck(run: self).check()
    }

    /// Ends all faults, and does what users do who want their mail.
    private func heal() async throws {
        await self.network.heal()
        for user in self.users {
            user.state.withLock { state in
                state.jump = 0
                for process in state.processes.values { process.gate.kill() }
                state.processes = [:]
            }
        }
        for user in self.users {
            guard let pending = user.state.withLock(\.pending) else { continue }
            await self.perform(Schedule.Act(action: pending.revokes ? .revoke(user.index) : .rotate(user.index)))
        }
        for _ in 0..<2 {
            try await self.clock.sleep(until: self.clock.now.advanced(by: .seconds(400)))
            for user in self.users { await self.perform(Schedule.Act(action: .resume(user.index))) }
            for user in self.users { await self.perform(Schedule.Act(action: .poll(user.index))) }
        }
    }

    // MARK: - Acts

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
        let stores = try user.openStores()
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
                if let sending = self.unfinished(of: from) { await self.send(sending, client) }
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

    /// The latest text of a user that may not have gone out, and that is still the same message if it is sent again.
    private func unfinished(of user: Int) -> Sending? {
        let latest = self.log.withLock { $0.sendings.values.filter { $0.from == user }.max { $0.number < $1.number } }
        guard let latest, latest.sent.seconds(until: self.now) < 500,
            !self.users[user].state.withLock(\.everJumped), self.users[user].generation == latest.generation
        else { return nil }
        switch latest.outcome {
        case .kept: return latest
        case .stored, .refused, .unknown: return nil
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
