import DNSWire
import NIOCore
import Synchronization

/// The open TCP connections of a server: how many there are, and when each must be closed.
final class ConnectionTable: Sendable {
    private struct Entry {
        let channel: any Channel
        let source: DNSWire.IPAddress
        var due: ErasedClock.Instant?
    }

    private struct State {
        var entries: [ObjectIdentifier: Entry] = [:]
        var counts: [DNSWire.IPAddress: Int] = [:]
        var isClosed = false
    }

    private let state = Mutex(State())
    private let maximum: Int
    private let maximumPerSource: Int
    private let deadlines: DeadlineLoop

    init(maximum: Int, maximumPerSource: Int, deadlines: DeadlineLoop) {
        self.maximum = maximum
        self.maximumPerSource = maximumPerSource
        self.deadlines = deadlines
    }

    var count: Int { self.state.withLock(\.entries.count) }

    /// - Returns: `false` if there are too many connections, or too many of this source.
    func admit(_ channel: any Channel, from source: DNSWire.IPAddress, until due: ErasedClock.Instant) -> Bool {
        let isAdmitted = self.state.withLock { state in
            let count = state.counts[source, default: 0]
            guard !state.isClosed, state.entries.count < self.maximum, count < self.maximumPerSource else {
                return false
            }
            state.entries[ObjectIdentifier(channel)] = Entry(channel: channel, source: source, due: due)
            state.counts[source] = count + 1
            return true
        }
        if isAdmitted { self.deadlines.wake(for: due) }
        return isAdmitted
    }

    /// Sets when to close the connection unless something happens; `nil` while the server works for it.
    func setDue(_ due: ErasedClock.Instant?, of channel: any Channel) {
        self.state.withLock { $0.entries[ObjectIdentifier(channel)]?.due = due }
        if let due { self.deadlines.wake(for: due) }
    }

    func remove(_ channel: any Channel) {
        self.state.withLock { state in
            guard let entry = state.entries.removeValue(forKey: ObjectIdentifier(channel)) else { return }
            let count = state.counts[entry.source, default: 1] - 1
            state.counts[entry.source] = count > 0 ? count : nil
        }
    }

    /// Closes the connections whose time has come.
    ///
    /// - Returns: When the next one's comes.
    func closeDue(at now: ErasedClock.Instant) -> ErasedClock.Instant? {
        let (due, next) = self.state.withLock { state in
            var due: [any Channel] = []
            var next: ErasedClock.Instant?
            for (key, entry) in state.entries {
                guard let instant = entry.due else { continue }
                if instant <= now {
                    due.append(entry.channel)
                    state.entries[key]?.due = nil
                } else {
                    next = min(next ?? instant, instant)
                }
            }
            return (due, next)
        }
        for channel in due { channel.close(promise: nil) }
        return next
    }

    /// Admits no more connections.
    ///
    /// - Returns: Those that are open.
    func close() -> [any Channel] {
        self.state.withLock { state in
            state.isClosed = true
            return state.entries.values.map(\.channel)
        }
    }
}
