import DMPNetwork
import DMPProtocol

extension ReadResult {
    /// The values in brackets, or the code of the failure.
    var summary: String {
        switch self {
        case .records(let values): "[\(values.map(\.text).joined(separator: " "))]"
        case .absent: "[]"
        case .unavailable(let failure): "\(failure.code)"
        }
    }
}
