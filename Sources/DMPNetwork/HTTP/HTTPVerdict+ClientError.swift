private import NIOCore
private import NIOPosix
private import NIOSSL

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
        case HTTPConnectionError.closed:
            self = .done(.unavailable(NetworkFailure(.closed, "the writer for \(node) was closed")))
        case HTTPConnectionError.lost:
            self = .failed(NetworkFailure(.connectionLost, "\(node) closed the connection before it answered"))
        case HTTPConnectionError.malformed(let cause):
            let message = "the answer of \(node) isn't HTTP: \(cause)"
            self = .done(.unavailable(NetworkFailure(.malformedAnswer, message)))
        case HTTPConnectionError.notOpened(let cause):
            self = .unreachable(node, Self.explanation(of: cause))
        default:
            self = .unreachable(node, "\(error)")
        }
    }

    private static func unreachable(_ node: String, _ reason: String) -> HTTPVerdict {
        .failed(NetworkFailure(.unreachable, "can't reach \(node): \(reason.displayable(limit: 200))"))
    }

    /// Why no connection was opened.
    private static func explanation(of error: any Error) -> String {
        switch error {
        case let error as IOError: error.explanation
        case ChannelError.connectTimeout: "no answer"
        case let error as NIOConnectionError:
            error.connectionErrors.first.map { self.explanation(of: $0.error) } ?? "its address can't be found"
        case is NIOSSLError, is NIOSSLExtraError, is BoringSSLError: "it can't be talked to over TLS: \(error)"
        default: "\(error)"
        }
    }
}

extension IOError {
    fileprivate var explanation: String {
        switch self.errnoCode {
        case ECONNREFUSED: "nothing listens there"
        case ETIMEDOUT: "no answer"
        case EHOSTUNREACH, ENETUNREACH: "there is no way to it"
        default: "\(self)"
        }
    }
}
