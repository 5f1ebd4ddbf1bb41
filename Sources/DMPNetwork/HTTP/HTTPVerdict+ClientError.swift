private import AsyncHTTPClient
private import NIOCore
private import NIOHTTP1
private import NIOPosix

#if canImport(Glibc)
    private import Glibc
#elseif canImport(Musl)
    private import Musl
#else
    private import Darwin
#endif

extension HTTPVerdict {
    /// What it means that a request brought no answer.
    init(_ error: any Error, node: String) {
        switch error {
        case let error as HTTPClientError where error == .alreadyShutdown || error == .cancelled:
            self = .done(.unavailable(NetworkFailure(.closed, "the writer for \(node) was closed")))
        case let error as HTTPClientError where error.isBeforeConnection:
            self = .unreachable(node, error.shortDescription)
        case let error as HTTPParserError where error != .invalidEOFState:
            let message = "the answer of \(node) isn't HTTP: \(error)"
            self = .done(.unavailable(NetworkFailure(.malformedAnswer, message)))
        case is HTTPClientError, is HTTPParserError, is ChannelError:
            self = .lost(node)
        case let error as IOError where error.isAfterConnection:
            self = .lost(node)
        case let error as IOError:
            self = .unreachable(node, error.explanation)
        case let error as NIOConnectionError:
            let first = error.connectionErrors.lazy.compactMap { $0.error as? IOError }.first
            self = .unreachable(node, first?.explanation ?? "its address can't be found")
        default:
            self = .unreachable(node, "\(error)")
        }
    }

    private static func unreachable(_ node: String, _ reason: String) -> HTTPVerdict {
        .failed(NetworkFailure(.unreachable, "can't reach \(node): \(reason.displayable(limit: 200))"))
    }

    private static func lost(_ node: String) -> HTTPVerdict {
        .failed(NetworkFailure(.connectionLost, "\(node) closed the connection before it answered"))
    }
}

extension HTTPClientError {
    fileprivate var isBeforeConnection: Bool {
        [.connectTimeout, .tlsHandshakeTimeout, .getConnectionFromPoolTimeout].contains(self)
    }
}

extension IOError {
    fileprivate var isAfterConnection: Bool {
        [ECONNRESET, EPIPE, ENOTCONN].contains(self.errnoCode)
    }

    fileprivate var explanation: String {
        switch self.errnoCode {
        case ECONNREFUSED: "nothing listens there"
        case ETIMEDOUT: "no answer"
        case EHOSTUNREACH, ENETUNREACH: "there is no way to it"
        default: "\(self)"
        }
    }
}
