/// A message as the erasure code carries it: the header, and the payload that is sealed with it.
///
/// | Offset    | Bytes | Field       | Meaning                                            |
/// |----------:|------:|-------------|----------------------------------------------------|
/// |         0 |     2 |             | h, big-endian                                      |
/// |         2 |     h | ``header``  | JSON in UTF-8                                      |
/// |     2 + h |     p | ``payload`` | see ``SessionCipher``                              |
/// | 2 + h + p |    32 |             | sent as zeros, ignored on reading: proves nothing  |
///
/// Source: protocol documents, "From plaintext to TXT strings and back", section 1.
package struct OuterMessage: Hashable, Sendable {
    /// The bytes that are neither header nor payload.
    package static let framingByteCount = 2 + trailerByteCount
    private static let trailerByteCount = 32

    package let header: MessageHeader
    package let payload: [UInt8]

    package init(header: MessageHeader, payload: [UInt8]) {
        self.header = header
        self.payload = payload
    }

    /// - Throws: ``MessageError/truncated``, ``MessageError/header(_:)``, ``MessageError/headerField(_:)``.
    package init(decoding bytes: ArraySlice<UInt8>) throws(MessageError) {
        guard bytes.count >= Self.framingByteCount else { throw .truncated }
        var reader = ByteReader(bytes.dropLast(Self.trailerByteCount))
        do {
            let headerByteCount = try Int(reader.readInteger(UInt16.self))
            let header = try reader.read(headerByteCount)
            self.payload = Array(try reader.read(reader.remaining))
            self.header = try MessageHeader(json: header)
        } catch let error as MessageError {
            throw error
        } catch {
            throw .truncated
        }
    }

    package var encoded: [UInt8] {
        let header = self.header.json
        var writer = ByteWriter(capacity: header.count + self.payload.count + Self.framingByteCount)
        writer.writeInteger(UInt16(header.count))
        writer.write(header)
        writer.write(self.payload)
        writer.write(repeatElement(0, count: Self.trailerByteCount))
        return writer.bytes
    }
}
