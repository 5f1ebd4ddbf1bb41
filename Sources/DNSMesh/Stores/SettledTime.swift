import DMPProtocol
import GRDB

/// The time up to which things may be thrown away for good.
///
/// A clock that is wrong for a while must not cost keys or messages. Time that passes in steps of a day or less is
/// believed at once. After a longer step the old time stays in force until the new one was seen twice, an hour apart.
/// A clock that goes back is believed at once, as nothing is thrown away by it.
struct SettledTime: Hashable {
    /// Steps of up to this many seconds are believed.
    static let longestStep: UInt64 = 86_400
    /// How long a new time must have stood, in seconds.
    static let confirmation: UInt64 = 3_600

    private(set) var settled: UInt64
    /// When the clock was first seen to be far ahead.
    private(set) var candidate: UInt64?

    init(settled: UInt64 = 0, candidate: UInt64? = nil) {
        self.settled = settled
        self.candidate = candidate
    }

    /// Takes note of what the clock says.
    mutating func observe(_ now: UInt64) {
        if now < self.settled || now - self.settled <= Self.longestStep {
            (self.settled, self.candidate) = (now, nil)
            return
        }
        guard let candidate = self.candidate, candidate <= now else {
            self.candidate = now
            return
        }
        let stood = now - candidate
        if stood > Self.longestStep {
            (self.settled, self.candidate) = (candidate, now)  // two steps: the later one is still to be confirmed
        } else if stood >= Self.confirmation {
            (self.settled, self.candidate) = (now, nil)
        }
    }
}

extension SettledTime {
    /// Takes note of the time in `state.db`, inside a transaction.
    ///
    /// - Returns: What has expired before this may go.
    static func observe(_ now: UnixSeconds, in database: Database) throws -> UnixSeconds {
        let row = try Row.fetchOne(database, cached: "SELECT settled, candidate FROM settled_time WHERE id = 1")
        var time = SettledTime()
        if let row {
            let candidate = try row.seconds("candidate").rawValue
            time = SettledTime(
                settled: try row.seconds("settled").rawValue,
                candidate: candidate == 0 ? nil : candidate
            )
        }
        let before = time
        time.observe(now.rawValue)
        if row == nil || time != before {
            try database.execute(
                cached: "INSERT OR REPLACE INTO settled_time VALUES (1, ?, ?)",
                arguments: [Int64(clamping: time.settled), Int64(clamping: time.candidate ?? 0)]
            )
        }
        return UnixSeconds(rawValue: time.settled)
    }
}
