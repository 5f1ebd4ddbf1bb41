import DMPTesting
import DNSWire
import NIOCore
import Testing

@testable import DNSMeshNode

@Suite("Queries read in place")
struct PlainQueryTests {
    private func bytes(_ name: String = "a.Mesh.test", change: (inout DNSMessage) -> Void = { _ in }) throws -> [UInt8]
    {
        var query = DNSMessage(id: 0x1234, asking: DNSQuestion(name: try DNSName(name), type: .txt), edns: nil)
        change(&query)
        return query.encode()
    }

    private func read(_ bytes: [UInt8]) -> PlainQuery? {
        let message = ByteBuffer(bytes: bytes)
        return PlainQuery(message.readableBytesUInt8Span)
    }

    @Test("A question for TXT is read, with and without EDNS")
    func plain() throws {
        let bare = try #require(self.read(self.bytes()))
        #expect(bare.id == 0x1234 && bare.isRecursionDesired && bare.payloadSize == nil && bare.nameByteCount == 13)
        let cookie = EDNS.Option(code: 10, data: [1, 2, 3])
        let edns = try self.bytes {
            $0.edns = EDNS(udpPayloadSize: 4_096, dnssecOK: true, options: [cookie, cookie])
            $0.isRecursionDesired = false
        }
        let other = try #require(self.read(edns))
        #expect(other.payloadSize == 4_096 && !other.isRecursionDesired && other.key == bare.key)
    }

    @Test("Everything else is left to the full reader")
    func others() throws {
        let unusual: [[UInt8]] = try [
            [], [UInt8](repeating: 0, count: 12), self.bytes() + [0], Array(self.bytes().dropLast()),
            self.bytes { $0.isResponse = true }, self.bytes { $0.opcode = .update }, self.bytes { $0.questions = [] },
            self.bytes { $0.questions += $0.questions }, self.bytes { $0.questions[0].type = .a },
            self.bytes { $0.questions[0].questionClass = .ch }, self.bytes { $0.questions[0].name = .root },
            self.bytes("\\032a.test"),
            self.bytes { $0.edns = EDNS(version: 1) },
            self.bytes {
                $0.additionals = [
                    DNSRecord(name: .root, recordClass: .any, timeToLive: 0, data: .unknown(.tsig, [0]))
                ]
            },
        ]
        for bytes in unusual { #expect(self.read(bytes) == nil, "\(bytes)") }
    }

    @Test("What is read in place is read the same in full")
    func damaged() throws {
        // seed: SeededRandom.fuzzSeed
        var random = SeededRandom(seed: SeededRandom.fuzzSeed)
        let samples = try [
            self.bytes(), self.bytes { $0.edns = EDNS(options: [EDNS.Option(code: 10, data: [1, 2, 3, 4])]) },
        ]
        var read = 0
        for number in 0..<20_000 {
            let bytes = samples[number % 2].mutated(using: &random)
            guard let query = self.read(bytes) else { continue }
            read += 1
            let message = try DNSMessage(decoding: bytes[...])
            let name = try #require(message.cacheableName)
            let key = AnswerKey.of(name)
            #expect(query.key == key && query.id == message.id)
            #expect(query.payloadSize == message.edns?.udpPayloadSize && message.additionals.isEmpty)
            #expect(RecordName(lookingUp: name) != nil)
        }
        #expect(read > 200)
    }
}
