internal import DMPCrypto

/// Why a signature doesn't count.
public enum TSIGFailure: Error, Hashable, Sendable {
    /// The length of the code is none that the algorithm has: a server answers FORMERR.
    case malformed
    /// Another key or algorithm.
    case badKey
    /// The code belongs to another message, another secret, or the answer to another request.
    case badSignature
    /// Signed too early or too late.
    case badTime
    /// The code is right as far as it goes, but shorter than the algorithm's.
    case badTruncation

    /// What a server puts into the TSIG record of its answer.
    public var error: TSIGError {
        switch self {
        case .malformed: .none
        case .badKey: .badKey
        case .badSignature: .badSignature
        case .badTime: .badTime
        case .badTruncation: .badTruncation
        }
    }
}

extension TSIGMessage {
    /// Checks the signature: key, code, time and length of the code, in this order (RFC 8945, section 5.2).
    ///
    /// - Parameters:
    ///   - key: What the message must be signed with.
    ///   - requestCode: For an answer, the code of the request.
    ///   - now: Unix seconds.
    ///   - longestFudge: A longer one in the message counts as this one, so that a packet can't be made to last.
    /// - Throws: ``TSIGFailure``.
    public func verify(
        with key: TSIGKey,
        answering requestCode: [UInt8]? = nil,
        now: UInt64,
        longestFudge: UInt16 = TSIGData.usualFudge
    ) throws(TSIGFailure) {
        guard self.keyName == key.name, self.data.algorithm == key.algorithm.name else { throw .badKey }
        let code = self.data.code
        let wholeCount = key.algorithm.function.byteCount
        guard (max(10, wholeCount / 2)...wholeCount).contains(code.count) else { throw .malformed }
        let input = self.data.signedBytes(self.content, keyName: key.name, requestCode: requestCode)
        let expected = Array(key.wholeCode(of: input).prefix(code.count))
        guard ConstantTime.areEqual(code, expected) else { throw .badSignature }
        let difference = now > self.data.timeSigned ? now - self.data.timeSigned : self.data.timeSigned - now
        guard difference <= UInt64(min(self.data.fudge, longestFudge)) else { throw .badTime }
        guard code.count >= key.algorithm.codeByteCount else { throw .badTruncation }
    }
}
