import DNSWire

/// How a ``DNSClient`` asks.
package struct DNSClientConfiguration: Hashable, Sendable {
    /// What UDP answers may have, in bytes, as EDNS announces it.
    package var payloadSize: UInt16 = EDNS.safePayloadSize
    /// Whether queries ask for DNSSEC: EDNS with DO set. What answers then say about it is for the caller to check.
    package var dnssecOK = false
    /// How long the first query waits before it is sent again; later ones wait for what was measured.
    package var firstResendInterval: Duration = .milliseconds(400)
    /// How often one UDP query is sent, at most.
    package var maximumSends = 6

    /// How many UDP queries are out at a time; fewer as long as many get no answer. A larger burst overflows the buffer
    /// of a socket.
    package var queriesInFlight = 256
    /// How many UDP sockets are in use at a time, each with a port that the system chose.
    package var socketCount = 4
    /// How many queries wait for answers at one UDP socket. The more wait, the easier one of their ids is guessed.
    package var queriesInFlightPerSocket = 4_096
    /// After how many queries a UDP socket makes room for one with another port.
    package var queriesPerSocket = 1_000
    /// After how long it does.
    package var socketLifetime: Duration = .seconds(60)

    /// How many TCP connections are open at a time. More than one is needed only with servers that close after an
    /// answer.
    package var maximumConnections = 4
    /// How many queries are under way on one TCP connection.
    package var queriesPerConnection = 64
    /// How long a TCP connection stays open without queries.
    package var idleTimeout: Duration = .seconds(10)

    package init() {}
}
