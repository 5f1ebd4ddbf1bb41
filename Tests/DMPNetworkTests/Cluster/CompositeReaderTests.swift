import DMPNetwork
import DMPProtocol
import DNSTransport
import Testing

@Suite("A reader of a cluster and of what lies outside")
struct CompositeReaderTests {
    @Test(
        "Names go by whole labels",
        arguments: [
            ("slot-1.mb-0123456789ab.mesh.example.com", "mesh.example.com", "cluster"),
            ("mesh.example.com.", "MESH.example.com", "cluster"),
            ("MESH.example.com", "mesh.example.com.", "cluster"),
            ("mesh.example.comxyz", "mesh.example.com", "external"),
            ("xmesh.example.com", "mesh.example.com", "external"),
            ("example.com", "mesh.example.com", "external"),
            ("mesh.example.com", nil, "external"),
        ]
    )
    func routes(name: String, base: String?, expected: String) async throws {
        let clock = ErasedClock.continuous
        let cluster = ScriptedReader(.records("cluster", after: 0), clock: clock)
        let external = ScriptedReader(.records("external", after: 0), clock: clock)
        let reader = CompositeReader(base: try base.map { try ZoneName($0) }, cluster: cluster, external: external)
        let owner = try OwnerName(name)
        let deadline = clock.now.advanced(by: .seconds(5))
        #expect(try await reader.read(owner, deadline: deadline).texts == [expected])
        #expect(try await reader.read(owner, absence: .provisional, deadline: deadline).texts == [expected])
        let needs: [AbsenceNeed] = [.decisive, .provisional]
        #expect(cluster.needs == (expected == "cluster" ? needs : []))
        #expect(external.needs == (expected == "cluster" ? [] : needs))
    }
}
