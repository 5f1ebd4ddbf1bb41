/// A message with a TSIG record at its end.
public struct TSIGSignedBytes: Hashable, Sendable {
    /// The whole message.
    public let bytes: [UInt8]
    /// The code in it, which the answer is chained to.
    public let code: [UInt8]
}

extension TSIGKey {
    /// Signs a message of any kind (RFC 8945, sections 5.1 and 5.3).
    ///
    /// - Parameters:
    ///   - message: The whole message without TSIG.
    ///   - time: Unix seconds.
    ///   - fudge: How many seconds the receiver's clock may differ.
    ///   - requestCode: The code of the request that the message answers, or `nil` for a request.
    ///   - error: For answers, what was wrong with the request.
    ///   - otherData: What belongs to `error`.
    /// - Returns: `nil` if `message` is shorter than a header, or if there is no room for the signature.
    public func sign(
        _ message: [UInt8],
        at time: UInt64,
        fudge: UInt16 = TSIGData.usualFudge,
        answering requestCode: [UInt8]? = nil,
        error: TSIGError = .none,
        otherData: [UInt8] = []
    ) -> TSIGSignedBytes? {
        guard message.count >= DNSHeader.byteCount else { return nil }
        var data = TSIGData(
            algorithm: self.algorithm.name,
            timeSigned: time,
            fudge: fudge,
            originalID: UInt16(message[0]) << 8 | UInt16(message[1]),
            error: error,
            otherData: otherData
        )
        let input = data.signedBytes(message, keyName: self.name, requestCode: requestCode)
        data.code = Array(self.wholeCode(of: input).prefix(self.algorithm.codeByteCount))
        return data.appended(to: message, keyName: self.name).map { TSIGSignedBytes(bytes: $0, code: data.code) }
    }

    /// How many bytes ``sign(_:at:fudge:answering:error:otherData:)`` adds to a message, without other data.
    public var byteCount: Int {
        self.name.wireForm.count + 10 + self.algorithm.name.wireForm.count + 16 + self.algorithm.codeByteCount
    }
}

extension TSIGData {
    /// What the code is computed over (RFC 8945, section 4.3).
    func signedBytes(_ message: [UInt8], keyName: DNSName, requestCode: [UInt8]?) -> [UInt8] {
        var writer = DNSWriter(capacity: message.count + 256)
        if let requestCode { writer.writeCounted { $0.write(requestCode) } }
        writer.write(self.originalID)
        writer.write(message.dropFirst(2))
        writer.write(keyName.lowercased().wireForm)
        writer.write(RRClass.any.rawValue)
        writer.write(UInt32(0))
        writer.write(self.algorithm.lowercased().wireForm)
        writer.write(self.times)
        writer.write(self.error.rawValue)
        writer.writeCounted { $0.write(self.otherData) }
        return writer.bytes
    }

    /// The message with a TSIG record of this data, signed or not.
    ///
    /// - Returns: `nil` if `message` is shorter than a header, or if there is no room.
    public func appended(to message: [UInt8], keyName: DNSName) -> [UInt8]? {
        guard message.count >= DNSHeader.byteCount else { return nil }
        let count = UInt16(message[10]) << 8 | UInt16(message[11])
        guard count < .max else { return nil }
        var writer = DNSWriter(capacity: message.count + 256)
        writer.write(message[..<10])
        writer.write(count + 1)
        writer.write(message[12...])
        writer.write(keyName.wireForm)
        writer.write(RRType.tsig.rawValue)
        writer.write(RRClass.any.rawValue)
        writer.write(UInt32(0))
        writer.writeCounted { $0.write(self.encode()) }
        return writer.bytes.count <= DNSMessage.maximumByteCount ? writer.bytes : nil
    }
}
