package import DNSWire
package import NIOCore

/// What answers the messages that a ``DNSServer`` receives.
package protocol DNSResponder: Sendable {
    /// Answers a message at once if that takes no waiting, else leaves it to ``respond(to:from:)``.
    ///
    /// Runs on the event loop of a socket for each message, which may be anything: it is the place to refuse those who
    /// send too much, before they take a place in the queue.
    ///
    /// - Parameters:
    ///   - message: The message, from the buffer's reader index.
    ///   - source: Who sent it.
    ///   - answer: Gets the answer at its end, at most 65,535 bytes, cut for the transport.
    /// - Returns: What was done.
    func reflex(to message: ByteBuffer, from source: DNSSource, into answer: inout ByteBuffer) -> DNSReflex

    /// Answers one message, which may be anything: nothing was checked.
    ///
    /// - Returns: The answer, at most 65,535 bytes, cut for the transport; `nil` for no answer at all. Without an answer
    ///   a TCP connection is closed.
    func respond(to message: ArraySlice<UInt8>, from source: DNSSource) async -> [UInt8]?
}

extension DNSResponder {
    package func reflex(to message: ByteBuffer, from source: DNSSource, into answer: inout ByteBuffer) -> DNSReflex {
        .takesTime
    }
}

/// What a ``DNSResponder`` does with a message at once.
package enum DNSReflex: Hashable, Sendable {
    /// The answer is written.
    case answered
    /// Nothing is sent over UDP; a TCP connection is closed.
    case silence
    /// The message waits for a worker.
    case takesTime
}

/// Who sent a message, and how it came.
package struct DNSSource: Hashable, Sendable {
    /// An IPv4 address is one even where it came through an IPv6 socket.
    package let address: IPAddress
    package let port: Int
    package let transport: Transport

    package enum Transport: Hashable, Sendable {
        case udp
        case tcp
    }

    package init(address: IPAddress, port: Int, transport: Transport) {
        self.address = address
        self.port = port
        self.transport = transport
    }
}
