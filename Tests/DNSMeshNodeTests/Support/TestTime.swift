import DMPProtocol
import Synchronization

/// A time of day that stands still until a test moves it.
final class TestTime: Sendable {
    private let seconds: Mutex<UInt64>

    init(_ seconds: UInt64 = 1_700_000_000) {
        self.seconds = Mutex(seconds)
    }

    var now: UnixSeconds { UnixSeconds(rawValue: self.seconds.withLock(\.self)) }

    func advance(by seconds: UInt64) {
        self.seconds.withLock { $0 += seconds }
    }
}
