/// How long a node is waited for of which nothing good is known, once others have answered: half as long again as the
/// slowest of them took. So a node that never answers makes an operation at most half longer.
enum Grace {
    /// So that jitter between near nodes doesn't exclude one.
    static let shortest = Duration.milliseconds(30)

    /// How long an operation waits since its start, if the slowest answer so far took `slowest`.
    static func wait(after slowest: Duration) -> Duration { max(slowest * 3 / 2, self.shortest) }
}
