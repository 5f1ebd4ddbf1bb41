/// Opens UDP sockets. There is the system's way to it, and a simulated one for tests.
package protocol DatagramNetwork: Sendable {
    /// Opens a socket that only datagrams from `upstream` reach. Returns at once.
    ///
    /// - Parameters:
    ///   - upstream: Where all that is sent goes to.
    ///   - answerByteCount: How many bytes of a datagram have to be read.
    ///   - report: Called with all that happens to the socket, in its order: first that it is open, or can't be.
    func open(
        to upstream: UpstreamAddress,
        answerByteCount: Int,
        _ report: @escaping @Sendable (DatagramEvent) -> Void
    )
}

/// A UDP socket that is open.
package protocol DatagramSocket: Sendable {
    /// Sends a datagram, which may be lost. Returns at once.
    func send(_ datagram: [UInt8])
    /// Closes the socket. Nothing is reported any more but that it is closed, if that.
    func close()
    /// Closes the socket, and returns when that is done.
    func closeAndWait() async
}

/// What happens to a UDP socket.
package enum DatagramEvent: Sendable {
    case opened(any DatagramSocket)
    case failedToOpen(any Error)
    /// A datagram came.
    case received([UInt8])
    /// The system reports an error, perhaps of an earlier send.
    case failed(any Error)
    /// The socket is gone without a word.
    case closed
}
