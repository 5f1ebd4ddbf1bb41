#if canImport(Glibc)
    private import Glibc
#else
    private import Darwin
#endif

/// What valgrind counts: instructions between the first and the last line of this function, whose symbol
/// `scripts/bench` names. Nothing else must call it.
@inline(never)
func countedExecution(_ body: () throws -> Void) rethrows {
    try body()
}

/// Times of one stage, in nanoseconds for each run.
struct Measurement {
    private(set) var cpu: [Double] = []
    private(set) var wall: [Double] = []

    /// Runs a stage `repetitions` times, each time for some milliseconds.
    init(of stage: Stage, repetitions: Int) throws {
        try stage.body()
        let start = Self.nanoseconds(CLOCK_MONOTONIC)
        try stage.body()
        let once = max(1, Self.nanoseconds(CLOCK_MONOTONIC) - start)
        let loops = max(1, min(2_000, 4_000_000 / once))
        for _ in 0..<repetitions {
            let (cpu, wall) = (Self.nanoseconds(CLOCK_PROCESS_CPUTIME_ID), Self.nanoseconds(CLOCK_MONOTONIC))
            for _ in 0..<loops { try stage.body() }
            self.wall.append(Double(Self.nanoseconds(CLOCK_MONOTONIC) - wall) / Double(loops))
            self.cpu.append(Double(Self.nanoseconds(CLOCK_PROCESS_CPUTIME_ID) - cpu) / Double(loops))
        }
    }

    private static func nanoseconds(_ clock: clockid_t) -> Int {
        var time = timespec()
        unsafe clock_gettime(clock, &time)
        return time.tv_sec * 1_000_000_000 + time.tv_nsec
    }
}
