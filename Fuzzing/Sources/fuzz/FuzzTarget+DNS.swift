import DNSWire

extension FuzzTarget {
    static let dns = [
        // A pointer of two bytes may stand for a name of 255.
        FuzzTarget("dns-message", upTo: 4_096, allocationFactor: 1_000) { input in
            guard let message = try? DNSMessage(decoding: input) else { return }
            let encoded = message.encode()
            // Names that were pointers in the input may make the output longer than any message: TC is all that is left.
            guard !message.isTruncated, encoded.count <= DNSMessage.maximumByteCount else { return }
            guard let again = try? DNSMessage(decoding: encoded[...]) else {
                fatalError("what was encoded does not decode")
            }
            guard !again.isTruncated else { return }
            require(again == message, "what was encoded decodes to something else")
            require(again.encode() == encoded, "the second encoding differs")
            for limit in [512, 1_232] {
                let short = message.encode(limit: limit)
                require(short.count <= limit || message.questions.isEmpty == false, "longer than the limit")
                require((try? DNSMessage(decoding: short[...])) != nil, "what was cut does not decode")
            }
        },
        // One byte tells where the name begins, the rest is the message.
        FuzzTarget("dns-name", upTo: 600) { input in
            guard let start = input.first else { return }
            var reader = DNSReader(input.dropFirst())
            guard (try? reader.readBytes(Int(start))) != nil, let name = try? reader.readName() else { return }
            require(name.wireForm.count <= DNSName.maximumByteCount, "name of more than 255 bytes")
            var own = DNSReader(name.wireForm[...])
            require((try? own.readName())?.exactlyEquals(name) == true, "the name's own wire form reads differently")
            require((try? own.expectEnd()) != nil, "the wire form has bytes left")
            require((try? DNSName(name.description))?.exactlyEquals(name) == true, "the text reads differently")
            require((try? DNSName(labels: name.labels))?.exactlyEquals(name) == true, "the labels join differently")
            var ancestor: DNSName? = name
            while let parent = ancestor {
                require(name.isSubdomain(of: parent), "not a subdomain of its own tail")
                ancestor = parent.parent
            }
        },
        FuzzTarget("dns-name-text", upTo: 1_100) { input in
            guard let text = String(validating: input, as: UTF8.self), let name = try? DNSName(text) else { return }
            require((try? DNSName(name.description))?.exactlyEquals(name) == true, "the text reads differently")
        },
        // The input is the RDATA of a TXT record. The check makes two arrays of each string, which may be of one byte.
        FuzzTarget("txt", upTo: 4_096, allocationFactor: 400) { input in
            let header: [UInt8] = [0, 1, 0x80, 0, 0, 0, 0, 1, 0, 0, 0, 0]
            let owner: [UInt8] = [0, 0, 16, 0, 1, 0, 0, 0, 0]
            let count = [UInt8(input.count >> 8), UInt8(input.count & 255)]
            let bytes = header + owner + count + input
            guard let message = try? DNSMessage(decoding: bytes[...]) else { return }
            guard case .txt(let data) = message.answers[0].data else { fatalError("another type") }
            require(data.strings.flatMap { [UInt8($0.count)] + $0 }.elementsEqual(input), "strings were lost")
            require(data.joined == data.strings.flatMap(\.self), "the strings join differently")
            require(message.encode() == bytes, "the message encodes differently")
            require(TXTData(data.joined).joined == data.joined, "the value is cut differently")
        },
        FuzzTarget("ip-address", upTo: 64) { input in
            guard let text = String(validating: input, as: UTF8.self), let address = IPAddress(text) else { return }
            require(IPAddress(address.description) == address, "the text reads differently")
        },
    ]
}
