internal import DMPProtocol
internal import DNSTransport
internal import DNSWire
internal import NIOCore

extension NodeResponder {
    /// Refuses who asks too often, and answers what was answered lately or needs no look at the store.
    func reflex(to message: ByteBuffer, from source: DNSSource, into answer: inout ByteBuffer) -> DNSReflex {
        let limiter = source.transport == .udp ? self.udpLimiter : self.tcpLimiter
        guard limiter.admits(source.address) else {
            self.metrics.countRateLimited()
            return .silence
        }
        if let query = PlainQuery(message.readableBytesUInt8Span) {
            return self.answerFromCache(query, message, over: source.transport, into: &answer) ? .answered : .takesTime
        }
        guard let query = self.decode(Array(message.readableBytesView)[...]) else { return .silence }
        var reply = self.beginAnswer(to: query)
        guard query.opcode == .query, !query.isSigned, self.begin(&reply, for: query) == nil else { return .takesTime }
        self.metrics.countQuery(reply.responseCode)
        answer.writeBytes(reply.encode(limit: self.byteLimit(query.edns?.udpPayloadSize, over: source.transport)))
        return .answered
    }

    private func answerFromCache(
        _ query: PlainQuery,
        _ message: ByteBuffer,
        over transport: DNSSource.Transport,
        into answer: inout ByteBuffer
    ) -> Bool {
        guard let known = self.store.answers.answer(for: query.key) else { return false }
        let now = self.now()
        guard known.holds(at: now), known.answers(query, message.readableBytesUInt8Span) else { return false }
        known.write(
            into: &answer,
            for: query,
            message,
            limit: self.byteLimit(query.payloadSize, over: transport),
            longestTimeToLive: self.timeToLive,
            now: now
        )
        self.metrics.countQuery(known.code)
        return true
    }
}

extension DNSMessage {
    var isSigned: Bool { self.additionals.contains { $0.type == .tsig } }

    /// The name of a question whose answer is worth keeping: for TXT in class IN, asked without anything unusual.
    var cacheableName: DNSName? {
        guard self.opcode == .query, self.edns?.version ?? 0 == 0, !self.isSigned, let question = self.questions.first,
            self.questions.count == 1, question.type == .txt, question.questionClass == .in
        else { return nil }
        return question.name
    }
}
