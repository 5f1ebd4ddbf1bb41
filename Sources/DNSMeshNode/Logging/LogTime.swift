/// The time of a log line: `2026-01-31T23:59:59.123Z`.
enum LogTime {
    static func text(milliseconds: UInt64) -> String {
        let seconds = milliseconds / 1_000
        let (days, time) = (seconds / 86_400, seconds % 86_400)
        let (year, month, day) = self.date(daysSince1970: days)
        let clock = [time / 3_600, time / 60 % 60, time % 60].map { self.padded($0, 2) }.joined(separator: ":")
        let date = [self.padded(year, 4), self.padded(month, 2), self.padded(day, 2)].joined(separator: "-")
        return "\(date)T\(clock).\(self.padded(milliseconds % 1_000, 3))Z"
    }

    /// Counts in years that begin on March 1, so that the leap day is the last one; 400 of them have 146,097 days.
    static func date(daysSince1970 days: UInt64) -> (year: UInt64, month: UInt64, day: UInt64) {
        let days = days + 719_468
        let (era, dayOfEra) = (days / 146_097, days % 146_097)
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        return (era * 400 + yearOfEra + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
    }

    static func padded(_ number: UInt64, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}
