import DMPTesting
import Testing

@testable import DMPProtocol

@Suite("JSON objects")
struct JSONObjectTests {
    private func read(_ text: String) throws(JSONError) -> JSONObject { try JSONObject(Array(text.utf8)[...]) }

    @Test(
        "The value of a member is read",
        arguments: [
            (#"{"x":1}"#, .integer(1)),
            (#" { "x" : -0 } "#, .integer(0)),
            ("\t\r\n{\"x\"\n:\t9223372036854775807\r}\n", .integer(.max)),
            (#"{"x":-9223372036854775808}"#, .integer(.min)),
            (#"{"x":9223372036854775808}"#, .other),
            (#"{"x":-9223372036854775809}"#, .other),
            (#"{"x":1.0}"#, .other),
            (#"{"x":1e0}"#, .other),
            (#"{"x":1E+999}"#, .other),
            (#"{"x":true}"#, .other),
            (#"{"x":null}"#, .other),
            (#"{"x":NaN}"#, .other),
            (#"{"x":-Infinity}"#, .other),
            (#"{"x":[]}"#, .other),
            (#"{"x":{"x":1}}"#, .other),
            (#"{"x":[1,{"y":[{}, [] ]} , "]"]}"#, .other),
            (#"{"x":""}"#, .string([])),
            (#"{"x":"é"}"#, .string([0xc3, 0xa9])),
            (#"{"x":"\u00e9\n\/\"\\\b\f\r\t"}"#, .string([0xc3, 0xa9, 10, 0x2f, 0x22, 0x5c, 8, 12, 13, 9])),
            (#"{"x":"\ud83c\uDF0D"}"#, .string([0xf0, 0x9f, 0x8c, 0x8d])),
            (#"{"x":"\ud83c"}"#, .other),
            (#"{"x":"\udf0d"}"#, .other),
            (#"{"x":"\ud83c\ud83c\udf0d"}"#, .other),
            (#"{"x":"\ud83c\n"}"#, .other),
            (#"{"x":1,"x":2}"#, .integer(2)),
            (#"{"x":1,"\u0078":2}"#, .integer(2)),
            (#"{"x":1,"\ud800":2}"#, .integer(1)),
            (#"{"X":1}"#, nil),
            (#"{}"#, nil),
        ] as [(String, JSONObject.Value?)]
    )
    func value(text: String, expected: JSONObject.Value?) throws {
        #expect(try self.read(text)["x"] == expected)
    }

    @Test(
        "A text that is not one JSON object is refused for its own reason",
        arguments: [
            ("", .syntax(at: 0)),
            ("  ", .syntax(at: 2)),
            ("[1]", .notAnObject),
            ("1", .notAnObject),
            ("\u{feff}{}", .notAnObject),
            ("{", .syntax(at: 1)),
            ("{}x", .syntax(at: 2)),
            ("{} {}", .syntax(at: 3)),
            (#"{"x":1,}"#, .syntax(at: 7)),
            (#"{"x":[1,]}"#, .syntax(at: 8)),
            (#"{"x":[,1]}"#, .syntax(at: 6)),
            (#"{"x":[1}"#, .syntax(at: 7)),
            (#"{"x":{"y"}}"#, .syntax(at: 9)),
            (#"{"x":{1:2}}"#, .syntax(at: 6)),
            (#"{"x" 1}"#, .syntax(at: 5)),
            (#"{'x':1}"#, .syntax(at: 1)),
            (#"{"x":}"#, .syntax(at: 5)),
            (#"{"x":01}"#, .syntax(at: 5)),
            (#"{"x":+1}"#, .syntax(at: 5)),
            (#"{"x":.5}"#, .syntax(at: 5)),
            (#"{"x":1.}"#, .syntax(at: 7)),
            (#"{"x":1e}"#, .syntax(at: 7)),
            (#"{"x":-}"#, .syntax(at: 5)),
            (#"{"x":nul}"#, .syntax(at: 5)),
            (#"{"x":"\q"}"#, .syntax(at: 7)),
            (#"{"x":"\u12"}"#, .syntax(at: 8)),
            (#"{"x":"\u 12a"}"#, .syntax(at: 8)),
            ("{\"x\":\"\t\"}", .syntax(at: 6)),
            (#"{"x":"y"#, .syntax(at: 7)),
            (#"{"x":"\"#, .syntax(at: 7)),
            (#"{"x":1}//c"#, .syntax(at: 7)),
        ] as [(String, JSONError)]
    )
    func refusal(text: String, reason: JSONError) {
        #expect(throws: reason) { try self.read(text) }
    }

    @Test("Bytes that are not UTF-8 are refused", arguments: [[0xff], [0xc0, 0xaf], [0xed, 0xa0, 0x80]] as [[UInt8]])
    func notUTF8(bytes: [UInt8]) {
        let text = Array("{\"x\":\"".utf8) + bytes + Array("\"}".utf8)
        #expect(throws: JSONError.notUTF8) { try JSONObject(text[...]) }
    }

    @Test("Nesting is bounded, and deep nesting costs no stack")
    func depth() throws {
        func nested(_ depth: Int) -> String {
            "{\"x\":" + String(repeating: "[", count: depth) + String(repeating: "]", count: depth) + "}"
        }
        #expect(try self.read(nested(255))["x"] == .other)
        #expect(throws: JSONError.tooDeep) { try self.read(nested(256)) }
        #expect(throws: JSONError.tooDeep) { try self.read(String(repeating: "{\"x\":", count: 60_000)) }
    }

    @Test("No damaged text ends in a trap, and a slice reads like a whole")
    func damage() throws {
        var random = SeededRandom(seed: SeededRandom.fuzzSeed)
        let text = Array(#"{"x":[1,{"y":"\ud83c\udf0d\n"}],"ts":-1800000000,"ttl":3e2,"z":null , "from":"a@b"} "#.utf8)
        for _ in 0..<10_000 {
            let damaged = text.mutated(using: &random)
            let whole = try? JSONObject(damaged[...])
            let slice = try? JSONObject(([0x7b] + damaged)[1...])
            #expect(whole?["ts"] == slice?["ts"], "seed \(SeededRandom.fuzzSeed)")
            #expect((whole == nil) == (slice == nil), "seed \(SeededRandom.fuzzSeed)")
        }
    }
}
