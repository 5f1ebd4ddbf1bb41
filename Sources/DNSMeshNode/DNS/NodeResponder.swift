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
    /// Takes signed messages, if anybody has a key.
    var updates: UpdateResponder?

    /// Answers with a look at the store. What needs none was answered by ``reflex(to:from:into:)``.
    func respond(to message: ArraySlice<UInt8>, from source: DNSSource) async -> [UInt8]? {
        guard let query = self.decode(message) else { return nil }
        let limit = self.byteLimit(query.edns?.udpPayloadSize, over: source.transport)
        if let updates = self.updates,
            let reply = await updates.reply(to: message, query, limit: limit, answer: { await self.answer(to: $0) })
        {
            self.metrics.countQuery(outcome: reply.outcome)
            return reply.bytes
        }
        guard let answer = await self.answer(to: query) else { return nil }
        self.metrics.countQuery(answer.responseCode)
        return answer.encode(limit: limit)
    }

    /// - Returns: `nil` for an answer, and for what is no message at all.
    func decode(_ message: ArraySlice<UInt8>) -> DNSMessage? {
        do throws(DNSDecodeError) {
            var reader = DNSReader(message)
            guard try !DNSHeader(from: &reader).isResponse else { return nil }
            return try DNSMessage(decoding: message)
        } catch {
            self.metrics.countQuery(outcome: "malformed")
            return nil
        }
    }

    /// Over UDP what the client can take, but never more than passes without fragments; over TCP everything.
    func byteLimit(_ payloadSize: UInt16?, over transport: DNSSource.Transport) -> Int {
        guard transport == .udp else { return DNSMessage.maximumByteCount }
        guard let payloadSize else { return 512 }
        return Int(min(max(payloadSize, 512), EDNS.safePayloadSize))
    }

    func beginAnswer(to query: DNSMessage) -> DNSMessage {
        var answer = DNSMessage(answering: query)
        if query.edns != nil { answer.edns = EDNS() }
        return answer
    }

    /// The whole answer to a message, not yet cut for a transport. It is kept for those who ask next.
    ///
    /// - Returns: `nil` for no answer, if the node is being stopped.
    func answer(to query: DNSMessage) async -> DNSMessage? {
        var answer = self.beginAnswer(to: query)
        let load = query.cacheableName.map { self.store.answers.beginLoad(of: $0) }
        var kept: CachedAnswer?
        defer { if let load { self.store.answers.finish(load, with: kept) } }
        do {
            guard let question = self.begin(&answer, for: query) else { return answer }
            let now = self.now()
            let ends = try await self.fill(&answer, for: question, now: now)
            if load != nil { kept = CachedAnswer(answer, made: now, ends: ends) }
        } catch is CancellationError {
            return nil
        } catch {
            self.logger.error("a DNS query could not be answered: \(error)")
            answer.responseCode = .serverFailure
        }
        return answer
    }

    /// Answers what needs no look at the store.
    ///
    /// - Returns: The question that needs one; `nil` if the answer is complete.
    func begin(_ answer: inout DNSMessage, for query: DNSMessage) -> DNSQuestion? {
        guard query.opcode == .query else {
            answer.responseCode = self.refusal(ofOpcode: query)
            return nil
        }
        guard query.edns?.version ?? 0 == 0 else {
            answer.responseCode = .badVersion
            return nil
        }
        guard let question = query.questions.first, query.questions.count == 1 else {
            answer.questions = []
            answer.responseCode = .formatError
            return nil
        }
        guard !query.isSigned else {
            // No key is known, so none can have signed this.
            answer.questions = []
            answer.responseCode = .notAuthorized
            return nil
        }
        guard question.questionClass == .in else {
            answer.responseCode = .refused
            return nil
        }
        return self.fillWithoutStore(&answer, for: question) ? nil : question
    }

    /// Updates without a signature: NOTAUTH for zones that it doesn't serve, REFUSED for its own. NOTIMP for the rest.
    private func refusal(ofOpcode query: DNSMessage) -> DNSResponseCode {
        guard query.opcode == .update else { return .notImplemented }
        guard let zone = query.questions.first, query.questions.count == 1 else { return .formatError }
        return zone.name == self.zone?.name ? .refused : .notAuthorized
    }
}
