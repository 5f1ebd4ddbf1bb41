/// Any clock that counts in `Duration`, so that what waits needs no type parameter for it.
///
/// Every deadline of the network layer is an ``Instant`` of such a clock. Instants of two erased clocks mean nothing to
/// each other, even if the clocks beneath are the same.
public struct ErasedClock: Clock {
    /// The time since the clock was erased.
    public struct Instant: InstantProtocol {
        /// The time since the clock was erased, below zero before that.
        public let offset: Duration

        public init(offset: Duration) {
            self.offset = offset
        }

        public func advanced(by duration: Duration) -> Instant { Instant(offset: self.offset + duration) }
        public func duration(to other: Instant) -> Duration { other.offset - self.offset }
        public static func < (left: Instant, right: Instant) -> Bool { left.offset < right.offset }
    }

    public let minimumResolution: Duration
    private let elapsed: @Sendable () -> Duration
    private let sleep: @Sendable (Duration, Duration?) async throws -> Void

    /// Erases the type of `base`; its present instant becomes the offset 0.
    public init(_ base: some Clock<Duration>) {
        let start = base.now
        self.minimumResolution = base.minimumResolution
        self.elapsed = { start.duration(to: base.now) }
        self.sleep = { offset, tolerance in
            try await base.sleep(until: start.advanced(by: offset), tolerance: tolerance)
        }
    }

    /// The clock of the machine, which goes on while it sleeps. One for the whole process.
    public static let continuous = ErasedClock(ContinuousClock())

    public var now: Instant { Instant(offset: self.elapsed()) }

    public func sleep(until deadline: Instant, tolerance: Duration? = nil) async throws {
        try await self.sleep(deadline.offset, tolerance)
    }
}
