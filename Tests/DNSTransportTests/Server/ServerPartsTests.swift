import DMPTesting
import DNSWire
import Logging
import NIOCore
import NIOPosix
import Testing

@testable import DNSTransport

@Suite("Parts of a DNS server", .timeLimit(.minutes(1)))
struct ServerPartsTests {
    private func request(_ byte: UInt8) throws -> ServerRequest {
        ServerRequest(
            bytes: [byte],
            source: DNSSource(address: .v4(.loopback), port: 1, transport: .udp),
            replyPath: .datagram(try SocketAddress(ipAddress: "127.0.0.1", port: 1), socket: 0)
        )
    }

    @Test("A queue keeps the order, refuses what is too much, and ends its workers")
    func queue() async throws {
        let queue = WorkQueue(capacity: 2)
        #expect(queue.submit(try self.request(1)))
        #expect(queue.submit(try self.request(2)))
        #expect(!queue.submit(try self.request(3)))
        #expect(await queue.next()?.bytes == [1])
        #expect(await queue.next()?.bytes == [2])
        async let third = queue.next()
        while !queue.submit(try self.request(4)) { await Task.yield() }
        #expect(await third?.bytes == [4])
        async let fourth = queue.next()
        queue.close()
        #expect(await fourth == nil)
        #expect(await queue.next() == nil)
        #expect(!queue.submit(try self.request(5)))
    }

    @Test("A UDP socket that the system ended is opened again at the same port")
    func reopening() async throws {
        let queue = WorkQueue(capacity: 10)
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let free = try await DatagramBootstrap(group: loop).bind(host: "127.0.0.1", port: 0).get()
        let address = try #require(free.localAddress)
        try await free.close()
        let port = DatagramPort(
            address: address,
            number: 0,
            eventLoop: loop,
            responder: EchoResponder(),
            queue: queue,
            logger: Logger(label: "test")
        ) { error in
            Issue.record("the socket was not opened again: \(error)")
        }
        try await port.open(sharesPort: false).get()
        // Nothing can be sent to port 0: the system refuses, and NIO closes the socket.
        port.send([1], to: try SocketAddress(ipAddress: "127.0.0.1", port: 0))
        let client = try await DatagramBootstrap(group: loop).bind(host: "127.0.0.1", port: 0).get()
        // All of this runs on one event loop, so that the first socket is gone by now.
        let received = EventLog<[UInt8]>()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { if let request = await queue.next() { received.append(request.bytes) } }
            while received.count == 0 {
                try await client.writeAndFlush(
                    AddressedEnvelope(remoteAddress: address, data: ByteBuffer(bytes: [7]))
                )
            }
        }
        #expect(await received.first(1) == [[7]])
        await port.close()
        try await client.close()
    }

    @Test(
        "Answers go to one host, not to a group or to nobody",
        arguments: [
            ("127.0.0.1", true), ("192.0.2.1", true), ("223.255.255.255", true), ("224.0.0.1", false),
            ("255.255.255.255", false), ("0.0.0.0", false), ("::1", true), ("2001:db8::1", true), ("ff02::1", false),
            ("::", false),
        ]
    )
    func unicast(_ text: String, expected: Bool) throws {
        #expect(try #require(IPAddress(text)).isUnicast == expected)
    }
}
