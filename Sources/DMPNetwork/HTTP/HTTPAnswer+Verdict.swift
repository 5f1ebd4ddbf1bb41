/// What an answer, or its absence, means for a write.
package enum HTTPVerdict: Hashable, Sendable {
    case done(WriteResult)
    /// May be tried again, as ``RetryBackoff`` allows.
    case failed(NetworkFailure)
}

extension HTTPAnswer {
    /// The meaning of the statuses.
    ///
    /// | Status                  | Result                                                              |
    /// |-------------------------|---------------------------------------------------------------------|
    /// | 201, 204                | accepted                                                            |
    /// | 404 to DELETE           | accepted: nothing is there                                          |
    /// | 400, 413                | refused: `refused`, `tooLarge`, `lifetimeTooLong`, `nameFull`       |
    /// | 401, 403                | refused: `unauthorized`                                             |
    /// | 429                     | tried again: `rateLimited`                                          |
    /// | 500...599, but not 501  | tried again: `serverFailure`                                        |
    /// | 501                     | unavailable: `serverFailure`; a node that takes no records          |
    /// | others                  | unavailable: `unexpectedAnswer`, redirects among them               |
    package func verdict(on method: RecordRequest.Method) -> HTTPVerdict {
        switch self.status {
        case 201, 204: .done(.accepted)
        case 404 where method == .delete: .done(.accepted)
        case 400, 413: .done(.refused(self.refusal))
        case 401, 403: .done(.refused(self.failure(.unauthorized, "the node doesn't accept this credential here")))
        case 429: .failed(self.failure(.rateLimited, "the node asks for fewer requests"))
        case 501: .done(.unavailable(self.failure(.serverFailure, "the node takes no records over HTTP")))
        case 500...599: .failed(self.failure(.serverFailure, "the node failed"))
        case 300...399:
            .done(.unavailable(self.failure(.unexpectedAnswer, "the endpoint has moved; set it to the new address")))
        default: .done(.unavailable(self.failure(.unexpectedAnswer, "this isn't the answer of a node")))
        }
    }

    /// A refusal by the caps, which nodes tell apart only by their text.
    private var refusal: NetworkFailure {
        if let limit = self.number(between: "ttl exceeds cap of ", and: "s") {
            return self.failure(.lifetimeTooLong, "the node keeps values for \(limit) s at most", limit: limit)
        }
        if let limit = self.number(between: "value exceeds cap of ", and: " bytes") {
            return self.failure(.tooLarge, "the node takes values of at most \(limit) bytes", limit: limit)
        }
        if let text = self.errorText, text.hasPrefix("RRset at "), let start = text.firstRange(of: " already holds ") {
            let limit = Int(text[start.upperBound...].prefix(9).prefix { $0 != " " })
            return self.failure(.nameFull, "the name holds as many values as the node allows", limit: limit)
        }
        if self.status == 413 { return self.failure(.tooLarge, "the request is too large for the node") }
        return self.failure(.refused, "the node refused the record")
    }

    private func number(between prefix: String, and suffix: String) -> Int? {
        guard let text = self.errorText, text.hasPrefix(prefix), text.hasSuffix(suffix) else { return nil }
        return Int(text.dropFirst(prefix.count).dropLast(suffix.count))
    }

    private func failure(_ code: NetworkFailure.Code, _ message: String, limit: Int? = nil) -> NetworkFailure {
        let words = self.errorText.map { ": \($0)" } ?? ""
        return NetworkFailure(
            code,
            "\(message) (HTTP \(self.status)\(words))",
            httpStatus: self.status,
            retryAfter: self.retryAfter,
            limit: limit
        )
    }
}
