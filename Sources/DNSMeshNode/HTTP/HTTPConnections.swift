internal import DNSWire
internal import NIOCore
private import Synchronization

/// The open HTTP connections: how many there may be, and who must be told that the node stops.
final class HTTPConnections: Sendable {
    private struct State {
        var counts: ConnectionCounts
        var channels: [ObjectIdentifier: any Channel] = [:]
        var isClosed = false
    }

    private let state: Mutex<State>

    init(maximum: Int, maximumPerSource: Int) {
        let counts = ConnectionCounts(maximum: maximum, maximumPerSource: maximumPerSource)
        self.state = Mutex(State(counts: counts))
    }

    /// - Returns: `false` if the connection is one too many.
    func admit(_ channel: any Channel, from source: DNSWire.IPAddress) -> Bool {
        self.state.withLock { state in
            guard !state.isClosed, state.counts.open(from: source) else { return false }
            state.channels[ObjectIdentifier(channel)] = channel
            return true
        }
    }

    func remove(_ channel: any Channel, from source: DNSWire.IPAddress) {
        self.state.withLock { state in
            guard state.channels.removeValue(forKey: ObjectIdentifier(channel)) != nil else { return }
            state.counts.close(from: source)
        }
    }

    /// Admits no more connections.
    ///
    /// - Returns: Those that are open.
    @discardableResult
    func close() -> [any Channel] {
        self.state.withLock { state in
            state.isClosed = true
            return Array(state.channels.values)
        }
    }
}
