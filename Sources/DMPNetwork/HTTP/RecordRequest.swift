package import DMPProtocol

/// One HTTP request of the records route, without its credential.
///
/// Source: protocol documents, "The node's HTTP API", section 4.
package struct RecordRequest: Hashable, Sendable {
    package enum Method: String, Sendable {
        case post = "POST"
        case delete = "DELETE"
    }

    package let method: Method
    /// The path, as it stands in the request line.
    package let target: String
    /// JSON, or empty.
    package let body: [UInt8]

    /// `POST {endpoint}/v1/records/{name}` with `{"value": text, "ttl": integer}`.
    ///
    /// - Throws: ``NetworkFailure`` with the code `unsupportedValue` if `value` isn't UTF-8, or `ttl` is 0.
    package static func publish(
        _ value: TXTValue,
        at name: OwnerName,
        ttl: UInt32,
        endpoint: HTTPEndpoint
    ) throws(NetworkFailure) -> RecordRequest {
        guard ttl > 0 else { throw NetworkFailure(.unsupportedValue, "a lifetime is at least one second") }
        var body = Array(#"{"value": "#.utf8)
        try self.appendText(of: value, to: &body)
        body += #", "ttl": \#(ttl)}"#.utf8
        return RecordRequest(method: .post, target: self.target(of: name, at: endpoint), body: body)
    }

    /// `DELETE` of the same path, with `{"value": text}`; without a body for `nil`.
    ///
    /// - Throws: ``NetworkFailure`` with the code `unsupportedValue` if `value` isn't UTF-8, or is empty: a node may take
    ///   an empty text for "all values".
    package static func delete(
        _ value: TXTValue?,
        at name: OwnerName,
        endpoint: HTTPEndpoint
    ) throws(NetworkFailure) -> RecordRequest {
        var body: [UInt8] = []
        if let value {
            guard value.byteCount > 0 else {
                throw NetworkFailure(.unsupportedValue, "an empty value can't be deleted by itself over HTTP")
            }
            body += #"{"value": "#.utf8
            try self.appendText(of: value, to: &body)
            body.append(UInt8(ascii: "}"))
        }
        return RecordRequest(method: .delete, target: self.target(of: name, at: endpoint), body: body)
    }

    private static func target(of name: OwnerName, at endpoint: HTTPEndpoint) -> String {
        var target = Array("\(endpoint.path)/v1/records/".utf8)
        for byte in name.text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"):
                target.append(byte)
            default:
                target += [UInt8(ascii: "%"), self.hexDigit(byte >> 4), self.hexDigit(byte & 0xf)]
            }
        }
        return String(decoding: target, as: UTF8.self)
    }

    /// Appends the value as a JSON string (RFC 8259, section 7).
    private static func appendText(of value: TXTValue, to body: inout [UInt8]) throws(NetworkFailure) {
        guard String(validating: value.bytes, as: UTF8.self) != nil else {
            throw NetworkFailure(
                .unsupportedValue,
                "the value isn't UTF-8 text, and HTTP publishing carries nothing else"
            )
        }
        body.append(UInt8(ascii: "\""))
        for byte in value.bytes {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): body += [UInt8(ascii: "\\"), byte]
            case 0..<0x20: body += Array(#"\u00"#.utf8) + [self.hexDigit(byte >> 4), self.hexDigit(byte & 0xf)]
            default: body.append(byte)
            }
        }
        body.append(UInt8(ascii: "\""))
    }

    private static func hexDigit(_ number: UInt8) -> UInt8 {
        number < 10 ? UInt8(ascii: "0") + number : UInt8(ascii: "a") + number - 10
    }
}
