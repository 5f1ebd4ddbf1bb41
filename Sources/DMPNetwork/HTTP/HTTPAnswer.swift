package import NIOHTTP1

#if canImport(FoundationEssentials)
    private import FoundationEssentials
#else
    private import Foundation
#endif

/// What a node answered to a ``RecordRequest``, as far as it matters.
package struct HTTPAnswer: Hashable, Sendable {
    package let status: Int
    /// From `Retry-After`, if it is a number of seconds. A date isn't understood.
    package let retryAfter: Duration?
    /// Whether the server keeps the connection open for the next request.
    package let keepsConnection: Bool
    /// The server's own words, fit to be shown.
    package var errorText: String?

    package init(status: Int, version: HTTPVersion, headers: HTTPHeaders) {
        self.status = status
        self.retryAfter = headers.first(name: "retry-after").flatMap(Self.seconds)
        let connection = headers[canonicalForm: "connection"].map { $0.lowercased() }
        let keepsByDefault = version.major > 1 || version == .http1_1
        self.keepsConnection = keepsByDefault ? !connection.contains("close") : connection.contains("keep-alive")
    }

    /// Takes the server's words from a body `{"error": text}`; any other body says nothing.
    package mutating func readError(from body: [UInt8]) {
        struct ErrorBody: Decodable { let error: String }
        let text = (try? JSONDecoder().decode(ErrorBody.self, from: Data(body)))?.error
        self.errorText = text.map { $0.displayable(limit: 200) }
    }

    private static func seconds(_ text: String) -> Duration? {
        let digits = text.trimmingWhitespace()
        guard (1...9).contains(digits.utf8.count), digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
            return nil
        }
        return Int64(digits).map { .seconds($0) }
    }
}
