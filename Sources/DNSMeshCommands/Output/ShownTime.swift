import DMPProtocol
import Foundation

/// A time for people: in UTC, or as a number where there is no such year.
enum ShownTime {
    /// The last second of the year 9999.
    private static let latest: UInt64 = 253_402_300_799

    static func text(_ time: UnixSeconds) -> String {
        guard time.rawValue <= self.latest else { return String(time.rawValue) }
        return Date(timeIntervalSince1970: Double(time.rawValue)).formatted(.iso8601)
    }
}
