/// Why a read or a write has no good answer.
public struct NetworkFailure: Error, Hashable, Sendable, CustomStringConvertible {
    /// The kind of failure, for programs.
    public let code: Code
    /// One line for people: what happened, and who said so. Text from a server is bounded and has no control characters.
    public let message: String
    /// The status of the last HTTP answer, if there was one.
    public let httpStatus: Int?
    /// How long the server asked to wait, if it said so.
    public let retryAfter: Duration?
    /// The bound that was exceeded, if the server named it: bytes, seconds or values, by ``code-swift.property``.
    public let limit: Int?

    public init(
        _ code: Code,
        _ message: String,
        httpStatus: Int? = nil,
        retryAfter: Duration? = nil,
        limit: Int? = nil
    ) {
        self.code = code
        self.message = message
        self.httpStatus = httpStatus
        self.retryAfter = retryAfter
        self.limit = limit
    }

    public var description: String { "\(self.code): \(self.message)" }
}

extension NetworkFailure {
    /// The kind of a ``NetworkFailure``. More may be added.
    public struct Code: Hashable, Sendable, CustomStringConvertible {
        private let name: String

        private init(_ name: String) { self.name = name }

        public var description: String { self.name }

        // MARK: The other side wasn't heard

        /// The deadline came before an answer.
        public static let timeout = Code("timeout")
        /// No connection, or no packet, got through.
        public static let unreachable = Code("unreachable")
        /// The connection ended before the answer was complete.
        public static let connectionLost = Code("connectionLost")
        /// Too many questions to this server are under way from here.
        public static let overloaded = Code("overloaded")
        /// The reader or writer was used after its end.
        public static let closed = Code("closed")

        // MARK: The other side failed

        /// SERVFAIL, or an HTTP status from 500 to 599.
        public static let serverFailure = Code("serverFailure")
        /// The server asks for fewer requests (HTTP 429).
        public static let rateLimited = Code("rateLimited")
        /// The answer can't be understood.
        public static let malformedAnswer = Code("malformedAnswer")
        /// The answer isn't authenticated by DNSSEC, and had to be.
        public static let insecureAnswer = Code("insecureAnswer")
        /// The answer is well formed, and not one that this question can have.
        public static let unexpectedAnswer = Code("unexpectedAnswer")

        // MARK: The other side said no

        /// REFUSED, or an HTTP status 400 that is none of the codes below.
        public static let refused = Code("refused")
        /// The credential is missing, unknown, or not good for this name (HTTP 401, 403).
        public static let unauthorized = Code("unauthorized")
        /// The value has more bytes than the server takes (``NetworkFailure/limit``: bytes).
        public static let tooLarge = Code("tooLarge")
        /// The lifetime is longer than the server grants (``NetworkFailure/limit``: seconds).
        public static let lifetimeTooLong = Code("lifetimeTooLong")
        /// The name holds as many values as it may (``NetworkFailure/limit``: values).
        public static let nameFull = Code("nameFull")

        // MARK: It was never sent

        /// The list of a cluster's nodes is out of date.
        public static let manifestExpired = Code("manifestExpired")
        /// A credential would have travelled without encryption.
        public static let insecureCredential = Code("insecureCredential")
        /// The value, or the lifetime, can't be carried by this way of writing.
        public static let unsupportedValue = Code("unsupportedValue")
        /// The endpoint, the credential or the list of servers can't be used.
        public static let invalidConfiguration = Code("invalidConfiguration")
    }
}
