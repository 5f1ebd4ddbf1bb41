import DNSWire
import Testing

@testable import DNSMeshNode

@Suite("Counts of HTTP connections")
struct ConnectionCountsTests {
    @Test("A source may open so many, and one more when one closes")
    func perSource() throws {
        let source = try #require(IPAddress("192.0.2.1"))
        let other = try #require(IPAddress("192.0.2.2"))
        var counts = ConnectionCounts(maximum: 100, maximumPerSource: 2)
        let opened = [source, source, source, other].map { counts.open(from: $0) }
        #expect(opened == [true, true, false, true])
        counts.close(from: source)
        let after = [source, source].map { counts.open(from: $0) }
        #expect(after == [true, false])
    }

    @Test("Loopback is only held to the total")
    func total() throws {
        let other = try #require(IPAddress("192.0.2.1"))
        var counts = ConnectionCounts(maximum: 3, maximumPerSource: 1)
        let local = IPAddress.v4(.loopback)
        let opened = [local, local, local, local, other].map { counts.open(from: $0) }
        #expect(opened == [true, true, true, false, false])
        counts.close(from: local)
        let after = counts.open(from: other)
        #expect(after)
    }
}
