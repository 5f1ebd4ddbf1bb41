/// A point in time as the records carry it: whole seconds since 1970-01-01 00:00 UTC, without leap seconds.
public struct UnixSeconds: Hashable, Comparable, Sendable {
    /// Seconds since 1970.
    public let rawValue: UInt64

    /// The time that many seconds after the start of 1970.
    public init(rawValue: UInt64) {
        self.rawValue = rawValue
    }

    /// The time `seconds` later, or the last time there is.
    public func adding(_ seconds: UInt64) -> UnixSeconds {
        let (sum, overflow) = self.rawValue.addingReportingOverflow(seconds)
        return UnixSeconds(rawValue: overflow ? .max : sum)
    }

    /// How many seconds pass until `other`: 0 when it is not later than this time.
    public func seconds(until other: UnixSeconds) -> UInt64 {
        other.rawValue > self.rawValue ? other.rawValue - self.rawValue : 0
    }

    public static func < (left: UnixSeconds, right: UnixSeconds) -> Bool {
        left.rawValue < right.rawValue
    }
}
