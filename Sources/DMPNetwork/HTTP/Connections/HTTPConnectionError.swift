/// Why a request to a node brought no answer.
package enum HTTPConnectionError: Error {
    /// The connections were given up by their owner.
    case closed
    /// No connection could be opened.
    case notOpened(any Error)
    /// The connection ended before the answer.
    case lost
    /// What came isn't HTTP.
    case malformed(any Error)

    /// Whether the fault lies in the answer to the request that was to be answered next.
    var concernsAnswer: Bool { if case .malformed = self { true } else { false } }
}
