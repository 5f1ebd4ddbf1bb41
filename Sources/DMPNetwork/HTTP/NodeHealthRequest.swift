public import DNSTransport
private import NIOHTTP1

extension HTTPEndpoint {
    /// Asks the node whether it is well: `GET {endpoint}/health`, without a credential.
    ///
    /// - Parameters:
    ///   - deadline: When to give up.
    ///   - clock: What the deadline is an instant of.
    /// - Returns: `nil` if it is, else what came instead of status 200.
    /// - Throws: `CancellationError` if the task is cancelled, and nothing else.
    public func checkHealth(
        before deadline: ErasedClock.Instant,
        clock: ErasedClock = .continuous
    ) async throws(CancellationError) -> NetworkFailure? {
        let connections = HTTPConnections(to: self, pace: ConnectionPace(full: 1), clock: clock)
        let outcome = await self.askForHealth(over: connections, before: deadline, clock: clock)
        await connections.close()
        return try outcome.get()
    }

    private func askForHealth(
        over connections: HTTPConnections,
        before deadline: ErasedClock.Instant,
        clock: ErasedClock
    ) async -> Result<NetworkFailure?, CancellationError> {
        let head = self.requestHead(.GET, "\(self.path)/health")
        do {
            let reply = try await withDeadline(deadline, on: clock) { try await connections.perform(head) }
            return .success(self.ailment(status: reply.answer.status))
        } catch is DeadlineExceeded {
            return .success(NetworkFailure(.timeout, "no answer from \(self.authority) in time"))
        } catch {
            guard !Task.isCancelled, !(error is CancellationError) else { return .failure(CancellationError()) }
            switch HTTPVerdict(error, node: self.authority) {
            case .failed(let failure), .done(.unavailable(let failure)), .done(.refused(let failure)):
                return .success(failure)
            case .done(.accepted): return .success(nil)
            }
        }
    }

    private func ailment(status: Int) -> NetworkFailure? {
        guard status != 200 else { return nil }
        let code: NetworkFailure.Code = (500...599).contains(status) ? .serverFailure : .unexpectedAnswer
        return NetworkFailure(
            code,
            "\(self.authority) says that it isn't well (HTTP \(status))",
            httpStatus: status
        )
    }
}
