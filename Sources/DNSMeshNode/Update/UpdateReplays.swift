internal import DNSWire
private import Synchronization

/// Remembers which signed updates were carried out, so that a copy of one changes nothing any more. The sender of a copy,
/// who may have missed the answer, gets the same answer again.
final class UpdateReplays: Sendable {
    private struct Entry {
        let code: DNSResponseCode
        let expires: UInt64
    }

    private struct State {
        var entries: [[UInt8]: Entry] = [:]
        /// The signatures in the order in which they came.
        var order: [[UInt8]] = []
        var first = 0
    }

    private let state = Mutex(State())
    private let capacity: Int

    /// A signature counts for this long at most: its time may be ahead by the fudge, and behind by it.
    private static let seconds = 2 * UInt64(TSIGData.usualFudge) + 1

    /// - Parameter capacity: How many are remembered; the oldest make room.
    init(capacity: Int = 16_384) {
        self.capacity = max(1, capacity)
    }

    /// How the same update came out before.
    func find(_ signature: [UInt8], now: UInt64) -> DNSResponseCode? {
        self.state.withLock { state in
            guard let entry = state.entries[signature], entry.expires > now else { return nil }
            return entry.code
        }
    }

    func remember(_ signature: [UInt8], _ code: DNSResponseCode, now: UInt64) {
        self.state.withLock { state in
            let entry = Entry(code: code, expires: now.addingReportingOverflow(Self.seconds).partialValue)
            if state.entries.updateValue(entry, forKey: signature) == nil { state.order.append(signature) }
            while state.entries.count > self.capacity {
                state.entries[state.order[state.first]] = nil
                state.first += 1
            }
            guard state.first > self.capacity else { return }
            state.order.removeFirst(state.first)
            state.first = 0
        }
    }
}
