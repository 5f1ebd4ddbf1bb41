private import AsyncHTTPClient
public import DNSTransport
private import NIOCore
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
        do {
            var configuration = HTTPClient.Configuration(redirectConfiguration: .disallow)
            configuration.connectionPool.retryConnectionEstablishment = false  // a refused connection is the answer
            return try await HTTPClient.withHTTPClient(configuration: configuration) { client in
                let status = try await withDeadline(deadline, on: clock) {
                    let request = HTTPClientRequest(url: "\(self.text)/health")
                    return Int(try await client.execute(request, deadline: .distantFuture).status.code)
                }
                guard status != 200 else { return nil }
                let code: NetworkFailure.Code = (500...599).contains(status) ? .serverFailure : .unexpectedAnswer
                return NetworkFailure(
                    code,
                    "\(self.authority) says that it isn't well (HTTP \(status))",
                    httpStatus: status
                )
            }
        } catch is DeadlineExceeded {
            return NetworkFailure(.timeout, "no answer from \(self.authority) in time")
        } catch {
            guard !Task.isCancelled, !(error is CancellationError) else { throw CancellationError() }
            switch HTTPVerdict(error, node: self.authority) {
            case .failed(let failure), .done(.unavailable(let failure)), .done(.refused(let failure)): return failure
            case .done(.accepted): return nil
            }
        }
    }
}
