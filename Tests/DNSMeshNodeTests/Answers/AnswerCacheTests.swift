import DMPProtocol
import DNSWire
import Testing

@testable import DNSMeshNode

@Suite("Answers kept for those who ask next")
struct AnswerCacheTests {
    let start = UnixSeconds(rawValue: 1_700_000_000)

    private func answer(_ name: String, values: [String] = ["x"], lasting seconds: UInt64 = 60) throws -> CachedAnswer {
        var message = DNSMessage(id: 0, asking: DNSQuestion(name: try DNSName(name), type: .txt))
        message.isResponse = true
        message.answers = values.map {
            DNSRecord(name: message.questions[0].name, timeToLive: 60, data: .txt(TXTData($0.utf8)))
        }
        return try #require(CachedAnswer(message, made: self.start, ends: self.start.adding(seconds)))
    }

    private func key(_ name: String) throws -> UInt64 { AnswerKey.of(try DNSName(name)) }

    @Test("A name has one key, however it is spelled, and the same by way of the store")
    func keys() throws {
        #expect(try self.key("A.mesh.Test") == self.key("a.MESH.test"))
        #expect(try self.key("a.mesh.test") != self.key("b.mesh.test"))
        #expect(
            try AnswerKey.path(of: "a.mesh.test") == [self.key("a.mesh.test"), self.key("mesh.test"), self.key("test")]
        )
    }

    @Test("What a look-up found is kept, unless a write to the name has overtaken it")
    func overtaken() throws {
        let cache = AnswerCache()
        let name = try DNSName("a.mesh.test")
        let first = cache.beginLoad(of: name)
        cache.finish(first, with: try self.answer("a.mesh.test"))
        #expect(cache.answer(for: first.key) != nil)
        cache.forget(["a.mesh.test"])
        #expect(cache.answer(for: first.key) == nil)

        let second = cache.beginLoad(of: name)
        cache.forget(["a.mesh.test"])
        cache.finish(second, with: try self.answer("a.mesh.test"))
        #expect(cache.answer(for: second.key) == nil)

        let (third, fourth) = (cache.beginLoad(of: name), cache.beginLoad(of: name))
        cache.finish(third, with: try self.answer("a.mesh.test", values: ["older"]))
        #expect(cache.answer(for: third.key) == nil)
        cache.finish(fourth, with: nil)
        #expect(cache.answer(for: third.key) == nil)
    }

    @Test("A write forgets the denials of names above, and keeps their values")
    func above() throws {
        let cache = AnswerCache()
        for (name, values) in [("mb.mesh.test", []), ("mesh.test", ["x"]), ("other.test", [])] {
            let load = cache.beginLoad(of: try DNSName(name))
            cache.finish(load, with: try self.answer(name, values: values))
        }
        cache.forget(["slot-1.mb.mesh.test"])
        #expect(try cache.answer(for: self.key("mb.mesh.test")) == nil)
        #expect(try cache.answer(for: self.key("mesh.test")) != nil)
        #expect(try cache.answer(for: self.key("other.test")) != nil)
    }

    @Test("It never has more than its bytes, and what is used stays")
    func bound() throws {
        let limit = 200_000
        let cache = AnswerCache(byteLimit: limit, shardCount: 1)
        let used = try self.key("used.test")
        cache.finish(cache.beginLoad(of: try DNSName("used.test")), with: try self.answer("used.test"))
        for number in 0..<3_000 {
            let name = "n\(number).test"
            let load = cache.beginLoad(of: try DNSName(name))
            cache.finish(load, with: try self.answer(name, values: [String(repeating: "x", count: number % 900)]))
            #expect(cache.size.bytes <= limit + 2_000)
            #expect(cache.answer(for: used) != nil)
        }
        #expect(cache.size.count < 1_000)
        #expect(try cache.answer(for: self.key("n0.test")) == nil)
        // One that would push all others out is not kept at all.
        let load = cache.beginLoad(of: try DNSName("huge.test"))
        cache.finish(load, with: try self.answer("huge.test", values: [String](repeating: "y", count: 4_000)))
        #expect(try cache.answer(for: self.key("huge.test")) == nil)
    }

    @Test("An answer holds from when it was made until something in it expires, and never longer than a minute")
    func lifetime() throws {
        let short = try self.answer("a.test", lasting: 10)
        let long = try self.answer("a.test", lasting: 1_000)
        for (offset, holds) in [(0, [true, true]), (9, [true, true]), (10, [false, true]), (60, [false, false])] {
            let now = self.start.adding(UInt64(offset))
            #expect([short.holds(at: now), long.holds(at: now)] == holds, "\(offset)")
        }
        #expect(!long.holds(at: UnixSeconds(rawValue: self.start.rawValue - 1)))
    }
}
