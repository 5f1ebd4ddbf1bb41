import DMPCrypto
import DMPProtocol

extension FuzzTarget {
    static let texts = [
        FuzzTarget("base64", upTo: 1_024) { input in
            guard let bytes = Base64.decode(input) else { return }
            require(Base64.encode(bytes).elementsEqual(input), "encodes to another text")
        },
        FuzzTarget("hex", upTo: 256) { input in
            if let bytes = HexDigits.bytes(input) {
                let digits = input.filter { $0 > 0x20 }
                require(Hexadecimal.encode(bytes).utf8.elementsEqual(digits.map { $0 | 0x20 }), "other digits")
            }
        },
        FuzzTarget("user-address", upTo: 400) { input in
            guard let text = String(validating: input, as: UTF8.self),
                let address = try? UserAddress(canonicalizing: text)
            else { return }
            require((try? UserAddress(canonicalizing: address.text)) == address, "own spelling is another address")
        },
        FuzzTarget("names", upTo: 400) { input in
            guard let text = String(validating: input, as: UTF8.self) else { return }
            if let zone = try? ZoneName(text) {
                require((try? ZoneName(zone.text)) == zone, "own spelling is another zone")
            }
            if let domain = try? RecordDomain(text) {
                require((try? RecordDomain(domain.text)) == domain, "own spelling is another domain")
            }
            if let user = try? Username(text) {
                require((try? Username(user.text)) == user, "own spelling is another user")
                _ = try? Username(user.lowercased.text)
            }
        },
        // The first byte is the kind.
        FuzzTarget("key-subject", upTo: 300) { input in
            guard let first = input.first, let kind = KeySubject.Kind(rawValue: first % 4),
                let text = String(validating: input.dropFirst(), as: UTF8.self)
            else { return }
            if let subject = try? KeySubject(kind, trimming: text) {
                require((try? KeySubject(kind, subject.text))?.isSame(as: subject) == true, "own spelling is refused")
            }
        },
    ]
}
