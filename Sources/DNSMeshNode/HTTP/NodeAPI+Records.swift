internal import DMPProtocol

/// `/v1/records/{name}`. Source: protocol documents, "The node's HTTP API", section 4.
extension NodeAPI {
    func read(_ text: String, _ question: HTTPQuestion, then reply: @escaping Reply) {
        if let refusal = self.refusal(of: question, isAllowed: self.access.mayRead) { return reply(refusal) }
        guard let name = RecordName(text) else { return reply(Self.values([], of: text)) }
        self.store.values(at: name, now: self.now()) { result in
            guard let found = self.value(of: result, "read") else {
                return reply(.error(.serviceUnavailable, "store unavailable"))
            }
            reply(Self.values(found, of: text))
        }
    }

    private static func values(_ values: [StoredValue], of text: String) -> HTTPAnswer {
        let list = JSONText.list(values.map(\.text))
        return .json(values.isEmpty ? .notFound : .ok, #"{"name": \#(JSONText.quoted(text)), "values": \#(list)}"#)
    }

    func publish(_ text: String, _ question: HTTPQuestion, then reply: @escaping Reply) {
        if let refusal = self.refusal(of: question, isAllowed: self.access.mayWrite) { return reply(refusal) }
        guard let object = question.object else { return reply(.error(.badRequest, "invalid body")) }
        guard case .string(let bytes)? = object["value"], let lifetime = object.lifetime else {
            return reply(.error(.badRequest, "value (str) and ttl (int > 0) required"))
        }
        let longest = self.limits.lifetime == 0 ? RecordLimits.longestLifetime : self.limits.lifetime
        guard let lifetime = UInt32(exactly: lifetime), lifetime <= longest else {
            return reply(.error(.badRequest, "ttl exceeds cap of \(longest)s"))
        }
        guard self.limits.valueBytes == 0 || bytes.count <= self.limits.valueBytes else {
            return reply(.error(.badRequest, "value exceeds cap of \(self.limits.valueBytes) bytes"))
        }
        guard let name = RecordName(text) else { return reply(.error(.badRequest, "invalid record name")) }
        guard Self.isStorable(bytes) else { return reply(.error(.badRequest, "invalid record value")) }
        let value = String(decoding: bytes, as: UTF8.self)
        self.store.publish(value, at: name, lifetime: lifetime, now: self.now()) { result in
            let answer: HTTPAnswer =
                switch self.value(of: result, "publish") {
                case .stored: Self.published
                case .tooManyValues(let limit):
                    .error(.contentTooLarge, "RRset at \(name) already holds \(limit) values")
                case .setTooLarge(let limit): .error(.contentTooLarge, "RRset at \(name) would exceed \(limit) bytes")
                case nil: .notStored
                }
            reply(answer)
        }
    }

    private static let published = HTTPAnswer.json(.created, #"{"ok": true}"#)

    func delete(_ text: String, _ question: HTTPQuestion, then reply: @escaping Reply) {
        if let refusal = self.refusal(of: question, isAllowed: self.access.mayWrite) { return reply(refusal) }
        var value: String?
        if question.body != .whole([]) {
            // Anything but one text, or nothing, is a mistake: it must not delete all values.
            guard let object = question.object else { return reply(.error(.badRequest, "invalid body")) }
            switch object["value"] {
            case .string(let bytes):
                guard Self.isStorable(bytes) else { return reply(.error(.badRequest, "invalid record value")) }
                value = String(decoding: bytes, as: UTF8.self)
            case nil: break
            default: return reply(.error(.badRequest, "invalid body"))
            }
        }
        guard let name = RecordName(text) else { return reply(.error(.badRequest, "invalid record name")) }
        self.store.delete(value, at: name) { result in
            let answer: HTTPAnswer =
                switch self.value(of: result, "delete") {
                case true: .empty(.noContent)
                case false: .empty(.notFound)
                case nil: .notStored
                }
            reply(answer)
        }
    }

    /// The bucket of the source comes before the token, so that guessing tokens costs as much as anything else.
    private func refusal(of question: HTTPQuestion, isAllowed: (HTTPQuestion) -> Bool) -> HTTPAnswer? {
        guard self.limiter.admits(question.source) else {
            var answer = HTTPAnswer.error(.tooManyRequests, "rate limit exceeded")
            answer.retryAfter = self.retryAfter
            return answer
        }
        return isAllowed(question) ? nil : .unauthorized
    }

    /// No quotation mark and no control character.
    private static func isStorable(_ value: [UInt8]) -> Bool {
        value.allSatisfy { $0 >= 0x20 && $0 != 0x7f && $0 != UInt8(ascii: "\"") }
    }
}

extension HTTPAnswer {
    /// A full disk, most of the time: whoever comes again later may find room. The log says what it is.
    fileprivate static var notStored: HTTPAnswer {
        var answer = HTTPAnswer.json(
            .serviceUnavailable,
            #"{"ok": false, "error": "the node can't store records at the moment; try again later"}"#
        )
        answer.retryAfter = 5
        return answer
    }
}

extension HTTPQuestion {
    /// The JSON object in the body; `nil` for anything else.
    fileprivate var object: JSONObject? {
        guard case .whole(let bytes) = self.body else { return nil }
        do throws(JSONError) {
            return try JSONObject(bytes[...])
        } catch {
            return nil
        }
    }
}

extension JSONObject {
    /// Seconds, 300 unless said otherwise; `nil` if it is no whole number above 0.
    fileprivate var lifetime: Int64? {
        switch self["ttl"] {
        case nil: 300
        case .integer(let seconds) where seconds > 0: seconds
        default: nil
        }
    }
}
