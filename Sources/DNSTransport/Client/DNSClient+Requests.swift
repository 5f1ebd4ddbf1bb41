import DNSWire

extension DNSClient {
    /// Sends a request of any kind, such as an update, and waits for its answer.
    ///
    /// The request goes out as it is but for its id, which is drawn anew; over UDP it is sent again while no answer comes.
    /// Nothing is concluded from the answer: not even from TC.
    ///
    /// - Parameters:
    ///   - request: A whole message with one question or zone, its name in full.
    ///   - overTCP: Whether it goes over TCP.
    ///   - deadline: When to give up.
    /// - Returns: The bytes of an answer with the same opcode, and the same question or none.
    /// - Throws: ``DNSTransportError``; `DNSDecodeError` for a request without a question; `CancellationError`.
    package func request(_ request: [UInt8], overTCP: Bool, deadline: ErasedClock.Instant) async throws -> [UInt8] {
        var reader = DNSReader(request[...])
        _ = try DNSHeader(from: &reader)
        _ = try DNSQuestion(from: &reader)
        return try await self.exchange(
            request,
            questionEnd: reader.offset,
            transport: overTCP ? .tcp : .udp,
            deadline: deadline
        ).bytes
    }
}
