internal import DMPProtocol
internal import DNSTransport
internal import DNSWire
internal import Logging

/// Answers DNS messages from the record store.
///
/// Source: protocol documents, "The node's DNS server", sections 2 to 4 and 12.
struct NodeResponder: DNSResponder {
    let store: RecordStore
    let zone: ServedZone?
    /// Whether it leaves names outside its zone to others, unless it holds records there. A node that lets anybody
    /// publish any name doesn't: each name is as much its own as the next.
    let refusesForeignNames: Bool
    let timeToLive: UInt32
    let udpLimiter: SourceLimiter
    let tcpLimiter: SourceLimiter
    let metrics: NodeMetrics
    let now: @Sendable () -> UnixSeconds
    let logger: Logger

    func respond(to message: ArraySlice<UInt8>, from source: DNSSource) async -> [UInt8]? {
        let limiter = source.transport == .udp ? self.udpLimiter : self.tcpLimiter
        guard limiter.admits(source.address) else {
            self.metrics.countQuery(outcome: "rate_limited")
            return nil
        }
        let query: DNSMessage
        do throws(DNSDecodeError) {
            var reader = DNSReader(message)
            guard try !DNSHeader(from: &reader).isResponse else { return nil }
            query = try DNSMessage(decoding: message)
        } catch {
            self.metrics.countQuery(outcome: "malformed")
            return nil
        }
        guard let answer = await self.answer(to: query) else { return nil }
        self.metrics.countQuery(outcome: answer.responseCode.description.lowercased())
        return answer.encode(limit: self.byteLimit(for: query, over: source.transport))
    }

    /// Over UDP what the client can take, but never more than passes without fragments; over TCP everything.
    private func byteLimit(for query: DNSMessage, over transport: DNSSource.Transport) -> Int {
        guard transport == .udp else { return DNSMessage.maximumByteCount }
        guard let edns = query.edns else { return 512 }
        return Int(min(max(edns.udpPayloadSize, 512), EDNS.safePayloadSize))
    }

    /// The whole answer to a message, not yet cut for a transport.
    ///
    /// - Returns: `nil` for no answer, if the node is being stopped.
    func answer(to query: DNSMessage) async -> DNSMessage? {
        var answer = DNSMessage(answering: query)
        if query.edns != nil { answer.edns = EDNS() }
        do {
            try await self.fill(&answer, for: query)
        } catch is CancellationError {
            return nil
        } catch {
            self.logger.error("a DNS query could not be answered: \(error)")
            answer.responseCode = .serverFailure
        }
        return answer
    }

    private func fill(_ answer: inout DNSMessage, for query: DNSMessage) async throws {
        guard query.opcode == .query else {
            answer.responseCode = self.refusal(ofOpcode: query)
            return
        }
        guard query.edns?.version ?? 0 == 0 else {
            answer.responseCode = .badVersion
            return
        }
        guard let question = query.questions.first, query.questions.count == 1 else {
            answer.questions = []
            answer.responseCode = .formatError
            return
        }
        guard !query.additionals.contains(where: { $0.type == .tsig }) else {
            // No key is known, so none can have signed this.
            answer.questions = []
            answer.responseCode = .notAuthorized
            return
        }
        guard question.questionClass == .in else {
            answer.responseCode = .refused
            return
        }
        try await self.fill(&answer, for: question)
    }

    /// This node takes no updates: NOTAUTH for zones that it doesn't serve, REFUSED for its own. NOTIMP for the rest.
    private func refusal(ofOpcode query: DNSMessage) -> DNSResponseCode {
        guard query.opcode == .update else { return .notImplemented }
        guard let zone = query.questions.first, query.questions.count == 1 else { return .formatError }
        return zone.name == self.zone?.name ? .refused : .notAuthorized
    }
}
