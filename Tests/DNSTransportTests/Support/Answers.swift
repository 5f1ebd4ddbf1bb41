import DNSWire
import Testing

/// An answer to a query: one TXT record with `value`, changed by `edit`.
func answer(
    to query: [UInt8],
    value: [UInt8] = Array("hello".utf8),
    _ edit: (inout DNSMessage) -> Void = { _ in }
) -> [UInt8] {
    do {
        let query = try DNSMessage(decoding: query[...])
        var answer = DNSMessage(answering: query)
        answer.edns = query.edns.map { _ in EDNS() }
        let name = query.questions.first?.name ?? .root
        answer.answers = [DNSRecord(name: name, timeToLive: 60, data: .txt(TXTData(value)))]
        edit(&answer)
        return answer.encode()
    } catch {
        Issue.record("the client sent no DNS message: \(error)")
        return []
    }
}

/// The same message with a header that has TC set and nothing after the question.
func truncatedAnswer(to query: [UInt8]) -> [UInt8] {
    answer(to: query) {
        $0.isTruncated = true
        $0.answers = []
    }
}

func question(of query: [UInt8]) throws -> DNSQuestion {
    try #require(try DNSMessage(decoding: query[...]).questions.first)
}

extension DNSMessage {
    /// The values of the TXT records in the answer.
    var values: [[UInt8]] {
        self.answers.compactMap { record in
            guard case .txt(let data) = record.data else { return nil }
            return data.joined
        }
    }

    var texts: [String] { self.values.map { String(decoding: $0, as: UTF8.self) } }
}
