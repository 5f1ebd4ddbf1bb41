import DMPTesting
import DNSWire

extension DNSName {
    /// A name of any bytes, sometimes of the greatest length.
    static func sample(using random: inout SeededRandom) -> DNSName {
        var name = DNSName.root
        for _ in 0..<Int.random(in: 0...6, using: &random) {
            let label = random.bytes(Int.random(in: 1...(Bool.random(using: &random) ? 4 : 63), using: &random))
            guard let longer = try? name.prepending(label) else { break }
            name = longer
        }
        return name
    }
}

extension RecordData {
    static func sample(using random: inout SeededRandom) -> RecordData {
        switch Int.random(in: 0..<7, using: &random) {
        case 0: .a(IPv4Address(rawValue: .random(in: .min ... .max, using: &random)))
        case 1: .aaaa(IPv6Address(high: random.next(), low: random.next()))
        case 2: .ns(.sample(using: &random))
        case 3: .cname(.sample(using: &random))
        case 4:
            .soa(
                SOAData(
                    primaryServer: .sample(using: &random),
                    responsible: .sample(using: &random),
                    serial: .random(in: .min ... .max, using: &random),
                    refresh: 3600,
                    retry: 600,
                    expire: 604_800,
                    minimum: 60
                )
            )
        case 5: .txt(TXTData(random.bytes(Int.random(in: 0...600, using: &random))))
        default: .unknown(RRType(rawValue: 65_280), random.bytes(Int.random(in: 0...40, using: &random)))
        }
    }
}

extension DNSMessage {
    /// A message whose wire form says all of it, with names that share their ends.
    static func sample(using random: inout SeededRandom) -> DNSMessage {
        let zone = DNSName.sample(using: &random)
        func name(_ random: inout SeededRandom) -> DNSName {
            let label = random.bytes(Int.random(in: 1...3, using: &random))
            return Bool.random(using: &random) ? zone : (try? zone.prepending(label)) ?? .sample(using: &random)
        }
        func records(_ random: inout SeededRandom) -> [DNSRecord] {
            (0..<Int.random(in: 0...4, using: &random)).map { _ in
                DNSRecord(
                    name: name(&random),
                    timeToLive: .random(in: .min ... .max, using: &random),
                    data: .sample(using: &random)
                )
            }
        }
        var message = DNSMessage(id: .random(in: .min ... .max, using: &random))
        message.isResponse = .random(using: &random)
        message.opcode = DNSOpcode(rawValue: .random(in: 0...15, using: &random)) ?? .query
        message.isAuthoritative = .random(using: &random)
        message.isTruncated = .random(using: &random)
        message.isRecursionDesired = .random(using: &random)
        message.isRecursionAvailable = .random(using: &random)
        message.isAuthenticData = .random(using: &random)
        message.isCheckingDisabled = .random(using: &random)
        if Bool.random(using: &random) {
            let option = EDNS.Option(code: 10, data: random.bytes(Int.random(in: 0...24, using: &random)))
            message.edns = EDNS(
                version: .random(in: 0...1, using: &random),
                udpPayloadSize: .random(in: .min ... .max, using: &random),
                dnssecOK: .random(using: &random),
                options: [option]
            )
        }
        let highest: UInt16 = message.edns == nil ? 15 : 4_095
        message.responseCode = DNSResponseCode(rawValue: .random(in: 0...highest, using: &random)) ?? .noError
        message.questions = [DNSQuestion(name: name(&random), type: .txt)]
        message.answers = records(&random)
        message.authorities = records(&random)
        message.additionals = records(&random)
        return message
    }
}
