internal import DNSWire
private import Synchronization

/// What the node counts, in the names of the reference.
///
/// Source: protocol documents, "The node's HTTP API", section 7.
final class NodeMetrics: Sendable {
    private struct Counts {
        var requests: [RequestKind: UInt64] = [:]
        var queries: [String: UInt64] = [:]
    }

    private struct RequestKind: Hashable, Comparable {
        let method: String
        let status: Int

        static func < (left: Self, right: Self) -> Bool {
            (left.method, left.status) < (right.method, right.status)
        }
    }

    private let counts = Mutex(Counts())
    /// What happens with nearly every query, counted without a lock.
    private let answered = Atomic<UInt64>(0)
    private let denied = Atomic<UInt64>(0)
    private let rateLimited = Atomic<UInt64>(0)

    /// The method is one of those that the node knows, so that nobody can make it keep many.
    func countRequest(method: String, status: Int) {
        self.counts.withLock { $0.requests[RequestKind(method: method, status: status), default: 0] += 1 }
    }

    func countRateLimited() {
        self.rateLimited.add(1, ordering: .relaxed)
    }

    func countQuery(_ code: DNSResponseCode) {
        switch code {
        case .noError: self.answered.add(1, ordering: .relaxed)
        case .noSuchName: self.denied.add(1, ordering: .relaxed)
        default: self.countQuery(outcome: code.description.lowercased())
        }
    }

    /// - Parameter outcome: A response code in lower case, `rate_limited`, `malformed` or `tsig_failed`.
    func countQuery(outcome: String) {
        self.counts.withLock { $0.queries[outcome, default: 0] += 1 }
    }

    /// All numbers in the text format of Prometheus, version 0.0.4.
    func text(liveRecords: Int) -> String {
        var counts = self.counts.withLock { $0 }
        let frequent = [
            ("noerror", self.answered.load(ordering: .relaxed)), ("nxdomain", self.denied.load(ordering: .relaxed)),
            ("rate_limited", self.rateLimited.load(ordering: .relaxed)),
        ]
        for (outcome, count) in frequent { counts.queries[outcome, default: 0] += count }
        counts.queries = counts.queries.filter { $0.value > 0 }
        var lines = Self.head("dmp_dns_queries_total", "counter", "DNS messages by outcome")
        for (outcome, count) in counts.queries.sorted(by: { $0.key < $1.key }) {
            lines.append("dmp_dns_queries_total{outcome=\"\(outcome)\"} \(Double(count))")
        }
        lines += Self.head("dmp_http_requests_total", "counter", "HTTP requests by method and status")
        for (kind, count) in counts.requests.sorted(by: { $0.key < $1.key }) {
            lines.append(
                "dmp_http_requests_total{method=\"\(kind.method)\",status=\"\(kind.status)\"} \(Double(count))"
            )
        }
        lines += Self.head("dmp_records", "gauge", "Live records")
        lines.append("dmp_records \(Double(liveRecords))")
        return lines.joined(separator: "\n") + "\n"
    }

    private static func head(_ name: String, _ type: String, _ help: String) -> [String] {
        ["# HELP \(name) \(help)", "# TYPE \(name) \(type)"]
    }
}
