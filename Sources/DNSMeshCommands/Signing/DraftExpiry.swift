import DMPProtocol
import Foundation

/// Until when a record shall count: for a time from now on, or up to a point in time.
enum DraftExpiry: Hashable {
    case after(seconds: UInt64)
    case at(UnixSeconds)

    /// The earliest text of digits that is taken for Unix seconds: those of 2001. Below it a unit was forgotten.
    private static let earliest: UInt64 = 1_000_000_000
    private static let units: [Character: UInt64] = ["s": 1, "m": 60, "h": 3_600, "d": 86_400]

    /// Reads `90d`, `12h`, `2027-01-31` (its first second in UTC), `2027-01-31T12:00:00Z` or Unix seconds.
    ///
    /// - Returns: `nil` for any other text.
    init?(_ text: String) {
        if let unit = text.last.flatMap({ Self.units[$0] }) {
            let digits = text.dropLast()
            guard Self.areDigits(digits), let count = UInt64(digits) else { return nil }
            let (seconds, overflow) = count.multipliedReportingOverflow(by: unit)
            self = .after(seconds: overflow ? .max : seconds)
        } else if Self.areDigits(text[...]) {
            guard let seconds = UInt64(text), seconds >= Self.earliest else { return nil }
            self = .at(UnixSeconds(rawValue: seconds))
        } else {
            guard let seconds = Self.seconds(ofDate: text) else { return nil }
            self = .at(UnixSeconds(rawValue: seconds))
        }
    }

    /// A day, or a day and a time with its offset from UTC.
    private static func seconds(ofDate text: String) -> UInt64? {
        let isDay = !text.contains("T")
        // The parser passes over what follows a day.
        guard !isDay || text.utf8.count == "2027-01-31".utf8.count else { return nil }
        let style = isDay ? Date.ISO8601FormatStyle().year().month().day() : Date.ISO8601FormatStyle()
        do {
            return UInt64(exactly: try Date(text, strategy: style).timeIntervalSince1970.rounded(.down))
        } catch {
            return nil
        }
    }

    private static func areDigits(_ text: Substring) -> Bool {
        (1...19).contains(text.utf8.count) && text.utf8.allSatisfy { (0x30...0x39).contains($0) }
    }

    func time(now: UnixSeconds) -> UnixSeconds {
        switch self {
        case .after(let seconds): now.adding(seconds)
        case .at(let time): time
        }
    }
}

extension DraftMapping {
    /// The time in `expires`, which must lie ahead, but not more than `limit` seconds.
    func expiry(now: UnixSeconds, limit: UInt64) throws(DraftFault) -> UnixSeconds {
        let (text, place) = (try self.text("expires"), self.place(of: "expires"))
        guard let expiry = DraftExpiry(text) else {
            throw DraftFault(
                place,
                "\(text.debugDescription) is no time; write one such as 90d, 12h, 2027-01-31 or 2027-01-31T12:00:00Z"
            )
        }
        let time = expiry.time(now: now)
        guard time > now else { throw DraftFault(place, "\(ShownTime.text(time)) has passed; write a time to come") }
        guard now.seconds(until: time) <= limit else {
            throw DraftFault(place, "is more than \(limit / 86_400) days ahead, which no reader takes")
        }
        return time
    }
}
