/// Decides how many requests may be under way, so that few connections are opened at the same moment.
///
/// A reference node closes each connection after its answer and lets five wait to be accepted, so four requests at a time
/// are as many as it takes well. A server that keeps connections open is given four more per round of answers, up to the
/// full width.
package struct ConnectionRamp: Sendable {
    package static let start = 4

    /// How many requests may be under way now.
    package private(set) var width: Int
    private let full: Int
    private var credit = 0

    package init(full: Int) {
        self.full = max(1, full)
        self.width = min(Self.start, self.full)
    }

    package mutating func answered(keepsConnection: Bool) {
        guard keepsConnection else {
            self.width = min(Self.start, self.full)
            self.credit = 0
            return
        }
        guard self.width < self.full else { return }
        self.credit += Self.start
        guard self.credit >= self.width else { return }
        self.credit -= self.width
        self.width += 1
    }
}
