import DNSTransport
import Testing

/// The error with which an operation fails; a test that goes on without one has failed.
func thrownError(_ operation: () async throws -> some Sendable) async -> (any Error)? {
    do {
        let value = try await operation()
        Issue.record("no error, but \(value)")
        return nil
    } catch {
        return error
    }
}

func transportError(_ operation: () async throws -> some Sendable) async -> DNSTransportError? {
    let error = await thrownError(operation)
    if let error, !(error is DNSTransportError) { Issue.record("another error: \(error)") }
    return error as? DNSTransportError
}
