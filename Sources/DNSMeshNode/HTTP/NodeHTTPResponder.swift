internal import DNSWire
internal import HTTPTypes
internal import Hummingbird
internal import NIOCore

/// Carries requests from the HTTP server to ``NodeAPI``, and its answers back.
struct NodeHTTPResponder: HTTPResponder {
    typealias Context = ConnectionContext

    let api: NodeAPI
    /// How long a client may take to send the body of a request.
    let bodyTime: TimeAmount

    func respond(to request: Request, context: ConnectionContext) async throws -> Response {
        let question = HTTPQuestion(
            method: request.method,
            path: request.head.path ?? "",
            authorization: request.headers[.authorization],
            body: try await self.body(of: request, from: context.channel),
            source: context.source
        )
        let response = try await self.api.answer(to: question).response
        return request.method == .head ? response.createHeadResponse() : response
    }

    /// How long a client may go on sending a body of more than ``longestDrain``, so that it sees the answer.
    private static let drainTime = TimeAmount.milliseconds(500)
    /// 1 MiB, the longest body that is read to its end though it is not wanted.
    private static let longestDrain = 1 << 20

    /// Reads the body before anything is answered, so that a client that is still sending sees the answer. One that sends
    /// too slowly, or goes on after the limit for too long, loses its connection.
    private func body(of request: Request, from channel: any Channel) async throws -> HTTPQuestion.Body {
        let length = request.headers[.contentLength]
        guard request.headers[.transferEncoding] != nil || (length != nil && length != "0") else { return .whole([]) }
        let timeout = channel.eventLoop.scheduleTask(in: self.bodyTime) { channel.close(promise: nil) }
        var bytes: [UInt8] = []
        for try await buffer in request.body {
            guard bytes.count + buffer.readableBytes <= NodeAPI.bodyLimit else {
                // Who announces a moderate excess by mistake is read to the end, as time allows.
                if length.flatMap({ Int($0) }) ?? .max > Self.longestDrain {
                    channel.eventLoop.scheduleTask(in: Self.drainTime) { channel.close(promise: nil) }
                }
                return .tooLong
            }
            bytes.append(contentsOf: buffer.readableBytesView)
        }
        timeout.cancel()
        return .whole(bytes)
    }
}

/// What the node wants to know about the connection of a request.
struct ConnectionContext: InitializableFromSource, Sendable {
    let channel: any Channel

    init(source: ApplicationRequestContextSource) {
        self.channel = source.channel
    }

    /// The peer; the unspecified address where there is none, as in tests without sockets.
    var source: DNSWire.IPAddress {
        self.channel.remoteAddress?.ipAddress.flatMap { DNSWire.IPAddress($0) }?.unmapped ?? .v4(.init(rawValue: 0))
    }
}
