internal import DMPProtocol

/// The time of a `Date` header: `Sat, 31 Jan 2026 23:59:59 GMT` (RFC 9110, section 5.6.7).
struct HTTPDate: Sendable {
    private var second: UnixSeconds?
    private var last = ""

    /// The text for a time; one that was asked for last costs nothing.
    mutating func text(_ time: UnixSeconds) -> String {
        if self.second != time { (self.second, self.last) = (time, Self.text(time)) }
        return self.last
    }

    static func text(_ time: UnixSeconds) -> String {
        let (days, seconds) = (time.rawValue / 86_400, time.rawValue % 86_400)
        let (year, month, day) = LogTime.date(daysSince1970: days)
        let clock = [seconds / 3_600, seconds / 60 % 60, seconds % 60].map { LogTime.padded($0, 2) }
        let date = "\(LogTime.padded(day, 2)) \(Self.months[Int(month) - 1]) \(LogTime.padded(year, 4))"
        // January 1, 1970 was a Thursday.
        return "\(Self.weekdays[Int(days % 7)]), \(date) \(clock.joined(separator: ":")) GMT"
    }

    private static let weekdays = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]
}
