import DMPNetwork
import DMPProtocol
import DMPTesting
import DNSTransport
import DNSWire
import Testing

/// Reads over real sockets, ended after one, two, three... turns of the scheduler.
@Suite("Cancelled reads and their sockets", .timeLimit(.minutes(2)))
struct SocketTests {
    private let clock = ErasedClock(ManualClock())

    /// Cuts every answer over UDP, and answers or hangs over TCP.
    private static func server(answersOverTCP: Bool) -> ScriptedDNSServer {
        let long = [[UInt8](repeating: 0x61, count: 2_000)]
        return ScriptedDNSServer { query, overTCP in
            if !overTCP { return query.answered(texts: long, limit: 512) }
            if answersOverTCP { return query.answered(texts: long) }
            let (ends, end) = AsyncStream<Never>.makeStream()  // hangs until the server ends
            await withTaskCancellationHandler {
                for await _ in ends {}
            } onCancel: {
                end.finish()
            }
            return nil
        }
    }

    @Test("A cancelled read leaves no query at its client, which leaves no socket", arguments: [true, false])
    func reads(answersOverTCP: Bool) async throws {
        let name = try OwnerName("slot-1.mb-0123456789ab.mesh.test")
        try await Self.server(answersOverTCP: answersOverTCP).run { upstream in
            for turns in 0..<150 {
                let client = try await withDNSClient(upstream, clock: self.clock) { client in
                    let reader = UpstreamReader(client, width: 1)
                    let deadline = self.clock.now.advanced(by: .seconds(5))
                    await withTaskGroup(of: Void.self) { group in
                        for _ in 0..<2 {  // the second waits for the permit of the first
                            group.addTask { do { _ = try await reader.read(name, deadline: deadline) } catch {} }
                        }
                        for _ in 0..<turns * 3 { await Task.yield() }
                        group.cancelAll()
                    }
                    #expect(client.load.queries == 0)
                    return client
                }
                await Self.until { client.load == (0, 0) }
            }
        }
    }

    @Test("A pool that is ended in the middle of its reads leaves no socket open")
    func pools() async throws {
        let name = try OwnerName("slot-1.mb-0123456789ab.mesh.test")
        let servers = [false, true].map { Self.server(answersOverTCP: $0) }
        try await ScriptedDNSServer.run(servers) { addresses in
            let clients = addresses.map { DNSClient($0, clock: self.clock) }
            let upstreams = clients.map {
                ResolverPool.Upstream(address: "\($0.upstream)", reader: UpstreamReader($0))
            }
            await withTaskGroup(of: Void.self) { group in
                for client in clients { group.addTask { await client.run() } }
                for turns in 0..<60 {
                    let deadline = self.clock.now.advanced(by: .seconds(5))
                    let reading = Task {
                        try await withResolverPool(upstreams, clock: self.clock) { pool in
                            try await pool.read(name, deadline: deadline)
                        }
                    }
                    for _ in 0..<turns * 5 { await Task.yield() }
                    reading.cancel()
                    _ = await reading.result
                    #expect(clients.map(\.load.queries) == [0, 0])
                }
                group.cancelAll()
            }
            await Self.until { clients.allSatisfy { $0.load == (0, 0) } }
        }
    }

    private static func until(_ condition: () -> Bool) async {
        while !condition() { await Task.yield() }
    }
}
