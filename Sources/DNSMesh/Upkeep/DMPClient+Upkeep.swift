import DNSTransport

extension DMPClient {
    /// How the own identity stands, by what this client knows without asking the network.
    public func standing() async throws -> IdentityStanding {
        try await self.identityUpkeep.standing()
    }

    /// Does once what keeps the identity alive: publishes the identity record again when half of its life is over, if
    /// this client has published it before, and tops up the prekeys.
    ///
    /// - Parameter looking: Whether to look for signs of a second copy of the identity; that costs one query.
    /// - Returns: What was done, and what could not be done.
    /// - Throws: `CancellationError`.
    public func upkeep(looking: Bool = true) async throws -> UpkeepReport {
        try await self.identityUpkeep.run(looking: looking, deadline: self.deadline)
    }

    /// Looks for signs that a second copy of the identity is in use.
    ///
    /// - Returns: `nil` if the own prekeys could not be read.
    public func lookForCopies() async throws -> CopySigns? {
        try await self.identityUpkeep.survey.run(deadline: self.deadline)
    }

    /// Keeps the identity alive until the task is cancelled: ``upkeep(looking:)`` once a minute, and less often while
    /// something fails. Run it beside ``messages(every:)``.
    ///
    /// - Parameter note: Is called after each round in which something was published, or failed, or was found.
    /// - Throws: `CancellationError`.
    public nonisolated func runUpkeep(_ note: (UpkeepReport) async -> Void = { _ in }) async throws {
        var schedule = UpkeepSchedule()
        var lastCopies = CopySigns(foreign: 0, vanished: 0)
        while true {
            var report = try await self.upkeep(looking: schedule.looks(at: self.clock.now))
            if report.copies == lastCopies {
                report.copies = nil  // said before
            } else if let copies = report.copies {
                lastCopies = copies
            }
            schedule.note(isComplete: report.isComplete)
            if report.isNotable { await note(report) }
            try await self.clock.sleep(until: self.clock.now.advanced(by: schedule.pause))
        }
    }
}

extension UpkeepReport {
    fileprivate var isNotable: Bool {
        self.identity != nil || self.prekeys != nil || !self.failures.isEmpty || self.copies != nil
    }
}
