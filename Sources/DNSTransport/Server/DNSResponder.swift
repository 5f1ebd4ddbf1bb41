package import DNSWire

/// What answers the messages that a ``DNSServer`` receives.
package protocol DNSResponder: Sendable {
    /// Answers one message, which may be anything: nothing was checked.
    ///
    /// - Returns: The answer, at most 65,535 bytes, cut for the transport; `nil` for no answer at all. Without an answer
    ///   a TCP connection is closed.
    func respond(to message: ArraySlice<UInt8>, from source: DNSSource) async -> [UInt8]?
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
