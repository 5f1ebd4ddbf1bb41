/// Makes a failing schedule as short as it can be and still fail.
struct ScheduleShrinker {
    /// Whether a schedule fails. Message ids are random, so that a run may differ from the one before.
    let fails: (Schedule) async throws -> Bool

    func shrink(_ schedule: Schedule) async throws -> Schedule {
        var best = schedule
        var before: Schedule
        repeat {
            before = best
            best = try await self.withoutSteps(best)
            best = try await self.withoutActs(best)
            best = try await self.withoutCuts(best)
            best = try await self.withoutFaults(best)
        } while best != before
        return best
    }

    /// Leaves out half of the steps, then quarters, and so on down to single ones.
    private func withoutSteps(_ schedule: Schedule) async throws -> Schedule {
        var best = schedule
        var size = max(1, best.steps.count / 2)
        while true {
            var start = 0
            while start < best.steps.count {
                var candidate = best
                candidate.steps.removeSubrange(start..<min(start + size, best.steps.count))
                if try await self.fails(candidate) { best = candidate } else { start += size }
            }
            guard size > 1 else { return best }
            size /= 2
        }
    }

    private func withoutActs(_ schedule: Schedule) async throws -> Schedule {
        var best = schedule
        for step in best.steps.indices.reversed() {
            for act in best.steps[step].indices.reversed() where best.steps[step].count > 1 {
                var candidate = best
                candidate.steps[step].remove(at: act)
                if try await self.fails(candidate) { best = candidate }
            }
        }
        return best
    }

    private func withoutCuts(_ schedule: Schedule) async throws -> Schedule {
        var best = schedule
        for step in best.steps.indices {
            for act in best.steps[step].indices {
                for simpler in Self.simpler(best.steps[step][act]) {
                    var candidate = best
                    candidate.steps[step][act] = simpler
                    if try await self.fails(candidate) { best = candidate }
                }
            }
        }
        return best
    }

    private static func simpler(_ act: Schedule.Act) -> [Schedule.Act] {
        var simpler: [Schedule.Act] = []
        if act.process > 0 {
            simpler.append(act)
            simpler[0].process = 0
        }
        if act.cut != nil {
            simpler.append(act)
            simpler[simpler.count - 1].cut = nil
        }
        return simpler
    }

    private func withoutFaults(_ schedule: Schedule) async throws -> Schedule {
        var candidate = schedule
        candidate.faultRate = 0
        guard candidate != schedule, try await self.fails(candidate) else { return schedule }
        return candidate
    }
}
