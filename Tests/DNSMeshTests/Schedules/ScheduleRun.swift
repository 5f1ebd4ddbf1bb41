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
        var intrusions = 0
        /// The texts that a stranger has sent, and its receipt names.
        var strange: Set<MessageID> = []
    }

    let schedule: Schedule
    let time: SimulatedTime
    let clock: ErasedClock
    let network: SimulatedNetwork
    let users: [SimulatedUser]
    /// Nobody's contact, who has all users among its own.
    let stranger: SimulatedUser?
    let zones: [ZoneName]
    let log = Mutex(Log())

    static let start: UInt64 = 1_800_000_000

    init(_ schedule: Schedule, time: SimulatedTime, folder: URL?) async throws {
        self.schedule = schedule
        self.time = time
        let clock = ErasedClock(time)
        self.clock = clock
        let zones = try (0..<schedule.zoneCount).map { try ZoneName("z\($0).test") }
        self.zones = zones
        self.network = SimulatedNetwork(seed: schedule.seed, zones: zones, clock: clock) {
            Self.wall(clock, jump: 0)
        }
        var users: [SimulatedUser] = []
        for index in 0..<schedule.userCount {
            users.append(try await SimulatedUser(index: index, zone: zones[index % zones.count], folder: folder))
        }
        self.users = users
        self.stranger =
            schedule.hasStranger ? try await SimulatedUser(index: 99, zone: zones[0], folder: folder) : nil
    }

    /// Runs a schedule and returns the run, with what was violated and counted in it.
    static func run(
        _ schedule: Schedule,
        in folder: URL? = nil,
        planting plant: PlantedBug? = nil
    ) async throws -> ScheduleRun {
        try await self.withWorld(schedule, in: folder) { run in
            if let plant { for user in run.users { try await plant.plant(in: user) } }
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
                let run = try await ScheduleRun(schedule, time: time, folder: folder)
                for user in run.users {
                    for other in run.users where other.index != user.index { try await user.pin(other) }
                    try await run.stranger?.pin(user)
                }
                // Processes know their users, and users their processes.
                defer {
                    for user in run.users + [run.stranger].compactMap(\.self) {
                        user.state.withLock { $0.processes = [:] }
                    }
                }
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

    func runSteps() async throws {
        var before = try await self.inboxKeys()
        for (index, step) in self.schedule.steps.enumerated() {
            self.network.set(.even(self.schedule.faultRate), round: UInt64(index))
            let blocked = self.users.map { $0.state.withLock(\.blocked) }
            await withTaskGroup { group in
                for act in step { group.addTask { await self.perform(act) } }
            }
            before = try await self.checkStep(before: before, blocked: blocked)
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
}
