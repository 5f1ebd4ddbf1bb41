import Testing

@testable import DNSMeshNode

@Suite("Metrics")
struct NodeMetricsTests {
    @Test("The text has the names of the reference, in their order")
    func text() {
        let metrics = NodeMetrics()
        metrics.countQuery(outcome: "nxdomain")
        for _ in 0..<3 { metrics.countQuery(outcome: "noerror") }
        metrics.countRequest(method: "POST", status: 201)
        metrics.countRequest(method: "GET", status: 404)
        metrics.countRequest(method: "GET", status: 200)
        #expect(
            metrics.text(liveRecords: 7) == """
                # HELP dmp_dns_queries_total DNS messages by outcome
                # TYPE dmp_dns_queries_total counter
                dmp_dns_queries_total{outcome="noerror"} 3.0
                dmp_dns_queries_total{outcome="nxdomain"} 1.0
                # HELP dmp_http_requests_total HTTP requests by method and status
                # TYPE dmp_http_requests_total counter
                dmp_http_requests_total{method="GET",status="200"} 1.0
                dmp_http_requests_total{method="GET",status="404"} 1.0
                dmp_http_requests_total{method="POST",status="201"} 1.0
                # HELP dmp_records Live records
                # TYPE dmp_records gauge
                dmp_records 7.0

                """
        )
    }
}
