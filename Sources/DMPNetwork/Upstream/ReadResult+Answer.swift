private import DMPProtocol
package import DNSWire

extension ReadResult {
    /// The most aliases (CNAME) that are followed inside one answer.
    package static let aliasLimit = 8

    /// What `answer` of `upstream` says about the TXT values at `name`.
    ///
    /// Only records of that name count, or of the name at the end of its aliases. A name counts as absent if the answer
    /// says so: NXDOMAIN, or no data. A server that points at other servers, or knows only the alias, doesn't.
    package init(_ answer: DNSMessage, about name: DNSName, from upstream: String) {
        func failure(_ code: NetworkFailure.Code, _ message: String) -> ReadResult {
            .unavailable(NetworkFailure(code, "\(upstream) \(message)"))
        }
        switch answer.responseCode {
        case .noError: break
        case .noSuchName:
            self = .absent
            return
        case .refused:
            self = failure(.refused, "refused to answer (REFUSED)")
            return
        case .serverFailure:
            self = failure(.serverFailure, "failed (SERVFAIL)")
            return
        default:
            self = failure(.unexpectedAnswer, "answered \(answer.responseCode)")
            return
        }
        guard !answer.isTruncated else {
            self = failure(.malformedAnswer, "cut its answer short")
            return
        }
        guard let final = answer.endOfAliases(from: name) else {
            self = failure(.unexpectedAnswer, "answered with aliases without an end")
            return
        }
        let values = answer.texts(at: final)
        if !values.isEmpty {
            self = .records(values)
        } else if answer.provesNoData(behindAlias: final != name) {
            self = .absent
        } else {
            self = failure(.unexpectedAnswer, "doesn't know the name and points elsewhere")
        }
    }
}

extension DNSMessage {
    /// The name to which the aliases of `name` lead, or `nil` if there are too many.
    func endOfAliases(from name: DNSName) -> DNSName? {
        var aliases: [DNSName: DNSName] = [:]
        for record in self.answers where record.recordClass == .in {
            if case .cname(let target) = record.data { aliases[record.name] = target }
        }
        var name = name
        for _ in 0...ReadResult.aliasLimit {
            guard let target = aliases[name] else { return name }
            name = target
        }
        return nil
    }

    fileprivate func texts(at name: DNSName) -> [TXTValue] {
        self.answers.compactMap { record in
            guard case .txt(let data) = record.data, record.recordClass == .in, record.name == name else { return nil }
            return TXTValue(data.joined)
        }
    }

    /// Whether an answer without the data asked for says that there is none (RFC 2308, section 2.2).
    ///
    /// A referral has NS records without a SOA and no authority. Behind an alias, a server that isn't recursive may
    /// simply not know the target.
    fileprivate func provesNoData(behindAlias: Bool) -> Bool {
        let types = self.authorities.map(\.type)
        if types.contains(.soa) { return true }
        if behindAlias { return self.isRecursionAvailable }
        return self.isAuthoritative || !types.contains(.ns)
    }
}
