internal import DNSWire

/// What the answer to a signed update means.
struct UpdateVerdict: Sendable {
    let result: WriteResult
    /// The server's clock, where it refused for the time and said so with its signature.
    var serverTime: UInt64?

    init(_ result: WriteResult) {
        self.result = result
    }

    /// Reads an answer to a request whose longest value to add had `longestValue` bytes.
    init(_ bytes: [UInt8], to request: TSIGSignedBytes, longestValue: Int, target: UpdateTarget, now: UInt64) {
        let answer: DNSMessage
        let signed: TSIGMessage?
        do throws(DNSDecodeError) {
            answer = try DNSMessage(decoding: bytes[...])
            signed = try TSIGMessage(bytes[...])
        } catch {
            self.init(.unavailable(NetworkFailure(.malformedAnswer, "\(target): the answer can't be read: \(error)")))
            return
        }
        let code = answer.responseCode
        guard let signed, !signed.data.code.isEmpty else {
            self.init(.unavailable(target.failure(ofUnsigned: code, error: signed?.data.error ?? .none)))
            return
        }
        do throws(TSIGFailure) {
            try signed.verify(with: target.key, answering: request.code, now: now)
        } catch {
            let text = "\(target) signed its answer otherwise (\(error.error)); check that both sides have the same key"
            self.init(.unavailable(NetworkFailure(.unexpectedAnswer, text)))
            return
        }
        self.init(WriteResult(code, error: signed.data.error, longestValue: longestValue, target: target))
        self.serverTime = signed.data.serverTime
    }
}

extension UpdateTarget {
    /// Anybody could have sent it: never a success, and no decision either.
    fileprivate func failure(ofUnsigned code: DNSResponseCode, error: TSIGError) -> NetworkFailure {
        switch (code, error) {
        case (.noError, _):
            NetworkFailure(.unexpectedAnswer, "\(self) answered without a signature, which proves nothing")
        case (_, .badKey):
            NetworkFailure(
                .unauthorized,
                "\(self) doesn't know the key \(self.key.name) with \(self.key.algorithm.rawValue) for this (BADKEY); "
                    + "check tsig_key_name, and what the key may write"
            )
        case (_, .badSignature):
            NetworkFailure(
                .unauthorized,
                "\(self) has another secret for the key \(self.key.name) (BADSIG); check tsig_secret_hex"
            )
        case (.notAuthorized, _), (.refused, _), (.formatError, _):
            NetworkFailure(
                .unauthorized,
                "\(self) refused (\(code), not signed); check the key \(self.key.name), the zone and the clock"
            )
        case (.notImplemented, _):
            NetworkFailure(.unauthorized, "\(self) takes no updates (NOTIMP); name the zone's primary server")
        case (.serverFailure, _):
            NetworkFailure(.serverFailure, "\(self) failed (SERVFAIL, not signed)")
        default:
            NetworkFailure(.unexpectedAnswer, "\(self) answered \(code), not signed")
        }
    }
}

extension WriteResult {
    /// What nodes take unless their operator sets another limit. They refuse longer values without a word.
    private static let usualNodeLimit = 2_048

    /// What a signed answer says.
    fileprivate init(_ code: DNSResponseCode, error: TSIGError, longestValue: Int, target: UpdateTarget) {
        let key = target.key.name
        switch (code, error) {
        case (.noError, .none):
            self = .accepted
        case (_, .badTime):
            self = .unavailable(
                NetworkFailure(.unauthorized, "\(target) has another time (BADTIME); set the clock of this machine")
            )
        case (.refused, _) where longestValue > Self.usualNodeLimit:
            self = .refused(
                NetworkFailure(
                    .tooLarge,
                    "\(target) refused a value of \(longestValue) bytes: DMP nodes take \(Self.usualNodeLimit) at most "
                        + "unless their operator allows more, or the key \(key) may not write this",
                    limit: Self.usualNodeLimit
                )
            )
        case (.refused, _), (.notAuthorized, _):
            self = .refused(
                NetworkFailure(
                    .unauthorized,
                    "\(target) refused (\(code)): the key \(key) may not write this, or a limit is reached; "
                        + "ask who runs the server"
                )
            )
        case (.notInZone, _):
            self = .refused(
                NetworkFailure(
                    .invalidConfiguration,
                    "\(target): the name is outside the zone (NOTZONE); check tsig_zone"
                )
            )
        case (.formatError, _), (.notImplemented, _):
            self = .refused(NetworkFailure(.unsupportedValue, "\(target) can't take this update (\(code))"))
        case (.serverFailure, _):
            self = .unavailable(NetworkFailure(.serverFailure, "\(target) failed (SERVFAIL)"))
        default:
            self = .unavailable(NetworkFailure(.unexpectedAnswer, "\(target) answered \(code)"))
        }
    }
}
