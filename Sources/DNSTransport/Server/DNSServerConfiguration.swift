package import DNSWire

/// Where a ``DNSServer`` listens, and how much it takes on.
package struct DNSServerConfiguration: Hashable, Sendable {
    /// The address to listen at. `::` takes IPv4 as well where the system maps it, as Linux does.
    package var host: IPAddress
    /// The port of both transports; 0 lets the system choose one.
    package var port: Int

    /// How many UDP sockets share the port, where the system spreads datagrams over them (Linux): one for each thread
    /// that carries sockets, at most this many. The first alone is opened elsewhere.
    package var maximumDatagramSockets = 8
    /// How many messages are worked on at a time, both transports together.
    package var maximumInFlight = 128
    /// How many messages wait for that; the next is dropped (UDP), or its connection is closed (TCP).
    package var maximumWaiting = 1_024
    /// How many TCP connections are open at a time; the next is closed at once.
    package var maximumConnections = 1_024
    /// The same for each source address.
    package var maximumConnectionsPerSource = 20
    /// How many messages of one TCP connection are worked on at a time; it is not read from meanwhile.
    package var maximumInFlightPerConnection = 16
    /// How long a TCP connection without work stays open.
    package var idleTimeout: Duration = .seconds(10)
    /// How long a peer may take to send one whole message over TCP, or to read its answers.
    package var messageTimeout: Duration = .seconds(10)
    /// How many TCP connections the system keeps until they are accepted.
    package var backlog: Int32 = 256

    package init(host: IPAddress, port: Int) {
        self.host = host
        self.port = port
    }
}
