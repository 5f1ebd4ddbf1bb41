/// One token bucket for each key, of which the least recently used go when there are too many.
///
/// A bucket starts full and loses one token for each request. A key that was dropped has a full bucket when it comes back.
///
/// Source: protocol documents, "The DMP node", section 5.
struct TokenBuckets<Key: Hashable & Sendable>: Sendable {
    private struct Bucket {
        let key: Key
        var tokens: Double
        /// Seconds on the clock.
        var filled: Double
        var newer: Int
        var older: Int
    }

    private static var none: Int { -1 }

    private let limit: RateLimit
    private let capacity: Int
    private var places: [Key: Int] = [:]
    private var buckets: [Bucket] = []
    private var newest = Self.none
    private var oldest = Self.none

    init(_ limit: RateLimit, capacity: Int = 10_000) {
        self.limit = limit
        self.capacity = max(1, capacity)
    }

    var count: Int { self.buckets.count }

    /// Takes a token from the bucket of `key`; `now` is the time on a clock that never goes back.
    ///
    /// - Returns: `false` if the bucket is empty.
    mutating func take(_ key: Key, at now: Duration) -> Bool {
        guard !self.limit.isOff else { return true }
        let seconds = Double(now.components.seconds) + Double(now.components.attoseconds) * 1e-18
        let place = self.places[key].map { self.refill($0, at: seconds) } ?? self.insert(key, at: seconds)
        guard self.buckets[place].tokens >= 1 else { return false }
        self.buckets[place].tokens -= 1
        return true
    }

    private mutating func refill(_ place: Int, at now: Double) -> Int {
        let elapsed = max(0, now - self.buckets[place].filled)
        self.buckets[place].tokens = min(
            self.limit.burst,
            self.buckets[place].tokens + elapsed * self.limit.perSecond
        )
        self.buckets[place].filled = now
        if place != self.newest {
            self.unlink(place)
            self.linkAsNewest(place)
        }
        return place
    }

    private mutating func insert(_ key: Key, at now: Double) -> Int {
        let bucket = Bucket(key: key, tokens: self.limit.burst, filled: now, newer: Self.none, older: Self.none)
        let place: Int
        if self.buckets.count < self.capacity {
            place = self.buckets.count
            self.buckets.append(bucket)
        } else {
            place = self.oldest
            self.unlink(place)
            self.places[self.buckets[place].key] = nil
            self.buckets[place] = bucket
        }
        self.places[key] = place
        self.linkAsNewest(place)
        return place
    }

    private mutating func unlink(_ place: Int) {
        let (newer, older) = (self.buckets[place].newer, self.buckets[place].older)
        if newer == Self.none { self.newest = older } else { self.buckets[newer].older = older }
        if older == Self.none { self.oldest = newer } else { self.buckets[older].newer = newer }
    }

    private mutating func linkAsNewest(_ place: Int) {
        self.buckets[place].newer = Self.none
        self.buckets[place].older = self.newest
        if self.newest != Self.none { self.buckets[self.newest].newer = place }
        self.newest = place
        if self.oldest == Self.none { self.oldest = place }
    }
}
