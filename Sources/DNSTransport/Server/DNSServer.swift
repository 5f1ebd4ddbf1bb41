package import DNSWire
import NIOCore

/// A DNS server's sockets: UDP and TCP at one port, and the workers that answer.
///
/// Bind it, then keep ``run()`` going. Requests that come in between wait.
package final class DNSServer: Sendable {
    package let host: DNSWire.IPAddress
    /// The port of both transports.
    package let port: Int

    private let configuration: DNSServerConfiguration
    private let responder: any DNSResponder
    private let queue: WorkQueue
    private let connections: ConnectionTable
    private let deadlines: DeadlineLoop
    private let listener: any Channel
    private let datagrams: [DatagramPort]
    private let failure: Failure

    init(
        configuration: DNSServerConfiguration,
        port: Int,
        responder: any DNSResponder,
        parts: Parts,
        listener: any Channel,
        datagrams: [DatagramPort]
    ) {
        self.host = configuration.host
        self.port = port
        self.configuration = configuration
        self.responder = responder
        self.queue = parts.queue
        self.connections = parts.connections
        self.deadlines = parts.deadlines
        self.failure = parts.failure
        self.listener = listener
        self.datagrams = datagrams
    }

    /// Answers until it is cancelled or ``shutdown()`` is called, then finishes what is being worked on.
    ///
    /// To be called once.
    ///
    /// - Throws: ``DNSTransportError`` if a socket was lost and couldn't be opened again.
    package func run() async throws {
        await withTaskCancellationHandler {
            await withDiscardingTaskGroup { group in
                group.addTask { await self.deadlines.run { self.connections.closeDue(at: $0) } }
                await self.work(width: self.configuration.maximumInFlight)
                group.cancelAll()
            }
        } onCancel: {
            self.shutdown()
        }
        await self.close()
        if let error = self.failure.error { throw error }
    }

    /// How many TCP connections are open.
    package var connectionCount: Int { self.connections.count }

    /// Lets ``run()`` end. What waits is dropped, what is being worked on is answered.
    package func shutdown() {
        self.queue.close()
    }

    private func work(width: Int) async {
        await withDiscardingTaskGroup { group in
            for _ in 0..<max(1, width) {
                group.addTask {
                    while let request = await self.queue.next() { await self.answer(request) }
                }
            }
        }
    }

    private func answer(_ request: ServerRequest) async {
        let answer = await self.responder.respond(to: request.bytes[...], from: request.source)
        switch request.replyPath {
        case .datagram(let address, let socket):
            guard let answer, !answer.isEmpty, self.datagrams.indices.contains(socket) else { return }
            self.datagrams[socket].send(answer, to: address)
        case .stream(let channel):
            channel.writeAndFlush(answer.map(StreamReply.answer) ?? .nothing, promise: nil)
        }
    }

    private func close() async {
        await self.listener.closeAndWait()
        for datagrams in self.datagrams { await datagrams.close() }
        for connection in self.connections.close() { await connection.closeAndWait() }
    }
}
