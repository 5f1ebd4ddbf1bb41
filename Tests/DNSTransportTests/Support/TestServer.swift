import DNSTransport
import DNSWire
import Logging
import Synchronization

/// Answers every query with the TXT value `hello`, or with `size` bytes; cuts for UDP.
final class EchoResponder: DNSResponder {
    private let size: Int?
    let arrivals = EventLog<DNSSource>()

    init(size: Int? = nil) {
        self.size = size
    }

    var sources: [DNSSource] { self.arrivals.all }

    func respond(to message: ArraySlice<UInt8>, from source: DNSSource) async -> [UInt8]? {
        self.arrivals.append(source)
        guard let query = try? DNSMessage(decoding: message), !query.isResponse else { return nil }
        var answer = DNSMessage(answering: query)
        let value = self.size.map { [UInt8](repeating: 65, count: $0) } ?? Array("hello".utf8)
        let name = query.questions.first?.name ?? .root
        answer.answers = [DNSRecord(name: name, timeToLive: 1, data: .txt(TXTData(value)))]
        return answer.encode(limit: source.transport == .udp ? 1_232 : nil)
    }
}

/// Lets a test decide when each message is answered. The answer is the message itself.
final class HeldResponder: DNSResponder {
    let arrivals = EventLog<[UInt8]>()
    private let held = Mutex<[CheckedContinuation<Void, Never>]>([])

    func respond(to message: ArraySlice<UInt8>, from source: DNSSource) async -> [UInt8]? {
        await withCheckedContinuation { continuation in
            self.held.withLock { $0.append(continuation) }
            self.arrivals.append(Array(message))
        }
        return Array(message)
    }

    func release() {
        let held = self.held.withLock { held in
            defer { held = [] }
            return held
        }
        for continuation in held { continuation.resume() }
    }
}

/// Runs `body` with a server on loopback, and stops it after.
func withServer<Value>(
    host: IPAddress = .v4(.loopback),
    _ responder: any DNSResponder,
    clock: ErasedClock = .continuous,
    configure: (inout DNSServerConfiguration) -> Void = { _ in },
    _ body: (DNSServer) async throws -> Value
) async throws -> Value {
    var configuration = DNSServerConfiguration(host: host, port: 0)
    configure(&configuration)
    let server = try await DNSServer.bind(
        configuration,
        responder: responder,
        clock: clock,
        logger: Logger(label: "test")
    )
    return try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await server.run() }
        defer { group.cancelAll() }
        return try await body(server)
    }
}
