/// The first line inside a sealed text that names the sender's address: `DMPV2:{"from":"user@host"}` and a newline.
///
/// The address is only a claim until the identity record at it is found with the key of the manifest.
///
/// Source: protocol documents, "Cryptography", section 6.
package enum Envelope {
    /// The most bytes of the JSON between the prefix and the newline.
    package static let maximumHeaderByteCount = 256

    /// The most bytes that an envelope adds to a text.
    package static var maximumByteCount: Int { Self.prefix.count + Self.maximumHeaderByteCount + 1 }

    private static let prefix = Array("DMPV2:".utf8)
    private static let newline = UInt8(ascii: "\n")

    /// Puts the sender's address before a body.
    ///
    /// - Returns: `nil` when the address is so long that the line would have more than 256 bytes of JSON.
    package static func wrap(_ body: [UInt8], from address: UserAddress) -> [UInt8]? {
        // A canonical address holds nothing that JSON escapes.
        let header = Array("{\"from\":\"\(address.text)\"}".utf8)
        guard header.count <= Self.maximumHeaderByteCount else { return nil }
        var writer = ByteWriter(capacity: Self.prefix.count + header.count + 1 + body.count)
        writer.write(Self.prefix)
        writer.write(header)
        writer.write([Self.newline])
        writer.write(body)
        return writer.bytes
    }

    /// Takes the line with the address away, where there is one.
    ///
    /// - Returns: The body, and the address in canonical form. Text that only resembles an envelope is a body as a
    ///   whole; a line that is one but names no usable address is taken away all the same.
    package static func unwrap(_ plaintext: [UInt8]) -> (body: [UInt8], claimed: UserAddress?) {
        guard let (header, body) = Self.parse(plaintext) else { return (plaintext, nil) }
        return (Array(body), Self.address(in: header))
    }

    /// Whether a receiver would take the first line of this text away: a sender who writes none must warn.
    package static func looksLikeEnvelope(_ plaintext: [UInt8]) -> Bool {
        Self.parse(plaintext) != nil
    }

    private static func parse(_ plaintext: [UInt8]) -> (header: JSONObject, body: ArraySlice<UInt8>)? {
        guard plaintext.starts(with: Self.prefix) else { return nil }
        let rest = plaintext.dropFirst(Self.prefix.count)
        guard let end = rest.prefix(Self.maximumHeaderByteCount + 1).firstIndex(of: Self.newline) else { return nil }
        let header = rest[..<end]
        guard header.allSatisfy({ $0 < 0x80 }) else { return nil }
        do {
            return (try JSONObject(header), rest[(end + 1)...])
        } catch {
            return nil  // not an envelope, and so a text that says something else
        }
    }

    private static func address(in header: JSONObject) -> UserAddress? {
        guard case .string(let from) = header["from"] else { return nil }
        do {
            return try UserAddress(canonicalizing: String(decoding: from, as: UTF8.self))
        } catch {
            return nil  // no usable claim
        }
    }
}
