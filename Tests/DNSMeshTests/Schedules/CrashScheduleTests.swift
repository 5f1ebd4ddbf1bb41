import DMPNetwork
import DMPTesting
import Foundation
import Synchronization
import Testing

@testable import DNSMesh

@Suite("Crash schedules")
struct CrashScheduleTests {
    @Test("No schedule of sends, polls, rotations, faults and crashes loses or doubles a message; all faults strike")
    func schedules() async throws {
        let plan = SchedulePlan.standard
        let tally = try await plan.run()
        try tally.save()
        for failure in tally.failures.prefix(3) {
            let shortest = try await SchedulePlan.shrink(failure)
            Issue.record(
                """
                \(shortest.violations.joined(separator: "; "))
                DMP_SCHEDULE=\(failure.schedule.seed) runs it again. Its shortest form:
                \(shortest.schedule)
                """
            )
        }
        guard tally.schedules >= 500 else { return }
        // A stale answer takes a name that changes between two questions within a minute: there are a few in a run.
        for fault in NetworkFault.allCases where fault != .staleCache {
            #expect(tally.faults[fault, default: 0] > 0, "\(fault)")
        }
        #expect(tally.cuts > 0 && tally.crashes > 0 && tally.intrusions > 0 && tally.strange > 0)
    }

    @Test(
        "Schedules that broke a promise once hold",
        arguments: [UInt64(102_863), 103_881, 105_355, 105_526, 117_351, 117_622]
    )
    func repaired(seed: UInt64) async throws {
        #expect(try await ScheduleRun.run(Schedule(seed: seed)).violations.isEmpty)
    }

    @Test("A bug that was planted is found, and shrunk to a few steps", arguments: PlantedBug.allCases)
    func planted(bug: PlantedBug) async throws {
        var found: Schedule?
        for seed in 1...300 where found == nil {
            let schedule = Schedule(seed: UInt64(seed))
            if try await !ScheduleRun.run(schedule, planting: bug).violations.isEmpty { found = schedule }
        }
        let failing = try #require(found, "no schedule has found \(bug)")
        let shrinker = ScheduleShrinker { schedule in
            for _ in 0..<6 {
                if try await !ScheduleRun.run(schedule, planting: bug).violations.isEmpty { return true }
            }
            return false
        }
        let shortest = try await shrinker.shrink(failing)
        #expect(shortest.steps.count <= 8, "\(shortest)")
    }
}

/// Which schedules are run.
struct SchedulePlan: Sendable {
    let seeds: [UInt64]

    struct Failure: Sendable {
        let schedule: Schedule
        let violations: [String]
    }

    /// What came of the schedules.
    struct Tally: Sendable {
        var schedules = 0
        var steps = 0
        var questions = 0
        var cuts = 0
        var crashes = 0
        var texts = 0
        var intrusions = 0
        var strange = 0
        var faults: [NetworkFault: Int] = [:]
        var failures: [Failure] = []

        /// Writes the counts to the file that `DMP_SCHEDULE_TALLY` names, one a line.
        func save() throws {
            guard let path = ProcessInfo.processInfo.environment["DMP_SCHEDULE_TALLY"] else { return }
            var lines = [
                "schedules \(self.schedules)", "steps \(self.steps)", "questions \(self.questions)",
                "cuts \(self.cuts)", "crashes \(self.crashes)", "texts \(self.texts)",
                "strange \(self.strange)", "intrusions \(self.intrusions)",
                "failures \(self.failures.count)",
            ]
            lines += NetworkFault.allCases.map {
                "fault \($0.rawValue.replacing(" ", with: "-")) \(self.faults[$0] ?? 0)"
            }
            try (lines.joined(separator: "\n") + "\n").write(toFile: path, atomically: true, encoding: .utf8)
        }
    }

    /// 2,000 from seed 1 on; `DMP_SCHEDULES` and `DMP_SCHEDULE_SEED` say otherwise, `DMP_SCHEDULE` names a single one.
    static var standard: SchedulePlan {
        let variables = ProcessInfo.processInfo.environment
        if let single = variables["DMP_SCHEDULE"].flatMap(UInt64.init) { return SchedulePlan(seeds: [single]) }
        let count = variables["DMP_SCHEDULES"].flatMap(UInt64.init) ?? 2_000
        let first = variables["DMP_SCHEDULE_SEED"].flatMap(UInt64.init) ?? 1
        return SchedulePlan(seeds: Array(first..<first + count))
    }

    func run() async throws -> Tally {
        let tally = Mutex(Tally())
        _ = try await self.seeds.concurrentMap(width: ProcessInfo.processInfo.activeProcessorCount) { seed in
            guard tally.withLock({ $0.failures.count < 20 }) else { return }
            let schedule = Schedule(seed: seed)
            let run = try await ScheduleRun.run(schedule)
            let log = run.log.withLock { $0 }
            tally.withLock { tally in
                tally.schedules += 1
                tally.steps += schedule.steps.count
                tally.questions += run.network.questions
                tally.cuts += log.cuts
                tally.crashes += log.crashes
                tally.texts += log.sendings.count
                tally.intrusions += log.intrusions
                tally.strange += log.strange.count
                tally.faults.merge(run.network.counts, uniquingKeysWith: +)
                if !log.violations.isEmpty {
                    tally.failures.append(Failure(schedule: schedule, violations: log.violations))
                }
            }
        }
        return tally.withLock { $0 }
    }

    static func shrink(_ failure: Failure) async throws -> Failure {
        let shrinker = ScheduleShrinker { schedule in
            for _ in 0..<4 { if try await !ScheduleRun.run(schedule).violations.isEmpty { return true } }
            return false
        }
        let shortest = try await shrinker.shrink(failure.schedule)
        for _ in 0..<8 {
            let violations = try await ScheduleRun.run(shortest).violations
            if !violations.isEmpty { return Failure(schedule: shortest, violations: violations) }
        }
        return Failure(schedule: shortest, violations: failure.violations)
    }
}
