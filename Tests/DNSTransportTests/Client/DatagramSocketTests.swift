import DMPTesting
import DNSTransport
import DNSWire
import NIOCore
import NIOPosix
import Synchronization
import Testing

@Suite("The sockets of a DNS client over UDP", .timeLimit(.minutes(1)))
struct DatagramSocketTests {
    private let clock = ErasedClock(ManualClock())

    private var soon: ErasedClock.Instant { self.clock.now.advanced(by: .seconds(30)) }

    @Test("Nobody at the address is told apart from silence")
    func refused() async throws {
        let address = try await ScriptedServer.with { $0.address }  // and closed again
        let error = await transportError {
            try await withDNSClient(address, clock: self.clock) { client in
                try await client.query(DNSName("a.example"), type: .txt, deadline: self.soon)
            }
        }
        #expect(error?.code == .refused, "\(String(describing: error))")
        #expect(error?.underlying != nil)
    }

    @Test("Of many queries to nobody each one is told so, also those that come while a socket ends")
    func refusedMany() async throws {
        let address = try await ScriptedServer.with { $0.address }  // and closed again
        let codes = try await withDNSClient(address, clock: self.clock) { client in
            await withTaskGroup(of: [DNSTransportError.Code?].self) { group in
                for task in 0..<8 {
                    group.addTask {
                        var codes: [DNSTransportError.Code?] = []
                        for index in 0..<50 {
                            let error = await transportError {
                                try await client.query(
                                    DNSName("a\(task)-\(index).example"),
                                    type: .txt,
                                    deadline: self.soon
                                )
                            }
                            codes.append(error?.code)
                        }
                        return codes
                    }
                }
                return await group.reduce(into: []) { $0 += $1 }
            }
        }
        #expect(codes.count == 400)
        #expect(Set(codes) == [.refused])
    }

    @Test("A zone that names no interface can't be reached")
    func unknownZone() async throws {
        let address = try UpstreamAddress("fe80::1%nosuchif0")
        let error = await transportError {
            try await withDNSClient(address, clock: self.clock) { client in
                try await client.query(DNSName("a.example"), type: .txt, deadline: self.soon)
            }
        }
        #expect(error?.code == .unreachable)
    }

    @Test("Many queries share a few sockets, which are replaced as they get used")
    func manyQueries() async throws {
        let script: ScriptedServer.DatagramScript = { query in
            let name = (try? question(of: query.bytes).name.lowercased().description) ?? ""
            return [.reply(answer(to: query.bytes, value: Array(name.utf8)))]
        }
        var configuration = DNSClientConfiguration()
        configuration.queriesPerSocket = 20
        try await ScriptedServer.with(udp: script) { server in
            try await withDNSClient(server.address, configuration: configuration, clock: self.clock) { client in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for index in 0..<500 {
                        if index >= 32 { try await group.next() }
                        group.addTask {
                            let name = try DNSName("name-\(index).example")
                            let message = try await client.query(name, type: .txt, deadline: self.soon)
                            #expect(message.texts == [name.description])
                        }
                    }
                    try await group.waitForAll()
                }
            }
            let ports = Set(await server.datagrams(500).map(\.peer))
            #expect(ports.count >= 15)
        }
    }
}
