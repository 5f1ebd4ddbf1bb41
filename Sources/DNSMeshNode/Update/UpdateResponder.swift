internal import DMPProtocol
internal import DNSWire
internal import Logging

/// Answers signed messages, updates above all.
///
/// Source: RFC 8945, section 5; protocol documents, "The node's DNS server", sections 6 to 8.
struct UpdateResponder: Sendable {
    let keys: UpdateKeys
    let rules: UpdateRules
    let store: any UpdateStore
    let replays: UpdateReplays
    let now: @Sendable () -> UnixSeconds
    let logger: Logger

    /// An answer, and how it is counted.
    struct Reply: Sendable {
        let bytes: [UInt8]
        let outcome: String
    }

    /// - Parameters:
    ///   - message: A request.
    ///   - query: The same, decoded.
    ///   - limit: The most bytes of the answer.
    ///   - answer: Answers what isn't an update, and no longer signed; `nil` while the node stops.
    /// - Returns: `nil` for a message without signature, which is no concern of this type, and while the node stops.
    func reply(
        to message: ArraySlice<UInt8>,
        _ query: DNSMessage,
        limit: Int,
        answer: (DNSMessage) async -> DNSMessage?
    ) async -> Reply? {
        let signed: TSIGMessage
        do throws(DNSDecodeError) {
            guard let found = try TSIGMessage(message) else { return nil }
            signed = found
        } catch {
            return self.failure(.formatError, query)
        }
        guard let key = self.keys.find(signed.keyName, algorithm: signed.data.algorithm) else {
            return self.unsigned(.badKey, query, signed)
        }
        let now = self.now()
        do throws(TSIGFailure) {
            try signed.verify(with: key.key, now: now.rawValue)
        } catch {
            return self.reply(to: error, of: key.key, query, signed, now: now)
        }
        var bare = query
        bare.additionals.removeAll { $0.type == .tsig }
        let reply =
            if query.opcode == .update {
                await self.update(bare, signed, by: key, now: now)
            } else {
                await answer(bare)
            }
        guard let reply else { return nil }
        return self.sign(reply, with: key.key, answering: signed, limit: limit, now: now)
    }

    // MARK: Updates

    private func update(_ query: DNSMessage, _ signed: TSIGMessage, by key: UpdateKey, now: UnixSeconds) async
        -> DNSMessage?
    {
        var answer = DNSMessage(answering: query)
        answer.isAuthoritative = true
        if query.edns != nil { answer.edns = EDNS() }
        guard query.edns?.version ?? 0 == 0 else {
            answer.responseCode = .badVersion
            return answer
        }
        let signature = signed.keyName.lowercased().wireForm + signed.data.code
        if let code = self.replays.find(signature, now: now.rawValue) {
            answer.responseCode = code
            return answer
        }
        do {
            let update = try self.rules.read(query, by: key.scope, now: now)
            answer.responseCode = try await self.store.apply(update, now: now)
        } catch let refusal as UpdateRefusal {
            answer.responseCode = refusal.code
        } catch is CancellationError {
            return nil
        } catch {
            self.logger.error("an update could not be stored: \(error)")
            answer.responseCode = .serverFailure
            return answer  // and not remembered: the same message may be tried again
        }
        self.replays.remember(signature, answer.responseCode, now: now.rawValue)
        return answer
    }

    // MARK: Answers

    private func sign(
        _ answer: DNSMessage,
        with key: TSIGKey,
        answering request: TSIGMessage,
        limit: Int,
        now: UnixSeconds
    ) -> Reply? {
        let bytes = answer.encode(limit: max(DNSHeader.byteCount, limit - key.byteCount))
        guard let signed = key.sign(bytes, at: now.rawValue, answering: request.data.code) else { return nil }
        return Reply(bytes: signed.bytes, outcome: answer.responseCode.description.lowercased())
    }

    private func reply(
        to failure: TSIGFailure,
        of key: TSIGKey,
        _ query: DNSMessage,
        _ request: TSIGMessage,
        now: UnixSeconds
    ) -> Reply {
        switch failure {
        case .malformed:
            return self.failure(.formatError, query)
        case .badKey, .badSignature:
            return self.unsigned(failure.error, query, request)
        case .badTime, .badTruncation:
            // The client's own time, so that it can verify what tells it the right one (RFC 8945, 5.2.3).
            let isTime = failure == .badTime
            let signed = key.sign(
                DNSMessage(answering: query, responseCode: .notAuthorized).encode(),
                at: isTime ? request.data.timeSigned : now.rawValue,
                fudge: request.data.fudge,
                answering: request.data.code,
                error: failure.error,
                otherData: isTime ? TSIGData.otherData(serverTime: now.rawValue) : []
            )
            return signed.map { Reply(bytes: $0.bytes, outcome: Self.failed) } ?? self.failure(.notAuthorized, query)
        }
    }

    /// NOTAUTH with a TSIG record that says why, but has no code: there is no key to make one with.
    private func unsigned(_ error: TSIGError, _ query: DNSMessage, _ request: TSIGMessage) -> Reply {
        let data = TSIGData(
            algorithm: request.data.algorithm,
            timeSigned: request.data.timeSigned,
            fudge: request.data.fudge,
            originalID: request.data.originalID,
            error: error
        )
        let answer = DNSMessage(answering: query, responseCode: .notAuthorized).encode()
        let bytes = data.appended(to: answer, keyName: request.keyName) ?? answer
        return Reply(bytes: bytes, outcome: Self.failed)
    }

    /// A header alone: what was asked can't be trusted to be that.
    private func failure(_ code: DNSResponseCode, _ query: DNSMessage) -> Reply {
        var answer = DNSMessage(answering: query, responseCode: code)
        answer.questions = []
        return Reply(bytes: answer.encode(), outcome: Self.failed)
    }

    private static let failed = "tsig_failed"
}
